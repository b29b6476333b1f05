"""Campaigns, and the notice of one to one account: by mail in the owner's language, else in the app.

The notice is written first. Its states are:

    (none) or WAITING -> SENDING     before a mail is handed to SES, together with the mail's random id
    SENDING -> ANNOUNCED by mail     SES took the mail
    SENDING -> WAITING               SES certainly did not take the mail, but may later
    SENDING -> ANNOUNCED in the app  SES refused it, or the outcome is unknown: a notice in the app repeats
                                     no mail
    (none) or WAITING -> ANNOUNCED in the app      the account has no address that a mail may go to
    (none) or WAITING -> WAITING with `announced_at`   the app shows it, and the mail is still owed
    ANNOUNCED by mail -> ANNOUNCED in the app      the mail came back; `announced_at` is written again

Each write is conditional on the state before. Of two concurrent workers one proceeds, and only the worker
that wrote SENDING sends. So an account gets at most one mail, whatever fails and however often a run is
repeated. SENDING does not count as announced and the next run takes it up, so no account is missed.

A letter that cannot be composed for one account leaves its notice as it was. The failure is counted, the
other accounts get theirs, and the round is repeated. Once the campaign waits no longer for mail, the app
shows the notice.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from chalicelib.core import clock, metrics, observe
from chalicelib.core.clock import Pace
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Need
from chalicelib.messages import mail
from chalicelib.messages.campaigns import store
from chalicelib.messages.campaigns.model import (
    AccountNotice,
    CampaignKind,
    NoticeChannel,
    NoticeState,
    PartProgress,
    Rounds,
)
from chalicelib.messages.campaigns.store import NotifiedByAnother
from chalicelib.messages.mail import Mail, MailInDoubt, MailRefused, MailUnavailable
from chalicelib.privacy.leases import LeasedParts
from chalicelib.privacy.purposes import Choices, Purpose


class NoticeOutcome(Enum):
    """What became of one account in a run."""

    MAILED = auto()
    SHOWN = auto()  # in the app
    ABSENT = auto()  # there is no such account any more
    UNCONCERNED = auto()
    WAITING = auto()  # for SES, for another worker, or for a letter that can be composed


@dataclass(frozen=True)
class NoticeRecipient:
    """The owner of an account; without `address`, the notice is shown in the app.

    `country`: the declared one, where the campaign counts by it.
    """

    account_id: AccountId
    address: str | None = field(default=None, repr=False)
    locale: str | None = None
    choices: Choices | None = None
    country: str | None = None


# Composes the mail with an id to an address, in the language of a locale.
Letter = Callable[[MailId, str, str | None], Mail]


@dataclass(frozen=True)
class Campaign:
    """One notice to many accounts.

    Attributes:
        about: the version or the breach.
        metric: counts the notices.
        rounds: how often each part of the accounts is read.
        mail_deadline: how long a part waits for SES, before the app shows the notices that are left.
        owes_mail: whether those are mailed too, once SES takes them; until then the part is not complete.
        parts: the names of the parts.
        progress: the progress records of the parts.
        page: reads accounts of a part, after an id, at most a number, in the order of their ids.
        recipients: reads how at most 20 accounts can be reached. One that is gone is missing; None: the
            notice does not concern it.
        read_letter: reads what the letter says, once for each run.
        exempts: the item that an account has if the notice does not concern it; None: no item shows that.
        finish: records that the parts with this progress are complete; it is called until it succeeds and
            the campaign is no longer due. None: nothing is recorded.
        rewritten_after: when the progress of a complete part is written again, so that it does not expire.
    """

    kind: CampaignKind
    about: str
    metric: Metric
    rounds: Rounds
    mail_deadline: timedelta
    owes_mail: bool
    parts: tuple[str, ...]
    progress: LeasedParts[Any]
    page: Callable[[str, AccountId | None, int], list[AccountId]]
    recipients: Callable[[Iterable[AccountId]], Mapping[AccountId, NoticeRecipient | None]]
    read_letter: Callable[[], Letter]
    exempts: Need[Any] | None = None
    finish: Callable[[Mapping[str, PartProgress]], None] | None = None
    rewritten_after: timedelta | None = None


def show_meanwhile(campaign: Campaign, account_id: AccountId, so_far: AccountNotice | None) -> None:
    """Show a notice in the app whose mail SES does not take; repeating it changes nothing."""
    if so_far and (so_far.announced_at or so_far.state is not NoticeState.WAITING):
        return
    shown = AccountNotice.in_app(campaign.kind, campaign.about)
    with suppress(NotifiedByAnother):
        store.move(account_id, so_far, shown.model_copy(update={"state": NoticeState.WAITING}))


def outcome_of(notice: AccountNotice | None) -> NoticeOutcome | None:
    """The outcome that a stored notice is; None if the account has not been notified."""
    if notice is None or notice.state is not NoticeState.ANNOUNCED:
        return None
    return NoticeOutcome.MAILED if notice.channel is NoticeChannel.EMAIL else NoticeOutcome.SHOWN


def notify(
    campaign: Campaign, letter: Letter, recipient: NoticeRecipient, so_far: AccountNotice | None, pace: Pace
) -> NoticeOutcome:
    """Notify one account, unless another worker is doing so; mails keep a pace.

    Raises:
        MailUnavailable: the notice has to go by mail, and SES takes none now.
    """
    try:
        if recipient.address is None or (so_far and so_far.state is NoticeState.SENDING):
            return _show_in_app(campaign, recipient.account_id, so_far)
        return _send(campaign, letter, recipient, recipient.address, so_far, pace)
    except NotifiedByAnother:
        return NoticeOutcome.WAITING


def _send(
    campaign: Campaign,
    letter: Letter,
    recipient: NoticeRecipient,
    address: str,
    so_far: AccountNotice | None,
    pace: Pace,
) -> NoticeOutcome:
    pace.wait()  # before SENDING is written: a worker that is killed while it waits leaves no mail in doubt
    mail_id, account_id = MailId.new(), recipient.account_id
    try:
        text = letter(mail_id, address, recipient.locale)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one letter, the others are sent
        observe.log_failure("letter_not_composed", error)
        metrics.count(Metric.MAIL_NOT_SENT)
        if so_far and so_far.announced_at:  # the app has shown it, and another run would fail too
            return _show_in_app(campaign, account_id, so_far)
        return NoticeOutcome.WAITING
    sending = AccountNotice(
        campaign=campaign.kind,
        about=campaign.about,
        state=NoticeState.SENDING,
        channel=NoticeChannel.EMAIL,
        mail_id=mail_id,
        announced_at=so_far.announced_at if so_far else None,
    )
    store.begin_mail(account_id, so_far, sending, mail_id)
    try:
        mail.send_patiently(text, Purpose.LEGAL_OBLIGATION, recipient.choices, pace)
    except (MailRefused, MailInDoubt):
        return _show_in_app(campaign, account_id, sending)
    except MailUnavailable:
        waiting = sending.model_copy(update={"state": NoticeState.WAITING, "mail_id": None})
        store.move(account_id, sending, waiting)
        raise
    sent = sending.model_copy(update={"state": NoticeState.ANNOUNCED, "announced_at": clock.now()})
    store.move(account_id, sending, sent)
    metrics.count(campaign.metric)
    return NoticeOutcome.MAILED


def _show_in_app(campaign: Campaign, account_id: AccountId, so_far: AccountNotice | None) -> NoticeOutcome:
    store.move(account_id, so_far, AccountNotice.in_app(campaign.kind, campaign.about))
    metrics.count(campaign.metric)
    return NoticeOutcome.SHOWN
