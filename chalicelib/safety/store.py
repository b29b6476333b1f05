"""All DynamoDB access of reports, decisions and objections, in Rights; their modules name their tables.

    SR#<id>, <kind>    a report, a decision or an objection

    owner    under the account of the party whose record it is, by its instant
    open     the list of operators: dangers first, then what waits, by when it is due
    received the reports about an account
    due      what a job has to do, by when

`open` is read in descending order, so it has the seconds that are left until the year 2286.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from chalicelib.core import clock, table
from chalicelib.core.batches import batched
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import AccountId
from chalicelib.core.table import (
    Attr,
    Between,
    Change,
    Index,
    Item,
    Key,
    Order,
    Query,
    Table,
    partition_of,
    visible,
)
from chalicelib.privacy import codec
from chalicelib.privacy.cases import CaseChanged, CaseId, CaseTable
from chalicelib.privacy.codec import AnyRecord
from chalicelib.privacy.periods import Period
from chalicelib.safety.model import SafetyListing, Work

_PK = "SR#"
# A job tries again after a minute, and later each time. A killed worker's try counts.
_FIRST_WAIT, _LONGEST_WAIT = MINUTE, 15 * MINUTE
_LAST = 9_999_999_999
_PAGE = 100
_FIRST = clock.to_text(clock.from_epoch(0))


def key(kind: type[AnyRecord], case_id: str) -> Key:
    """The key of a report, a decision or an objection."""
    return Key(Table.RIGHTS, f"{_PK}{case_id}", kind.declaration.kind)


def cases(
    kind: type[AnyRecord], name: str, ids: type[CaseId], listing: Callable[[AnyRecord], SafetyListing]
) -> CaseTable[AnyRecord, CaseId]:
    """The table of one kind. Each change appends one entry, so `version` is the number of entries."""
    return CaseTable(
        kind,
        name,
        ids,
        id_at=lambda place: ids(place.pk.removeprefix(_PK)),
        find=lambda case_id: key(kind, case_id),
        key_of=lambda one: key(kind, listing(one).case_id),
        indexed=lambda one: _indexed(kind, name, listing(one)),
        kept_until=lambda _: Period.AUDIT.ends(clock.now()),
        index=Index.OPEN,
    )


def _indexed(kind: type[AnyRecord], name: str, found: SafetyListing) -> Item:
    place, at = f"{found.rank}#{_LAST - clock.to_epoch(found.by):010d}", clock.to_text(found.at)
    item = {Index.OPEN.pk: name, Index.OPEN.sk: place}
    if found.owner:
        item |= {Index.OWNER.pk: partition_of(found.owner), Index.OWNER.sk: at}
    if found.about:
        item |= {Index.RECEIVED.pk: _about(found.about), Index.RECEIVED.sk: at}
    if due_at := found.work.due_at:
        item |= {Index.DUE.pk: f"{kind.declaration.kind}_work", Index.DUE.sk: clock.to_text(due_at)}
    return item


def count_try(kind: type[AnyRecord], case_id: str, now: datetime) -> None:
    """Count a try of a job, without a new version, without evidence, and without opening what is sealed.

    Raises:
        CaseChanged: the case was changed, ended, or another worker counts a try.
        Unavailable: the table does not answer.
    """
    place = key(kind, case_id)
    item = table.get(place)
    if item is None:
        raise CaseChanged
    before = Work.model_validate(item["work"])
    same = visible() & Attr("version").eq(item["version"]) & Attr("work.tries").eq(before.tries)
    due_at = now + min(_FIRST_WAIT * 2 ** min(before.tries, 10), _LONGEST_WAIT)
    after = before.model_copy(update={"tries": before.tries + 1, "due_at": due_at})
    put = {
        "work": after.model_dump(mode="json", exclude_none=True),
        Index.DUE.sk: clock.to_text(due_at),
    }
    table.write(Change(place, put=put, only_if=same, conflict=CaseChanged))


def due(kind: type[AnyRecord], now: datetime, maximum: int) -> list[str]:
    """The ids of those for which a job has something to do, the one that waits longest first."""
    until = Between(_FIRST, clock.to_text(now))
    listed = Query(Table.RIGHTS, f"{kind.declaration.kind}_work", until, index=Index.DUE, limit=maximum)
    return [row["pk"].removeprefix(_PK) for row in table.query(listed)]


def ids_of(kind: type[AnyRecord], account_id: AccountId) -> Iterator[str]:
    """The ids of those that are an account's, newest first."""
    listed = Query(Table.RIGHTS, partition_of(account_id), index=Index.OWNER, order=Order.DESCENDING)
    rows = (row for row in table.query(listed) if row["sk"] == kind.declaration.kind)
    return (row["pk"].removeprefix(_PK) for row in rows)


def newest_of(kind: type[AnyRecord], account_id: AccountId) -> list[AnyRecord]:
    """The newest 100 that are an account's and that can be read, newest first."""
    return _read(kind, ids_of(kind, account_id))


def all_of(kind: type[AnyRecord], account_id: AccountId) -> Iterator[AnyRecord]:
    """All that are an account's and that can be read, newest first, by pages of 100."""
    for ids in batched(ids_of(kind, account_id), _PAGE):
        yield from _read(kind, iter(ids))


def newest_about(kind: type[AnyRecord], account_id: AccountId) -> list[AnyRecord]:
    """The newest 100 about an account that can be read, newest first."""
    return _read(kind, _ids_about(account_id))


def all_about(kind: type[AnyRecord], account_id: AccountId) -> Iterator[AnyRecord]:
    """All about an account, newest first, by pages of 100.

    Raises:
        SealingError: one cannot be opened.
    """
    for ids in batched(_ids_about(account_id), _PAGE):
        keys = [key(kind, one) for one in ids]
        items = table.batch_get(keys)
        yield from (codec.opened(kind, items[place]) for place in keys if place in items)


def _ids_about(account_id: AccountId) -> Iterator[str]:
    listed = Query(Table.RIGHTS, _about(account_id), index=Index.RECEIVED, order=Order.DESCENDING)
    return (row["pk"].removeprefix(_PK) for row in table.query(listed))


def _about(account_id: AccountId) -> str:
    return f"reported#{account_id}"


def _read(kind: type[AnyRecord], ids: Iterator[str]) -> list[AnyRecord]:
    """Read the first 100 of them, in this order; altered ones are logged, counted and omitted."""
    keys = [key(kind, one) for one in islice(ids, _PAGE)]
    items = table.batch_get(keys)
    return codec.open_readable(kind, (items[place] for place in keys if place in items))


def all_in(cases: CaseTable[AnyRecord, CaseId]) -> Iterator[AnyRecord]:
    """All cases of a table that can be read, by pages; for commands of operators."""
    after: CaseId | None = None
    while True:
        page = cases.page(after, _PAGE)
        yield from page.found
        if page.next is None:
            return
        after = cases.ids(page.next)


def items_of(account_id: AccountId, as_of: datetime) -> Iterator[Item]:
    """The stored items of all kinds that are an account's, not expired at an instant."""
    listed = Query(Table.RIGHTS, partition_of(account_id), index=Index.OWNER)
    for row in table.query(listed):
        if row["pk"].startswith(_PK):
            yield from table.query(Query(Table.RIGHTS, row["pk"], as_of=as_of))
