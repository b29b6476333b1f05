"""All DynamoDB access of breaches, without the notices to people.

    B#<breach>, breach            the breach; in the index owner under a fixed key, open ones first
    B#<breach>, fact#<number>     a fact
    B#<breach>, list#<number>     a list of affected users
    B#<breach>, letter            the texts of the notice, once the people are being notified

Every write of a breach is one transaction with its evidence. Of two concurrent writers, one fails with
`BreachMoved`. Facts and lists are created under the next number, so none is overwritten.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from chalicelib.core import chain, clock, observe, table
from chalicelib.core.chain import Chain, NewEntry
from chalicelib.core.ids import BreachId, StaffId
from chalicelib.core.sealing import SealingError
from chalicelib.core.table import (
    Attr,
    Conflict,
    Create,
    Index,
    Item,
    Key,
    Prefix,
    Query,
    Replace,
    Table,
    Write,
)
from chalicelib.operations.breaches.model import AffectedList, Breach, BreachFact, BreachLetter, BreachStatus
from chalicelib.privacy import codec
from chalicelib.privacy.listing import SealedList, SealedPage
from chalicelib.privacy.periods import Period

CHAIN = "breach"  # the kind of the chains


def history_of(breach_id: BreachId) -> Chain:
    """The history of a breach; its id is random, and names no person."""
    return Chain(CHAIN, breach_id)


def entry(opened_at: datetime, event: str, by: StaffId | None, said: Mapping[str, object]) -> NewEntry:
    """An entry for a breach's history, kept as long as the breach; `by` None: a job."""
    actor = {"by": by} if by else {}
    return NewEntry(event, {**actor, **said}, Period.BREACH.ends(opened_at))


# The key of the list in the index `owner`, in which requests have the partitions of their subjects.
LIST = "breaches"
_FACT = "fact#"
MAX_READ = 100  # items of a batched read


BreachPage = SealedPage[Breach, BreachId]


class BreachMoved(Conflict):
    """Another writer changed the breach since it was read."""


class UnknownBreach(LookupError):
    """No breach is at this place of the list."""


def partition(breach_id: BreachId) -> str:
    """The partition of everything about a breach but the notices."""
    return f"B#{breach_id}"


def key(breach_id: BreachId) -> Key:
    """The key of a breach."""
    return Key(Table.RIGHTS, partition(breach_id), "breach")


def create(breach: Breach, fact: BreachFact, entry: NewEntry) -> None:
    """Store a new breach with its first fact and its first evidence, in one transaction."""
    history = history_of(breach.breach_id)
    table.transact(
        [Create(key(breach.breach_id), _item(breach)), fact_write(fact), chain.append_write(history, entry)]
    )


def move(before: Breach, after: Breach, entry: NewEntry, *more: Write) -> Breach:
    """Write a breach over the version that was read, with its evidence and other writes.

    Raises:
        BreachMoved, HeadMoved: another writer changed it; nothing was written.
        Unreadable: the newest entry of its history was altered; nothing was written.
    """
    after = after.model_copy(update={"version": before.version + 1})
    replace = Replace(
        key(before.breach_id),
        _item(after),
        only_if=Attr("version").eq(before.version),
        conflict=BreachMoved,
    )
    table.transact([replace, *more, chain.append_write(history_of(before.breach_id), entry)])
    return after


def fact_write(fact: BreachFact) -> Write:
    """The write of a fact under its number; for a transaction."""
    place = Key(Table.RIGHTS, partition(fact.breach_id), f"{_FACT}{fact.number:04}")
    return Create(place, codec.to_item(fact, place), conflict=BreachMoved)


def list_write(affected: AffectedList) -> Write:
    """The write of a list of affected users under its number; for a transaction."""
    place = list_key(affected.breach_id, affected.number)
    return Create(place, codec.to_item(affected, place), conflict=BreachMoved)


def letter_write(letter: BreachLetter) -> Write:
    """The write of the texts of the notice; for a transaction."""
    place = letter_key(letter.breach_id)
    return Create(place, codec.to_item(letter, place), conflict=BreachMoved)


def list_key(breach_id: BreachId, number: int) -> Key:
    """The key of a list of affected users."""
    return Key(Table.RIGHTS, partition(breach_id), f"list#{number:04}")


def letter_key(breach_id: BreachId) -> Key:
    """The key of the texts of the notice."""
    return Key(Table.RIGHTS, partition(breach_id), "letter")


def read(breach_id: BreachId) -> Breach | None:
    """A breach with its texts; None if there is none."""
    item = table.get(key(breach_id))
    return codec.opened(Breach, item) if item else None


def glance(breach_id: BreachId) -> Breach | None:
    """The clear fields of a breach; None if there is none."""
    item = table.get(key(breach_id))
    return codec.glance(Breach, item) if item else None


def facts(breach_id: BreachId) -> list[BreachFact | None]:
    """The facts about a breach, the first one first; None for one that was altered."""
    query = Query(Table.RIGHTS, partition(breach_id), Prefix(_FACT))
    return [_opened_fact(item) for item in table.query(query)]


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
        try:
            if item:
                yield codec.glance(Breach, item)
        except SealingError as error:
            observe.record_unreadable("breach_unreadable", error)


def page(after: BreachId | None, maximum: int) -> BreachPage:
    """A page of all breaches after one of them: open ones first, then the newest ones first.

    Raises:
        UnknownBreach: there is no breach with the id after which the page starts.
    """
    start = table.get(key(after)) if after else None
    if after and start is None:
        raise UnknownBreach
    return _LISTED.page(start, maximum)


def _opened_fact(item: Item) -> BreachFact | None:
    try:
        return codec.opened(BreachFact, item)
    except SealingError as error:
        observe.record_unreadable("breach_unreadable", error)
        return None


def _id_at(place: Key) -> BreachId:
    return BreachId(place.pk.removeprefix("B#"))


def _item(breach: Breach) -> Item:
    listed = {Index.OWNER.pk: LIST, Index.OWNER.sk: f"{breach.status}#{clock.to_text(breach.opened_at)}"}
    return codec.to_item(breach, key(breach.breach_id)) | listed


_LISTED = SealedList(Breach, (Table.RIGHTS, LIST), _id_at)
