"""All DynamoDB access of reconciliation.

    O#<user>, orphan        in Rights: a user of Stream without an account
    reconciliation, state   in Rights: the state of the job

The keys of the checks are those of `rights/erasure/model`, whose erasures plan the first ones.

The evidence of reconciliation in the Ledger says how many erased users were looked for, and for which
requests one was found. It names no user.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock, observe, table
from chalicelib.core.chain import DailyHistory
from chalicelib.core.ids import RightsRequestId, UserId
from chalicelib.core.sealing import Unfit
from chalicelib.core.table import (
    ALWAYS,
    Attr,
    Between,
    Change,
    Conflict,
    Create,
    Delete,
    Index,
    Item,
    Key,
    Query,
)
from chalicelib.core.table_names import Table
from chalicelib.core.transactions import Write, commit
from chalicelib.privacy import codec
from chalicelib.privacy.leases import LeasedState
from chalicelib.privacy.periods import Period
from chalicelib.reconciliation.model import ReconciliationState, StreamOrphan
from chalicelib.rights.erasure import model as erasures
from chalicelib.rights.erasure.model import CheckStage, StreamCheck, check_due, check_partition, check_place

_EARLIEST = clock.to_text(clock.from_epoch(0))
_PAGE = 500  # rows of an index in memory
STATE = LeasedState(
    Key(Table.RIGHTS, "reconciliation", "state"), lambda: ReconciliationState(touched_at=clock.now())
)


class CheckMoved(Conflict):
    """Another run moved the check, or it has ended."""


@dataclass(frozen=True)
class DueCheck:
    """A check that is due, as the index has it."""

    request_id: RightsRequestId | None
    user_id: UserId
    stage: CheckStage
    due_at: datetime

    @property
    def key(self) -> Key:
        """The key of its item."""
        return _key(self.request_id, self.user_id)


def plan_repair(check: StreamCheck, due_at: datetime) -> bool:
    """Plan the deletion of a user that had no account; return False if it is planned already."""
    place = _key(check.request_id, check.user_id)
    item = codec.to_item(check, place) | check_due(check.user_id, CheckStage.REPAIR, due_at)
    return table.try_write(Create(place, item))


def end(check: StreamCheck) -> None:
    """End the checks of a user.

    Raises:
        CheckMoved: another run moved the check.
    """
    place = _key(check.request_id, check.user_id)
    table.write(Delete(place, Attr("version").eq(check.version), conflict=CheckMoved))


def read_orphans(user_ids: Iterable[UserId]) -> dict[UserId, StreamOrphan]:
    """Those of up to 100 users that were seen without an account before."""
    items = table.batch_get(map(_orphan_key, user_ids)).values()
    found = codec.open_readable(StreamOrphan, items)  # for an altered one, its time begins anew
    return {orphan.user_id: orphan for orphan in found}


def read_planned(user_ids: Collection[UserId]) -> frozenset[UserId]:
    """Those of up to 100 users without an account whose deletion is planned or under way."""
    places = {_key(None, user_id): user_id for user_id in user_ids}
    return frozenset(places[place] for place in table.batch_get(places)) if places else frozenset()


def put_orphan(orphan: StreamOrphan) -> None:
    """Store that a user was seen without an account, in place of an earlier time."""
    place = _orphan_key(orphan.user_id)
    table.write(Create(place, codec.to_item(orphan, place), or_over=ALWAYS))


def due(stage: CheckStage, by: datetime) -> Iterator[DueCheck]:
    """Yield the checks of a stage that are due, by shard. Malformed keys are counted and omitted."""
    for shard in erasures.CHECK_SHARDS:
        until = Between(_EARLIEST, clock.to_text(by))
        wanted = Query(Table.RIGHTS, check_partition(stage, shard), until, index=Index.DUE, page=_PAGE)
        for row in table.query(wanted):
            try:
                yield _due_check(row, stage)
            except Unfit as error:
                observe.record_unreadable("check_unreadable", error)


def _due_check(row: Item, stage: CheckStage) -> DueCheck:
    """Read a row of the index.

    Raises:
        Unfit: its key has no ids. Stream would refuse the whole query with such an id.
    """
    request_id = RightsRequestId.parse(row["pk"].removeprefix("R#"))
    user_id = UserId.parse(row["sk"].removeprefix(erasures.CHECK_PREFIX))
    if user_id is None or row["pk"] != _key(request_id, user_id).pk:
        raise Unfit(StreamCheck.declaration.kind)
    return DueCheck(request_id, user_id, stage, datetime.fromisoformat(row[Index.DUE.sk]))


def advance(check: DueCheck) -> bool:
    """Plan the next check of a user who was not found, or end the checks after the last.

    Returns False if another run did that, or the check expired.
    """
    planned = check_due(check.user_id, check.stage, check.due_at)
    same = Attr(Index.DUE.pk).eq(planned[Index.DUE.pk]) & Attr(Index.DUE.sk).eq(planned[Index.DUE.sk])
    following = check.stage.after(check.due_at)
    write: Write = (
        Change(check.key, put=check_due(check.user_id, *following), only_if=same)
        if following
        else Delete(check.key, only_if=same)
    )
    return table.try_write(write)


def read(check: DueCheck) -> StreamCheck | None:
    """The whole check; None if it has ended.

    Raises:
        SealingError: the stored record is not one that this code wrote.
    """
    return codec.read(StreamCheck, check.key)


def move(after: StreamCheck, stage: CheckStage, due_at: datetime) -> None:
    """Store the next state of a check over the version before.

    Raises:
        CheckMoved: another run moved it.
    """
    commit(_moving(after, stage, due_at))


def _moving(after: StreamCheck, stage: CheckStage, due_at: datetime) -> Write:
    place = _key(after.request_id, after.user_id)
    item: Item = codec.to_item(after, place) | check_due(after.user_id, stage, due_at)
    drop = tuple(name for name, value in after if value is None)
    same = Attr("version").eq(after.version - 1)
    return Change(place, put=item, drop=drop, only_if=table.visible() & same, conflict=CheckMoved)


def _key(request_id: RightsRequestId | None, user_id: UserId) -> Key:
    return Key(Table.RIGHTS, *check_place(request_id, user_id))


def _orphan_key(user_id: UserId) -> Key:
    return Key(Table.RIGHTS, f"O#{user_id}", "orphan")


HISTORY = DailyHistory("reconciliation")


def name_of(request_id: RightsRequestId | None) -> str:
    """How entries and log lines name an erasure; a word for a user that had no account."""
    return request_id or "none"


def record_checked(stage: CheckStage, checked: int, found: int) -> None:
    """Record the answer of one query at Stream: of `checked` deleted users it found `found`."""
    _record("checked", {"days": stage, "checked": checked, "found": found})


def record_compared(figures: Mapping[str, int]) -> None:
    """Record how many users of Stream a run compared with the accounts, and what it found."""
    _record("compared", figures)


def record_orphan() -> None:
    """Record that the deletion of a user without an account is planned."""
    _record("orphan_to_delete", {})


def record_found(request_id: RightsRequestId | None, stage: CheckStage, reported: str) -> None:
    """Record that the user of an erasure was found, and what Stream had reported about the user before."""
    _record("found_again", {"request": name_of(request_id), "days": stage, "reported": reported})


def record_repaired(request_id: RightsRequestId | None, event: str, said: Mapping[str, object]) -> None:
    """Record the end of a repair: a fixed word, and what Stream reported."""
    _record(event, {"request": name_of(request_id), **said})


def _record(event: str, said: Mapping[str, object]) -> None:
    """Record an event of today.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    now = clock.now()
    HISTORY.record(now, event, said, Period.RIGHTS_EVIDENCE.ends(now))
