"""Seals records under the current version of the stage key, so that its old versions can be removed.

Invariants: only the sealed attribute of an item is changed, and only if it is still the one that was opened.
A concurrent edit wins: a function sealed it, under the version that it has, and the next run handles it. An
item without a sealed attribute (a used challenge) stays without.
"""

from collections.abc import Iterable

from chalicelib.core import table
from chalicelib.core.table import Attr, Change, Conflict, Item, Key, Table
from chalicelib.privacy import codec
from chalicelib.privacy.personal import KeyClass, Record

# Records of other classes are sealed under the subject's own key, of which only the wrapping uses the stage
# key.
CLASSES = frozenset({KeyClass.RETAINED, KeyClass.TRANSIENT})


class ItemChanged(Conflict):
    """The item was written since it was read."""


def kinds(records: Iterable[type[Record]]) -> dict[Table, dict[str, type[Record]]]:
    """The record classes that are sealed under the stage key, by table and kind."""
    found: dict[Table, dict[str, type[Record]]] = {}
    for record in records:
        if record.declaration.key_class in CLASSES:
            found.setdefault(record.declaration.table, {})[record.declaration.kind] = record
    return found


def reseal(kind: type[Record], item: Item) -> bool:
    """Seal an item under the current version; False if it was, or was written in the meantime.

    Raises:
        SealingError: the item cannot be opened.
    """
    resealed = codec.resealed(kind, item)
    if resealed is None:
        return False
    place = Key(kind.declaration.table, item["pk"], item.get("sk"))
    unchanged = Attr("sealed").eq(item["sealed"])
    try:
        table.write(Change(place, put={"sealed": resealed}, only_if=unchanged, conflict=ItemChanged))
    except ItemChanged:
        return False
    return True
