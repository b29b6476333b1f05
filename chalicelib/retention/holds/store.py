"""All DynamoDB access of holds.

    A#<account>, hold#<id>        a hold; in the sparse indexes owner (by its id), open (by its end) and due
    A#<account>, holds            the version of all holds of the subject

Placing, confirming or lifting a hold also increments the version, on condition that no erasure has closed it.
A lifting after that, the upkeep and a replay change the hold alone. So a hold that is placed at the same time
as the point of no return of an erasure is either seen by it or refused.

The evidence says who placed, confirmed and lifted a hold, in ids and fixed words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.core import clock, shards, table
from chalicelib.core.ids import AccountId, HoldId, RightsRequestId
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.table import (
    Attr,
    Between,
    Change,
    Conflict,
    Create,
    Delete,
    Index,
    Item,
    Key,
    Prefix,
    Query,
    Replace,
    Table,
    partition_of,
    visible,
)
from chalicelib.core.transactions import Write
from chalicelib.privacy import codec
from chalicelib.privacy.cases import CaseTable, RecordPage
from chalicelib.privacy.periods import Period
from chalicelib.retention.model import Hold, HoldsVersion

# Few holds are in force, but each is pinned by itself.
SHARDS = tuple(f"hold#{name}" for name in shards.names(4))
_ALL = "holds"
_A_SECOND = timedelta(seconds=1)
_EARLIEST = clock.to_text(clock.from_epoch(0))


class HoldsChanged(Conflict):
    """A hold of the subject was changed since it was read, or an erasure has begun to delete."""


@dataclass(frozen=True)
class SubjectHolds:
    """All holds of a subject, oldest first, in one version. `version`: None if there never was one."""

    account_id: AccountId
    version: HoldsVersion | None
    holds: tuple[Hold, ...]

    @property
    def closed_by(self) -> RightsRequestId | None:
        """The erasure that has passed its point of no return."""
        return self.version.closed_by if self.version else None


def _version_key(account_id: AccountId) -> Key:
    return Key(Table.RIGHTS, partition_of(account_id), "holds")


def _key(hold: Hold) -> Key:
    return Key(Table.RIGHTS, partition_of(hold.account_id), f"hold#{hold.hold_id}")


def of_subject(account_id: AccountId) -> SubjectHolds:
    """All holds of a subject in one version.

    The version is read first. So holds that are newer than the version make the next write conflict.

    Raises:
        SealingError: a hold cannot be opened, so nothing may be deleted.
    """
    version = codec.read(HoldsVersion, _version_key(account_id))
    items = table.query(Query(Table.RIGHTS, partition_of(account_id), Prefix("hold#")))
    holds = sorted((codec.opened(Hold, item) for item in items), key=lambda hold: hold.placed_at)
    return SubjectHolds(account_id, version, tuple(holds))


def due(shard: str, now: datetime) -> Iterator[Hold]:
    """Glances at the holds of a shard whose records have to be pinned, longest due first.

    One that was altered is logged, counted and left out; the others are returned.
    """
    by_now = Between(_EARLIEST, clock.to_text(now))
    for place in map(_place_of, table.query(Query(Table.RIGHTS, shard, by_now, index=Index.DUE))):
        with skip_unreadable("hold_unreadable", hold_id=_id_at(place)):
            if item := table.get(place):
                yield codec.glance(Hold, item)


def _place_of(row: Item) -> Key:
    """The key of the item that a row of an index names, which may be deleted or expired."""
    return Key(Table.RIGHTS, row["pk"], row["sk"])


def _id_at(place: Key) -> HoldId:
    return HoldId((place.sk or "").removeprefix("hold#"))


def _find(hold_id: HoldId) -> Key | None:
    """The key of a hold; None if there is none, or if it was placed a moment ago."""
    rows = table.query(Query(Table.RIGHTS, f"hold#{hold_id}", index=Index.OWNER, limit=1))
    return next(map(_place_of, rows), None)


def _indexed(hold: Hold) -> Item:
    """The index attributes. A change makes a hold due for the upkeep, unless it was lifted."""
    return {
        Index.OWNER.pk: f"hold#{hold.hold_id}",
        Index.OWNER.sk: clock.to_text(hold.placed_at),
        Index.OPEN.pk: _ALL,
        Index.OPEN.sk: clock.to_text(hold.ends_at),
        **({} if hold.lifted_by else _due(hold, clock.now())),
    }


HOLDS = CaseTable(
    Hold,
    _ALL,
    HoldId,
    id_at=_id_at,
    find=_find,
    key_of=_key,
    indexed=_indexed,
    kept_until=lambda hold: Period.HOLD.ends(hold.until),  # as long as one that ends at its planned end
    viewed="viewed",
)


def ending_after(instant: datetime, maximum: int) -> RecordPage[Hold, HoldId]:
    """At most `maximum` holds that end after an instant, by their end."""
    later = Between(clock.to_text(instant + _A_SECOND), "~")
    ending = Query(Table.RIGHTS, _ALL, later, index=Index.OPEN, limit=maximum + 1)
    return HOLDS.open_rows(list(table.query(ending)), maximum)


def moving_due(hold: Hold, due_at: datetime | None) -> Write:
    """The write that says when the records of a hold have to be pinned next; a glance is enough."""
    unchanged = visible() & Attr("version").eq(hold.version)
    place, version = _key(hold), {"version": hold.version + 1}
    if due_at:
        later = version | _due(hold, due_at)
        return Change(place, put=later, only_if=unchanged, conflict=HoldsChanged)
    never = (Index.DUE.pk, Index.DUE.sk)
    return Change(place, put=version, drop=never, only_if=unchanged, conflict=HoldsChanged)


def closing(known: SubjectHolds, request_id: RightsRequestId) -> Write:
    """The write after which no hold of the subject is placed or confirmed; its conflict is HoldsChanged."""
    return counting(known, clock.now(), request_id)


def forget_closed(account_id: AccountId, request_id: RightsRequestId) -> None:
    """Delete the version that an erasure closed, unless there are holds; it may be repeated.

    Without holds it is not needed any more: by then there is no account to place one on.
    """
    holds = Query(Table.RIGHTS, partition_of(account_id), Prefix("hold#"), limit=1, attributes=())
    if any(True for _ in table.query(holds)):
        return
    table.try_write(Delete(_version_key(account_id), Attr("closed_by").eq(request_id)))


def counting(known: SubjectHolds, ends_at: datetime, closed_by: RightsRequestId | None = None) -> Write:
    """The write of the next version of a subject's holds, one of which ends then.

    Its conflict is HoldsChanged: a hold was changed since they were read, or an erasure has closed them.
    """
    place, before = _version_key(known.account_id), known.version
    if before is None:
        first = HoldsVersion(version=1, closed_by=closed_by, kept_from=ends_at)
        return Create(place, codec.to_item(first, place), conflict=HoldsChanged)
    after = HoldsVersion(
        version=before.version + 1, closed_by=closed_by, kept_from=max(ends_at, before.kept_from)
    )
    same = Attr("version").eq(before.version) & Attr("closed_by").not_exists()
    return Replace(place, codec.to_item(after, place), only_if=same, conflict=HoldsChanged)


def _due(hold: Hold, due_at: datetime) -> Item:
    return {Index.DUE.pk: shards.shard_of(hold.hold_id, SHARDS), Index.DUE.sk: clock.to_text(due_at)}
