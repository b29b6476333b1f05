"""All DynamoDB access of disclosures.

    A#<account>, disclosure#<id>       the disclosure; in the index owner under a fixed key, by its proposal
    D#<disclosure>, place              the account of the disclosure

A disclosure is in its subject's partition, so the subject's copy contains it. Every write of a disclosure is
one transaction with its evidence. Of two concurrent writers, one fails with `DisclosureMoved`.

That evidence (NOT-3) has fixed words, instants and pseudonyms of staff, under the random id of the
disclosure. `by` names the actor.
"""

from collections.abc import Iterator, Mapping, Sequence

from chalicelib.core import chain, clock, observe, table
from chalicelib.core.chain import Chain, NewEntry
from chalicelib.core.ids import AccountId, DisclosureId, StaffId
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
    partition_of,
)
from chalicelib.privacy import codec
from chalicelib.privacy.listing import SealedList, SealedPage
from chalicelib.privacy.periods import Period
from chalicelib.staff.disclosures.model import Disclosure, DisclosurePlace

CHAIN = "disclosure"  # the kind of the chains


def history_of(disclosure_id: DisclosureId) -> Chain:
    """The history of a disclosure; its id is random, and names no person."""
    return Chain(CHAIN, disclosure_id)


def entry(disclosure: Disclosure, event: str, by: StaffId, said: Mapping[str, object]) -> NewEntry:
    """An entry for a disclosure's history, kept as long as the disclosure."""
    delete_at = Period.DISCLOSURE.ends(disclosure.proposed_at)
    return NewEntry(event, {"by": by, **said}, delete_at)


# The key of the list in the index `owner`, in which requests have the partitions of their subjects.
LIST = "disclosures"
_SK = "disclosure#"
MAX_READ = 100  # items of a batched read


DisclosurePage = SealedPage[Disclosure, DisclosureId]


class DisclosureMoved(Conflict):
    """Another writer changed the disclosure since it was read."""


class UnknownPlace(LookupError):
    """No disclosure is at this place of the list."""


def key(account_id: AccountId, disclosure_id: DisclosureId) -> Key:
    """The key of a disclosure."""
    return Key(Table.RIGHTS, partition_of(account_id), f"{_SK}{disclosure_id}")


def place_key(disclosure_id: DisclosureId) -> Key:
    """The key of the record that names the account of a disclosure."""
    return Key(Table.RIGHTS, f"D#{disclosure_id}", "place")


def create(disclosure: Disclosure, entry: NewEntry) -> None:
    """Store a new disclosure with its first evidence, in one transaction."""
    place = place_key(disclosure.disclosure_id)
    owner = DisclosurePlace(account_id=disclosure.account_id, proposed_at=disclosure.proposed_at)
    table.transact(
        [
            Create(key(disclosure.account_id, disclosure.disclosure_id), _item(disclosure)),
            Create(place, codec.to_item(owner, place)),
            chain.append_write(history_of(disclosure.disclosure_id), entry),
        ]
    )


def move(before: Disclosure, after: Disclosure, entry: NewEntry) -> Disclosure:
    """Write a disclosure over the version that was read, with its evidence.

    Raises:
        DisclosureMoved, HeadMoved: another writer changed it; nothing was written.
        Unreadable: the newest entry of its history was altered; nothing was written.
    """
    after = after.model_copy(update={"version": before.version + 1})
    replace = Replace(
        key(before.account_id, before.disclosure_id),
        _item(after),
        only_if=Attr("version").eq(before.version),
        conflict=DisclosureMoved,
    )
    table.transact([replace, chain.append_write(history_of(before.disclosure_id), entry)])
    return after


def read(disclosure_id: DisclosureId) -> Disclosure | None:
    """A disclosure by its id alone; None if there is none."""
    account_id = _account_of(disclosure_id)
    return read_of(account_id, disclosure_id) if account_id else None


def read_of(account_id: AccountId, disclosure_id: DisclosureId) -> Disclosure | None:
    """A disclosure of a subject; None if there is none."""
    item = table.get(key(account_id, disclosure_id))
    return codec.opened(Disclosure, item) if item else None


def of_account(account_id: AccountId) -> Iterator[Disclosure]:
    """The disclosures of a subject's data that can be read; an altered one is logged."""
    for item in table.query(Query(Table.RIGHTS, partition_of(account_id), Prefix(_SK))):
        try:
            yield codec.opened(Disclosure, item)
        except SealingError as error:
            observe.record_unreadable("disclosure_unreadable", error)


def missing(disclosure_ids: Sequence[DisclosureId]) -> list[DisclosureId]:
    """Those of at most `MAX_READ` disclosures that the table does not have."""
    found = table.batch_get(map(place_key, disclosure_ids))
    return [one for one in disclosure_ids if place_key(one) not in found]


def newest_first(after: DisclosureId | None, maximum: int) -> DisclosurePage:
    """A page of all disclosures after one of them. The index is eventually consistent.

    Raises:
        UnknownPlace: there is no disclosure with the id after which the page starts.
    """
    account_id = _account_of(after) if after else None
    start = table.get(key(account_id, after)) if account_id and after else None
    if after and start is None:
        raise UnknownPlace
    return _LISTED.page(start, maximum)


def _account_of(disclosure_id: DisclosureId) -> AccountId | None:
    item = table.get(place_key(disclosure_id))
    return codec.opened(DisclosurePlace, item).account_id if item else None


def _id_at(place: Key) -> DisclosureId:
    return DisclosureId((place.sk or "").removeprefix(_SK))


def _item(disclosure: Disclosure) -> Item:
    place = key(disclosure.account_id, disclosure.disclosure_id)
    listed = {Index.OWNER.pk: LIST, Index.OWNER.sk: clock.to_text(disclosure.proposed_at)}
    return codec.to_item(disclosure, place) | listed


_LISTED = SealedList(Disclosure, (Table.RIGHTS, LIST), _id_at)
