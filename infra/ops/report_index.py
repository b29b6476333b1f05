"""Puts stored requests into the index `received`, from which reports read (ADR 53).

Needed once for a table that was filled before it had the index, and for restored tables of that time. Every
write of a request since then keeps its place. Safe to stop and run again: a request in its place is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from chalicelib.core import table
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.table import Attr, Change, Conflict, Index, Item, Key, Scan, Table
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.store import place_in_log
from infra.deployment.account import AwsAccount
from infra.ops import scan_position
from infra.ops.redating import Apply
from infra.ops.standing_in import act_as_signup

_PAGE = 1000


class _Placed(Conflict):
    """Another writer put the request in its place, or it was deleted."""


def index(account: AwsAccount, stage: str, apply: Apply, after: str | None) -> Iterator[str]:
    """Index the requests without a place; yield a line per page.

    Args:
        account: the account of the stage.
        stage: the stage whose requests are read.
        apply: writes one change, or skips it in a dry run.
        after: a position that an earlier run printed.

    Raises:
        BadPosition: no earlier run printed the position.
    """
    start = scan_position.read(after, Table.RIGHTS) if after else None
    act_as_signup(account, stage)
    seen = placed = 0
    for page in table.scan(Scan(Table.RIGHTS, RightsRequest.declaration.kind, start, _PAGE)):
        for item in page.items:
            seen += 1
            placed += Index.RECEIVED.pk not in item and _place(item, apply)
        place = f"continue with --after {scan_position.text_of(page.last)}" if page.last else "done"
        yield f"{seen} requests seen, {placed} indexed; {place}"


def _place(item: Item, apply: Apply) -> bool:
    """Write the place of a request; False if another writer did."""
    received_at = datetime.fromisoformat(item["received_at"])
    put = {Index.RECEIVED.pk: place_in_log(RightsRequestId(item["request_id"]), received_at)}
    absent = Attr("kind").exists() & Attr(Index.RECEIVED.pk).not_exists()
    try:
        apply(Change(Key(Table.RIGHTS, item["pk"], item["sk"]), put=put, only_if=absent, conflict=_Placed))
    except _Placed:
        return False
    return True
