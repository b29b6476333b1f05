"""All DynamoDB of consents: one item per account with every decision, changed under its version.

While a consent is in force, an event is owed to the history, or data of a withdrawn consent is left, the item
stands in the sparse index `renewal`, by the instant at which `renew_consents` has to see to it, over shards.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from chalicelib.consents import evidence
from chalicelib.consents.model import Purposes
from chalicelib.core import chain, clock, needs, table
from chalicelib.core.chain import Chain, NewEntry
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found, Need
from chalicelib.core.table import Attr, Between, Conflict, Create, Index, Item, Key, Query, Replace, Table
from chalicelib.privacy import codec
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys

_SHARDS = 16  # of the index `renewal`


class DecidedMeanwhile(Conflict):
    """Another decision of the same subject came first."""


def key(account_id: AccountId) -> Key:
    """Where an account's decisions are."""
    return Key(Table.ACCOUNTS, f"A#{account_id}", "purposes")


def _opened(item: Item | None, found: Found) -> Purposes | None:
    return codec.opened(Purposes, item, found[DATA_KEY]) if item else None


# Asks for DATA_KEY too. None: the subject has decided nothing yet.
PURPOSES: Need[Purposes | None] = Need(lambda claims: key(claims.account_id), _opened)


def read(account_id: AccountId) -> Purposes | None:
    """The decisions as they are now."""
    (found,) = needs.read_accounts([account_id], (PURPOSES, DATA_KEY))
    return found[PURPOSES]


def record(
    before: Purposes | None, after: Purposes, keys: SubjectKeys, history: Chain, entry: NewEntry
) -> None:
    """Change the decisions and put the change on record: both, or neither.

    Raises:
        DecidedMeanwhile: what was read is not what is stored any more.
        HeadMoved: another entry took the place in the history.
        Unreadable: its newest entry is not as it was written; nothing was changed.
    """
    table.transact([_change(before, _placed(after), keys), chain.append_write(history, entry)])


def keep(before: Purposes | None, after: Purposes, keys: SubjectKeys) -> Purposes:
    """Change the item alone, and return it as it is stored.

    `after` says itself what is owed to the history, and what is left to delete.

    Raises:
        DecidedMeanwhile: what was read is not what is stored any more.
    """
    after = _placed(after)
    table.write(_change(before, after, keys))
    return after


def _placed(after: Purposes) -> Purposes:
    """With its place in the index, if there is anything to see to."""
    due = min(filter(None, (evidence.renew_at(after), after.deletion_due)), default=None)
    return after.model_copy(update={"renew_at": due, "renewal": _shard(after.account_id) if due else None})


def _change(before: Purposes | None, after: Purposes, keys: SubjectKeys) -> Create | Replace:
    place = key(after.account_id)
    item = codec.to_item(after, place, keys)
    if before is None:
        return Create(place, item, conflict=DecidedMeanwhile)
    return Replace(place, item, only_if=Attr("version").eq(before.version), conflict=DecidedMeanwhile)


def due(at: datetime) -> Iterator[AccountId]:
    """Accounts that have to be seen to by an instant, per shard the longest due first.

    The index is eventually consistent: the item itself says whether it still is.
    """
    by_now = Between(clock.to_text(clock.from_epoch(0)), clock.to_text(at))
    for shard in range(_SHARDS):
        for row in table.query(Query(Table.ACCOUNTS, f"{shard:02d}", by_now, index=Index.RENEWAL)):
            yield AccountId(row["pk"].removeprefix("A#"))


def _shard(account_id: AccountId) -> str:
    return f"{hashlib.sha256(account_id.encode()).digest()[0] % _SHARDS:02d}"
