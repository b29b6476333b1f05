"""Notices of accounts as other rooms see them, and mails that came back."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from chalicelib.core import metrics
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import commit
from chalicelib.messages.campaigns import store
from chalicelib.messages.campaigns.model import AccountNotice, CampaignKind, Delivery, NoticeChannel
from chalicelib.messages.campaigns.store import NotifiedByAnother, creation, delivery_creation, key, notices  # noqa: F401 - offered to other rooms


def record_bounce(mail_id: MailId, recorders: Mapping[CampaignKind, Callable[[Delivery], None]]) -> None:
    """Hand the delivery of a mail that did not arrive to the kind that it names; ignore other mails.

    Raises:
        KeyError: nothing records bounces of that kind.
    """
    if delivery := store.delivery(mail_id):
        recorders[delivery.campaign](delivery)


def expect_report(mail_id: MailId, account_id: AccountId, about: str) -> None:
    """Record that a mail about a request is going to be sent, so that SES's reports of it are kept.

    Raises:
        Unavailable: the table does not answer; send no mail then.
    """
    commit(delivery_creation(mail_id, account_id, CampaignKind.REQUEST_WARNING, about))


def forget_reports(mail_ids: Iterable[MailId]) -> None:
    """Delete the records of mails about a request, which is not cancelled any more; may be repeated."""
    store.delete_deliveries(mail_ids)


def record_loss(delivery: Delivery) -> None:
    """Note that a mail about a request came back."""
    store.note_report(delivery.mail_id, "lost_at")


def record_arrival(mail_id: MailId) -> None:
    """Note that the warning of a request was delivered; ignore other mails."""
    found = store.delivery(mail_id)
    if found and found.campaign is CampaignKind.REQUEST_WARNING:
        store.note_report(mail_id, "arrived_at")


def sent_at(mail_id: MailId) -> datetime | None:
    """Return when the last attempt to send a mail began; None once its record has expired."""
    found = store.delivery(mail_id)
    return found.sent_at if found else None


def has_arrived(mail_id: MailId) -> bool:
    """Return whether SES reported that a mail about a request was delivered, and not that it came back."""
    found = store.delivery(mail_id)
    return found is not None and found.arrived_at is not None and found.lost_at is None


def came_back(mail_id: MailId) -> bool:
    """Return whether SES reported that a mail about a request did not arrive."""
    found = store.delivery(mail_id)
    return found is not None and found.lost_at is not None


def show_after_bounce(delivery: Delivery, metric: Metric) -> None:
    """Show a notice in the app, from now on, because its mail did not arrive.

    It may still be SENDING, if SES reports before the worker records that SES took the mail.
    """
    found = store.notice(delivery.account_id, delivery.campaign, delivery.about)
    if found and (found.mail_id, found.channel) == (delivery.mail_id, NoticeChannel.EMAIL):
        metrics.count(Metric.MAIL_CAME_BACK)
        with suppress(NotifiedByAnother):
            shown = AccountNotice.in_app(delivery.campaign, delivery.about)
            store.move(delivery.account_id, found, shown)
            metrics.count(metric)
