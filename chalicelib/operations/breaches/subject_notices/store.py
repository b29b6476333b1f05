"""All DynamoDB access of the notices of breaches, and of the progress of sending them.

A#<account>, breach_notice#<breach>    the notice to one account
B#<breach>, shard#<shard>              the progress of a shard or a list
breach_delivery#<mail>                 the account that a mail went to
"""

from datetime import datetime

from chalicelib.consents.notices.model import AnnouncementState
from chalicelib.core import clock, observe, table
from chalicelib.core.ids import AccountId, BreachId, MailId
from chalicelib.core.needs import Need
from chalicelib.core.sealing import SealingError
from chalicelib.core.table import (
    Attr,
    Change,
    Conflict,
    Create,
    Key,
    Prefix,
    Query,
    Replace,
    Table,
    partition_of,
    visible,
)
from chalicelib.operations.breaches import store
from chalicelib.operations.breaches.model import (
    AffectedList,
    Breach,
    BreachDelivery,
    BreachNotice,
    BreachProgress,
)
from chalicelib.privacy import codec, leases, record_needs

_NOTICE, _SHARD = "breach_notice#", "shard#"
MAX_NOTICES = 100  # notices of one account that are read at once


class NotifiedByAnother(Conflict):
    """The notice has changed: another worker is sending it, or has sent it."""


def notice_key(account_id: AccountId, breach_id: BreachId) -> Key:
    """The key of a notice."""
    return Key(Table.ACCOUNTS, partition_of(account_id), f"{_NOTICE}{breach_id}")


def notice_of(breach_id: BreachId) -> Need[BreachNotice | None]:
    """The need for an account's notice of a breach."""
    return record_needs.opened(BreachNotice, lambda claims: notice_key(claims.account_id, breach_id))


def notices(account_id: AccountId) -> list[BreachNotice]:
    """The notices that reached an account, at most `MAX_NOTICES`; unreadable ones are counted."""
    found: list[BreachNotice] = []
    query = Query(Table.ACCOUNTS, partition_of(account_id), Prefix(_NOTICE), limit=MAX_NOTICES)
    for item in table.query(query):
        try:
            notice = codec.opened(BreachNotice, item)
        except SealingError as error:
            observe.record_unreadable("breach_notice_unreadable", error)
        else:
            if notice.state is AnnouncementState.ANNOUNCED:
                found.append(notice)
    return found


def notice(account_id: AccountId, breach_id: BreachId) -> BreachNotice | None:
    """Read the notice of a breach to an account."""
    item = table.get(notice_key(account_id, breach_id))
    return codec.opened(BreachNotice, item) if item else None


def move(account_id: AccountId, before: BreachNotice | None, after: BreachNotice) -> None:
    """Move a notice to its next state, if it is still in the one before (None: not begun).

    Raises:
        NotifiedByAnother: another worker moved it first.
    """
    table.write(_write(account_id, before, after))


def begin_mail(
    account_id: AccountId, before: BreachNotice | None, sending: BreachNotice, delivery: BreachDelivery
) -> None:
    """Move a notice to SENDING, and record the account that its mail goes to.

    Raises:
        NotifiedByAnother: another worker moved the notice first; nothing was written.
    """
    place = _delivery_key(delivery.mail_id)
    create = Create(place, codec.to_item(delivery, place))
    table.transact([_write(account_id, before, sending), create])


def delivery(mail_id: MailId) -> BreachDelivery | None:
    """Read the delivery of a mail; None if it is unknown or expired."""
    item = table.get(_delivery_key(mail_id))
    return codec.opened(BreachDelivery, item) if item else None


def read_list(breach_id: BreachId, number: int) -> AffectedList | None:
    """A list of affected users."""
    item = table.get(store.list_key(breach_id, number))
    return codec.opened(AffectedList, item) if item else None


def drop_ids(breach_id: BreachId, number: int) -> None:
    """Delete the account ids of a list whose accounts were notified; the counts stay."""
    found = read_list(breach_id, number)
    if found and found.account_ids:
        place = store.list_key(breach_id, number)
        emptied = codec.to_item(found.model_copy(update={"account_ids": ()}), place)
        table.write(Replace(place, emptied, only_if=visible(), conflict=NotifiedByAnother))


def progress_of(breach_id: BreachId) -> dict[str, BreachProgress]:
    """The existing progress records of a breach, by shard.

    One that cannot be read is counted and missing. No run can begin it again over the stored item, so its
    shard stops, and only its shard.
    """
    found: dict[str, BreachProgress] = {}
    for item in table.query(Query(Table.RIGHTS, store.partition(breach_id), Prefix(_SHARD))):
        try:
            progress = codec.opened(BreachProgress, item)
        except SealingError as error:
            observe.record_unreadable("breach_progress_unreadable", error)
        else:
            found[progress.shard] = progress
    return found


def read_progress(breach_id: BreachId, part: str) -> BreachProgress | None:
    """Read the progress of a shard or a list; None if it was not begun.

    Raises:
        SealingError: it was altered.
    """
    item = table.get(_progress_key(breach_id, part))
    return codec.opened(BreachProgress, item) if item else None


def lease(breach: Breach, shard: str, found: BreachProgress | None, until: datetime) -> BreachProgress:
    """Lease a shard; `found` is its progress as it was read, None if there is none.

    Raises:
        LeaseTaken: another run has leased the shard.
    """
    fresh = BreachProgress(
        breach_id=breach.breach_id, shard=shard, opened_at=breach.opened_at, touched_at=clock.now()
    )
    return leases.acquire_found(_progress_key(breach.breach_id, shard), found, fresh, until)


def save_progress(progress: BreachProgress, **changes: object) -> BreachProgress:
    """Change a progress record, and write when it was touched; returns its next state.

    Raises:
        LeaseTaken: another run took it over; its fence has changed.
    """
    return leases.save(_progress_key(progress.breach_id, progress.shard), progress, **changes)


def _write(account_id: AccountId, before: BreachNotice | None, after: BreachNotice) -> Create | Change:
    place = notice_key(account_id, after.breach_id)
    if before is None:
        return Create(place, codec.to_item(after, place), conflict=NotifiedByAnother)
    mail = Attr("mail_id").eq(before.mail_id) if before.mail_id else Attr("mail_id").not_exists()
    put = codec.clear(after)
    return Change(
        place,
        put=put,
        drop=tuple(name for name in ("mail_id", "announced_at") if name not in put),
        only_if=visible() & Attr("state").eq(before.state) & Attr("channel").eq(before.channel) & mail,
        conflict=NotifiedByAnother,
    )


def _delivery_key(mail_id: MailId) -> Key:
    return Key(Table.CHALLENGES, f"breach_delivery#{mail_id}")


def _progress_key(breach_id: BreachId, shard: str) -> Key:
    return Key(Table.RIGHTS, store.partition(breach_id), f"{_SHARD}{shard}")
