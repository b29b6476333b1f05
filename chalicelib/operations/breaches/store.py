"""All DynamoDB access of breaches; the notices to accounts are in messages/campaigns.

    B#<breach>, breach            the breach; in the index owner under a fixed key, open ones first
    B#<breach>, fact#<number>     a fact
    B#<breach>, list#<number>     a list of affected users
    B#<breach>, letter            the texts of the notice, once the people are being notified
    B#<breach>, shard#<part>      the progress of notifying a shard of accounts or a list

Facts and lists are created under the next number, so none is overwritten.
"""

from collections.abc import Iterator, Sequence

from chalicelib.core import clock, table
from chalicelib.core.ids import BreachId
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.table import Create, Index, Key, Prefix, Query, Replace, Table, Write, visible
from chalicelib.operations.breaches.model import (
    AffectedList,
    Breach,
    BreachFact,
    BreachLetter,
    BreachProgress,
    BreachStatus,
)
from chalicelib.privacy import codec
from chalicelib.privacy.cases import CaseChanged, CaseTable
from chalicelib.privacy.leases import LeasedParts
from chalicelib.privacy.periods import Period

# The key of the list in the index `owner`, in which requests have the partitions of their subjects.
LIST = "breaches"
_FACT = "fact#"
MAX_READ = 100  # items of a batched read


def partition(breach_id: BreachId) -> str:
    """The partition of everything about a breach but the notices."""
    return f"B#{breach_id}"


def key(breach_id: BreachId) -> Key:
    """The key of a breach."""
    return Key(Table.RIGHTS, partition(breach_id), "breach")


BREACHES = CaseTable(
    Breach,
    LIST,
    BreachId,
    id_at=lambda place: BreachId(place.pk.removeprefix("B#")),
    find=key,
    key_of=lambda one: key(one.breach_id),
    indexed=lambda one: {
        Index.OWNER.pk: LIST,
        Index.OWNER.sk: f"{one.status}#{clock.to_text(one.opened_at)}",  # open ones are listed first
    },
    kept_until=lambda one: Period.BREACH.ends(one.opened_at),
)


def fact_write(fact: BreachFact) -> Write:
    """The write of a fact under its number; for a transaction."""
    return _creation(Key(Table.RIGHTS, partition(fact.breach_id), f"{_FACT}{fact.number:04}"), fact)


def list_write(affected: AffectedList) -> Write:
    """The write of a list of affected users under its number; for a transaction."""
    return _creation(list_key(affected.breach_id, affected.number), affected)


def letter_write(letter: BreachLetter) -> Write:
    """The write of the texts of the notice; for a transaction."""
    return _creation(letter_key(letter.breach_id), letter)


def _creation(place: Key, part: BreachFact | AffectedList | BreachLetter) -> Write:
    return Create(place, codec.to_item(part, place), conflict=CaseChanged)


def list_key(breach_id: BreachId, number: int) -> Key:
    """The key of a list of affected users."""
    return Key(Table.RIGHTS, partition(breach_id), f"list#{number:04}")


def letter_key(breach_id: BreachId) -> Key:
    """The key of the texts of the notice."""
    return Key(Table.RIGHTS, partition(breach_id), "letter")


def read_list(breach_id: BreachId, number: int) -> AffectedList | None:
    """A list of affected users."""
    return codec.read(AffectedList, list_key(breach_id, number))


def drop_ids(breach_id: BreachId, number: int) -> None:
    """Delete the account ids of a list whose accounts were notified; the counts stay.

    Raises:
        CaseChanged: the list is gone.
    """
    found = read_list(breach_id, number)
    if found and found.account_ids:
        place = list_key(breach_id, number)
        emptied = codec.to_item(found.model_copy(update={"account_ids": ()}), place)
        table.write(Replace(place, emptied, only_if=visible(), conflict=CaseChanged))


def notifying(breach: Breach) -> LeasedParts[BreachProgress]:
    """The progress of notifying the shards or lists of a breach."""

    def place(part: str) -> Key:
        return Key(Table.RIGHTS, partition(breach.breach_id), f"shard#{part}")

    def fresh(part: str) -> BreachProgress:
        return BreachProgress(
            breach_id=breach.breach_id, shard=part, opened_at=breach.opened_at, touched_at=clock.now()
        )

    return LeasedParts(BreachProgress, place, fresh)


def glance(breach_id: BreachId) -> Breach | None:
    """The clear fields of a breach; None if there is none."""
    item = table.get(key(breach_id))
    return codec.glance(Breach, item) if item else None


def facts(breach_id: BreachId) -> tuple[list[BreachFact], list[str]]:
    """The facts about a breach, the first one first, and the keys of those that were altered."""
    items = table.query(Query(Table.RIGHTS, partition(breach_id), Prefix(_FACT)))
    return codec.open_each(BreachFact, ((item["sk"], item) for item in items))


def letters(breach_ids: Sequence[BreachId]) -> dict[BreachId, BreachLetter]:
    """The texts of the notices of at most `MAX_READ` breaches."""
    found = table.batch_get(map(letter_key, breach_ids))
    opened = (codec.opened(BreachLetter, item) for item in found.values())
    return {letter.breach_id: letter for letter in opened}


def open_ones() -> Iterator[Breach]:
    """The clear fields of each open breach; one that cannot be read is counted and skipped.

    The index is eventually consistent.
    """
    listed = Query(Table.RIGHTS, LIST, Prefix(f"{BreachStatus.OPEN}#"), index=Index.OWNER)
    for row in table.query(listed):
        item = table.get(Key(Table.RIGHTS, row["pk"], row["sk"]))
        with skip_unreadable("breach_unreadable"):
            if item:
                yield codec.glance(Breach, item)
