"""All DynamoDB access of disclosures.

    A#<account>, disclosure#<id>       the disclosure; in the index owner under a fixed key, by its proposal
    D#<disclosure>, place              the account of the disclosure

A disclosure is in its subject's partition, so the subject's copy contains it.

Its evidence (NOT-3) has fixed words, instants and pseudonyms of staff, under the random id of the disclosure.
`by` names the actor.
"""

from collections.abc import Sequence

from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId, DisclosureId
from chalicelib.core.table import Create, Index, Key, Prefix, Query, Table, Write, partition_of
from chalicelib.privacy import codec
from chalicelib.privacy.cases import CaseTable
from chalicelib.privacy.periods import Period
from chalicelib.staff.disclosures.model import Disclosure, DisclosurePlace

# The key of the list in the index `owner`, in which requests have the partitions of their subjects.
LIST = "disclosures"
_SK = "disclosure#"
MAX_READ = 100  # items of a batched read


def key(account_id: AccountId, disclosure_id: DisclosureId) -> Key:
    """The key of a disclosure."""
    return Key(Table.RIGHTS, partition_of(account_id), f"{_SK}{disclosure_id}")


def place_key(disclosure_id: DisclosureId) -> Key:
    """The key of the record that names the account of a disclosure."""
    return Key(Table.RIGHTS, f"D#{disclosure_id}", "place")


def place_creation(disclosure: Disclosure) -> Write:
    """The write that names the account of a new disclosure, for a transaction."""
    place = place_key(disclosure.disclosure_id)
    owner = DisclosurePlace(account_id=disclosure.account_id, proposed_at=disclosure.proposed_at)
    return Create(place, codec.to_item(owner, place))


def _find(disclosure_id: DisclosureId) -> Key | None:
    place = codec.read(DisclosurePlace, place_key(disclosure_id))
    return key(place.account_id, disclosure_id) if place else None


DISCLOSURES = CaseTable(
    Disclosure,
    LIST,
    DisclosureId,
    id_at=lambda place: DisclosureId((place.sk or "").removeprefix(_SK)),
    find=_find,
    key_of=lambda one: key(one.account_id, one.disclosure_id),
    indexed=lambda one: {Index.OWNER.pk: LIST, Index.OWNER.sk: clock.to_text(one.proposed_at)},
    kept_until=lambda one: Period.DISCLOSURE.ends(one.proposed_at),
)


def read_of(account_id: AccountId, disclosure_id: DisclosureId) -> Disclosure | None:
    """A disclosure of a subject; None if there is none."""
    return codec.read(Disclosure, key(account_id, disclosure_id))


def of_account(account_id: AccountId) -> list[Disclosure]:
    """The disclosures of a subject's data that can be read; an altered one is logged."""
    items = table.query(Query(Table.RIGHTS, partition_of(account_id), Prefix(_SK)))
    return codec.open_readable(Disclosure, items)


def missing(disclosure_ids: Sequence[DisclosureId]) -> list[DisclosureId]:
    """Those of at most `MAX_READ` disclosures that the table does not have."""
    found = table.batch_get(map(place_key, disclosure_ids))
    return [one for one in disclosure_ids if place_key(one) not in found]
