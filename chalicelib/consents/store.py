"""All DynamoDB access of consents: one versioned item per account with every decision.

An item is in the sparse index `renewal` while a consent is in force, an event is owed to the history, or
data of a withdrawn consent is left to delete. The index is spread over shards and sorted by the instant at
which `renew_consents` has to process the item.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from chalicelib.consents import evidence
from chalicelib.consents.model import Purposes, RenewalProgress
from chalicelib.core import chain, clock, needs, shards, table
from chalicelib.core.chain import Chain, NewEntry
from chalicelib.core.clock import Instant
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found, Need
from chalicelib.core.sealing import Unfit
from chalicelib.core.table import (
    Attr,
    Between,
    Conflict,
    Create,
    Index,
    Item,
    Key,
    Query,
    Replace,
    Table,
    Write,
    account_of,
    partition_of,
)
from chalicelib.privacy import codec
from chalicelib.privacy.leases import LeasedParts
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys

SHARDS = shards.names(16)  # of the index `renewal`
_INSTANT: TypeAdapter[datetime | None] = TypeAdapter(Instant | None)


class DecidedMeanwhile(Conflict):
    """A concurrent decision of the same subject was stored first."""


def key(account_id: AccountId) -> Key:
    """The key of an account's decisions."""
    return Key(Table.ACCOUNTS, partition_of(account_id), "purposes")


# Needs DATA_KEY as well. None: the subject has made no decision yet.
PURPOSES = codec.need_of(Purposes, lambda claims: key(claims.account_id))


def _due_at(item: Item | None, _: Found) -> datetime | None:
    try:
        return _INSTANT.validate_python((item or {}).get(Index.RENEWAL.sk))
    except ValidationError:  # its text quotes the value
        raise Unfit(Purposes.declaration.kind) from None


# When the job has to process the account; None if the item is not in the index.
DUE_AT: Need[datetime | None] = Need(lambda claims: key(claims.account_id), _due_at)


def read(account_id: AccountId) -> Purposes | None:
    """Read the current decisions."""
    (found,) = needs.read_accounts([account_id], (PURPOSES, DATA_KEY))
    return found[PURPOSES]


def record(
    before: Purposes | None, after: Purposes, keys: SubjectKeys, history: Chain, entry: NewEntry
) -> None:
    """Store decisions and put the entry on record, in one transaction.

    Raises:
        DecidedMeanwhile, Unreadable: see `recorded`; nothing was written.
    """
    table.transact(recorded(before, after, keys, history, entry))


def recorded(
    before: Purposes | None, after: Purposes, keys: SubjectKeys, history: Chain, entry: NewEntry
) -> list[Write]:
    """The writes that store decisions and put the entry on record, for one transaction.

    Their conflict DecidedMeanwhile means that the stored decisions have changed since `before` was read, or
    that another entry was appended to the history first.

    Raises:
        Unreadable: the newest entry of the history was altered.
    """
    append = replace(chain.append_write(history, entry), conflict=DecidedMeanwhile)
    return [stored(before, after, keys), append]


def keep(before: Purposes | None, after: Purposes, keys: SubjectKeys) -> None:
    """Store decisions without an entry.

    `after` itself contains the owed events, and the purposes whose data is left to delete.

    Raises:
        DecidedMeanwhile: the stored decisions have changed since `before` was read.
    """
    table.write(stored(before, after, keys))


def stored(before: Purposes | None, after: Purposes, keys: SubjectKeys) -> Write:
    """The write that stores decisions; its conflict is DecidedMeanwhile."""
    place = key(after.account_id)
    item = codec.to_item(after, place, keys) | _index_attributes(after)
    if before is None:
        return Create(place, item, conflict=DecidedMeanwhile)
    return Replace(place, item, only_if=Attr("version").eq(before.version), conflict=DecidedMeanwhile)


def _index_attributes(after: Purposes) -> Item:
    """The keys of the index, if the job has to process the item."""
    due_at = evidence.job_due_at(after)
    if due_at is None:
        return {}
    return {
        Index.RENEWAL.pk: shards.shard_of(after.account_id, SHARDS),
        Index.RENEWAL.sk: clock.to_text(due_at),
    }


def due(shard: str, at: datetime) -> Iterator[AccountId]:
    """Accounts of a shard that the job has to process by an instant, those due longest first.

    The index is eventually consistent; the item itself shows whether the account is still due.
    """
    for row in table.query(_due_by(shard, at)):
        yield account_of(row["pk"])


def has_due(shard: str, at: datetime) -> bool:
    """Return whether a shard has an account that the job has to process by an instant."""
    return any(True for _ in table.query(replace(_due_by(shard, at), limit=1)))


def _due_by(shard: str, at: datetime) -> Query:
    by_now = Between(clock.to_text(clock.from_epoch(0)), clock.to_text(at))
    return Query(Table.ACCOUNTS, shard, by_now, index=Index.RENEWAL)


RENEWING = LeasedParts(
    RenewalProgress,
    lambda shard: Key(Table.CHALLENGES, f"renewal_progress#{shard}"),
    lambda shard: RenewalProgress(shard=shard, touched_at=clock.now()),
)
