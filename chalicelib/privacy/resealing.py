"""Records that are sealed under the stage key itself are sealed anew, so that its old versions can go.

Invariants: an item is changed in its sealed attribute only, and only if that is still what was opened. An
edit in between wins: it was sealed by a function, under whatever version that holds, and the next
run sees to it. What is not sealed any more (a used challenge) stays so.
"""

from collections.abc import Iterable

from chalicelib.core import table
from chalicelib.core.table import Attr, Change, Conflict, Item, Key, Table
from chalicelib.privacy import codec
from chalicelib.privacy.personal import KeyClass, Record

# A subject's records are under the subject's own key; of that, only the wrapping follows the stage key.
CLASSES = frozenset({KeyClass.RETAINED, KeyClass.TRANSIENT})


class ItemChanged(Conflict):
    """Somebody wrote the item since it was read."""


def kinds(records: Iterable[type[Record]]) -> dict[Table, dict[str, type[Record]]]:
    """The record classes that are under the stage key, by table and kind."""
    found: dict[Table, dict[str, type[Record]]] = {}
    for record in records:
        if record.declaration.key_class in CLASSES:
            found.setdefault(record.declaration.table, {})[record.declaration.kind] = record
    return found


def reseal(kind: type[Record], item: Item) -> bool:
    """Seal an item under the current version; False if it was, or if somebody else was quicker.

    Raises:
        SealingError: it can't be opened.
    """
    anew = codec.resealed(kind, item)
    if anew is None:
        return False
    place = Key(kind.declaration.table, item["pk"], item.get("sk"))
    unchanged = Attr("sealed").eq(item["sealed"])
    try:
        table.write(Change(place, put={"sealed": anew}, only_if=unchanged, conflict=ItemChanged))
    except ItemChanged:
        return False
    return True
