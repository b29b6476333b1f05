"""All DynamoDB access of suppressions.

    <kind>#<key version>#<HMAC of the address>   in Claims: the suppression of one address

An address is looked for under every version of the lookup key. A hash cannot be moved to another version
without its address. So each write that knows the address leaves one item, under the current version.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.core import keyring, table
from chalicelib.core.settings import Secret
from chalicelib.core.table import Absent, Attr, Conflict, Create, Delete, Item, Key, Replace, Table, Write
from chalicelib.messages.suppressions.model import Addresses, Suppression
from chalicelib.privacy import codec

# The suppression after a change; None deletes it. It gets what is stored, or None.
Revision = Callable[[Suppression | None], Suppression | None]


class SuppressionMoved(Conflict):
    """Another writer changed the suppression of an address since it was read."""


@dataclass(frozen=True)
class _Stored:
    """The suppression of one address as stored: normally one item, of an old version of the key or not."""

    current: Key
    items: dict[Key, Suppression]

    @property
    def merged(self) -> Suppression | None:
        """What all items say together; the one that keeps most prevails."""
        return reduce(_merged, self.items.values()) if self.items else None


def _merged(one: Suppression, other: Suppression) -> Suppression:
    ends = (one.unowned_since, other.unowned_since)
    return Suppression(
        purposes=tuple(dict.fromkeys((*one.purposes, *other.purposes))),
        objected_at=max(one.objected_at, other.objected_at),
        unowned_since=None if None in ends else max(filter(None, ends)),
        version=max(one.version, other.version),
    )


def has_older_keys() -> bool:
    """Return whether the lookup key has other versions than the current one."""
    return len(keyring.mac_keys(Secret.LOOKUP).versions) > 1


def labels_of(addresses: Addresses) -> list[str]:
    """The label of each address under the current version of the lookup key, `<kind>#<version>#<hash>`."""
    return [keys[0].pk for keys in _keys_of(addresses)]


def is_of_known_version(label: str) -> bool:
    """Return whether the version of the lookup key that made a label is still used."""
    return label.split("#")[1] in keyring.mac_keys(Secret.LOOKUP).versions


def found(addresses: Addresses) -> list[Suppression]:
    """The suppressions of addresses, in one consistent read."""
    keys = [key for keys in _keys_of(addresses) for key in keys]
    return [codec.opened(Suppression, item) for item in table.batch_get(keys).values()] if keys else []


def revision(addresses: Addresses, revise: Revision) -> list[Write]:
    """The writes that change the suppression of each address, for a transaction; none if nothing changes.

    Their conflict SuppressionMoved means that another writer came first: the caller builds them again.
    """
    return [write for stored in _read(addresses) for write in _writes(stored, revise)]


def revision_or_absence(addresses: Addresses, revise: Revision) -> list[Write]:
    """As `revision`; for an address without a suppression, the condition that none is placed meanwhile."""
    return [
        write
        for stored in _read(addresses)
        for write in (
            _writes(stored, revise) if stored.items else [Absent(stored.current, conflict=SuppressionMoved)]
        )
    ]


def revision_of_label(label: str, revise: Revision) -> list[Write]:
    """The writes that change the suppression with a label, whose address is not known."""
    key = Key(Table.CLAIMS, label)
    return list(_writes(_stored([key], table.batch_get([key])), revise))


def _keys_of(addresses: Addresses) -> list[list[Key]]:
    """The keys of each address under all versions of the lookup key, the current one first."""
    lookup = keyring.mac_keys(Secret.LOOKUP) if list(addresses) else None
    if lookup is None:
        return []
    return [
        [Key(Table.CLAIMS, label) for label in lookup.lookup_keys(kind, address)]
        for kind, address in addresses
    ]


def _read(addresses: Addresses) -> list[_Stored]:
    """The suppression of each address as stored, in one consistent read."""
    places = _keys_of(addresses)
    items = table.batch_get([key for keys in places for key in keys]) if places else {}
    return [_stored(keys, items) for keys in places]


def _stored(keys: list[Key], items: dict[Key, Item]) -> _Stored:
    return _Stored(keys[0], {key: codec.opened(Suppression, items[key]) for key in keys if key in items})


def _writes(stored: _Stored, revise: Revision) -> Iterable[Write]:
    before, current = stored.merged, stored.items.get(stored.current)
    after = revise(before)
    if after is None or (after == before and set(stored.items) <= {stored.current}):
        outdated = stored.items if after is None else {}
    else:
        outdated = {key: item for key, item in stored.items.items() if key != stored.current}
        item = codec.to_item(after.model_copy(update={"version": after.version + 1}), stored.current)
        yield (
            Replace(stored.current, item, only_if=_same(current), conflict=SuppressionMoved)
            if current
            else Create(stored.current, item, conflict=SuppressionMoved)
        )
    for key, known in outdated.items():
        yield Delete(key, only_if=_same(known), conflict=SuppressionMoved)


def _same(known: Suppression) -> ConditionBase:
    return Attr("version").eq(known.version)
