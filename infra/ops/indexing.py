"""Puts stored items into the index `ends`, from which the purge reads (chalicelib/core/table/ends, ADR 33).

Needed once for tables that were filled before they had the index, and for restored tables of that time. Every
write since then keeps the index itself. Safe to stop and run again: an item that is in its place is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.core import table
from chalicelib.core.table import Attr, Change, Conflict, Expired, Item, Key, Scan, Table, ends
from infra.deployment.account import AwsAccount
from infra.ops import scan_position
from infra.ops.redating import Apply
from infra.ops.refused import CommandRefused
from infra.ops.standing_in import act_as_signup

_PAGE = 1000


class NotIndexable(CommandRefused):
    """The table has no items that this command may change."""


class _Changed(Conflict):
    """Another writer changed the item, and put it in its place."""


@dataclass
class _Counts:
    seen: int = 0
    moved: int = 0


def index(account: AwsAccount, stage: str, name: Table, apply: Apply, after: str | None) -> Iterator[str]:
    """Index the items of a table that have an end; yield a line per page.

    Args:
        account: the account of the stage.
        stage: the stage whose table is read.
        name: the table.
        apply: writes one change, or skips it in a dry run.
        after: a position that an earlier run printed.

    Raises:
        NotIndexable: no item of the table may be changed, or none has an end.
        BadPosition: no earlier run printed the position.
    """
    if name in {Table.KEYS, Table.LEDGER}:
        raise NotIndexable("data keys have no end, and entries of the Ledger are never changed")
    start = scan_position.read(after, name) if after else None
    act_as_signup(account, stage)
    counts = _Counts()
    for page in table.scan(Scan(name, None, start, _PAGE, expired=Expired.INCLUDED)):
        for item in page.items:
            counts.seen += 1
            counts.moved += not ends.is_current(item) and _move(name, item, apply)
        place = f"continue with --after {scan_position.text_of(page.last)}" if page.last else "done"
        yield f"{counts.seen} seen, {counts.moved} indexed; {place}"


def _move(name: Table, item: Item, apply: Apply) -> bool:
    """Write the end of an item again, which puts it into the index; False if it was changed meanwhile."""
    key, end = Key(name, item["pk"], item.get("sk")), item[ends.END]
    try:
        apply(Change(key, put={ends.END: end}, only_if=Attr(ends.END).eq(end), conflict=_Changed))
    except _Changed:
        return False
    return True
