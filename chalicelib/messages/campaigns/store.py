"""All DynamoDB access of notices to accounts, and of the mails that carry them.

A#<account>, account_notice#<campaign>#<about>    in Accounts: the notice to one account
delivery#<mail>                                   in Challenges: the account that a mail went to
"""

from collections.abc import Iterable

from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.needs import Need
from chalicelib.core.table import (
    Attr,
    Change,
    Conflict,
    Create,
    Key,
    Prefix,
    Query,
    Table,
    partition_of,
    visible,
)
from chalicelib.messages.campaigns.model import AccountNotice, CampaignKind, Delivery
from chalicelib.privacy import codec

MAX_NOTICES = 100  # notices of one account that are read at once


class NotifiedByAnother(Conflict):
    """The notice has changed: another worker is sending it, or has sent it."""


def key(campaign: CampaignKind, account_id: AccountId, about: str) -> Key:
    """The key of a notice."""
    return Key(Table.ACCOUNTS, partition_of(account_id), _sort_key(campaign, about))


def notice_of(campaign: CampaignKind, about: str) -> Need[AccountNotice | None]:
    """The need for an account's notice."""
    return codec.need_of(AccountNotice, lambda claims: key(campaign, claims.account_id, about))


def notice(account_id: AccountId, campaign: CampaignKind, about: str) -> AccountNotice | None:
    """Read a notice to an account."""
    return codec.read(AccountNotice, key(campaign, account_id, about))


def notices(account_id: AccountId, campaign: CampaignKind) -> list[AccountNotice]:
    """The notices that reached an account, or that the app shows, at most `MAX_NOTICES`.

    Unreadable ones are omitted and counted.
    """
    prefix = Prefix(_sort_key(campaign))
    items = table.query(Query(Table.ACCOUNTS, partition_of(account_id), prefix, limit=MAX_NOTICES))
    found = codec.open_readable(AccountNotice, items)
    return [one for one in found if one.announced_at]


def creation(account_id: AccountId, notice: AccountNotice) -> Create:
    """The write of a new notice; for a transaction."""
    place = key(notice.campaign, account_id, notice.about)
    return Create(place, codec.to_item(notice, place), conflict=NotifiedByAnother)


def move(account_id: AccountId, before: AccountNotice | None, after: AccountNotice) -> None:
    """Move a notice to its next state, if it is still in the one before (None: not begun).

    Raises:
        NotifiedByAnother: another worker moved it first.
    """
    table.write(_write(account_id, before, after))


def begin_mail(
    account_id: AccountId, before: AccountNotice | None, sending: AccountNotice, mail_id: MailId
) -> None:
    """Move a notice to SENDING, and record the account that its mail goes to.

    Raises:
        NotifiedByAnother: another worker moved the notice first; nothing was written.
    """
    delivery = delivery_creation(mail_id, account_id, sending.campaign, sending.about)
    table.transact([_write(account_id, before, sending), delivery])


def delivery_creation(
    mail_id: MailId, account_id: AccountId, campaign: CampaignKind, about: str = ""
) -> Create:
    """The write that records to which account a mail goes now, and about what; for a transaction."""
    place, now = _delivery_key(mail_id), clock.now()
    sent = Delivery(mail_id=mail_id, account_id=account_id, campaign=campaign, about=about, sent_at=now)
    return Create(place, codec.to_item(sent, place))


def delivery(mail_id: MailId) -> Delivery | None:
    """Read the delivery of a mail; None if it is unknown or expired."""
    return codec.read(Delivery, _delivery_key(mail_id))


def delete_deliveries(mail_ids: Iterable[MailId]) -> None:
    """Delete the records of mails; may be repeated."""
    table.delete_all(map(_delivery_key, mail_ids))


def note_report(mail_id: MailId, name: str) -> None:
    """Note the time of a report of SES, unless the record of the mail has expired; may be repeated."""
    table.try_write(Change(_delivery_key(mail_id), put={name: clock.to_text(clock.now())}))


def _write(account_id: AccountId, before: AccountNotice | None, after: AccountNotice) -> Create | Change:
    if before is None:
        return creation(account_id, after)
    mail = Attr("mail_id").eq(before.mail_id) if before.mail_id else Attr("mail_id").not_exists()
    put = codec.clear(after)
    return Change(
        key(after.campaign, account_id, after.about),
        put=put,
        drop=tuple(name for name in ("mail_id", "announced_at") if name not in put),
        only_if=visible() & Attr("state").eq(before.state) & Attr("channel").eq(before.channel) & mail,
        conflict=NotifiedByAnother,
    )


def _sort_key(campaign: CampaignKind, about: str = "") -> str:
    return f"account_notice#{campaign}#{about}"


def _delivery_key(mail_id: MailId) -> Key:
    return Key(Table.CHALLENGES, f"delivery#{mail_id}")
