"""Changes stored items page by page: their ends after a new period, and their places in two indexes.

- A newly configured period is applied to the records of a kind (chalicelib/privacy/rewrites).
- The purge reads the index `ends` (chalicelib/core/table/ends, ADR 33), and reports read the index `received`
  (ADR 53). Tables that were filled before they had an index, or restored from that time, need this once.
  Every write since then keeps the indexes.

Each is safe to stop and run again: an item that is as it should be is skipped. A line of progress has the
position after which the next command continues.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import table
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.table import Attr, Change, Conflict, Expired, Index, Item, Key, Scan, Table, ends
from chalicelib.privacy import rewrites
from chalicelib.privacy.rewrites import Progress
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.store import place_in_log
from infra.deployment.account import AwsAccount
from infra.ops.refused import CommandRefused, WrongCall
from infra.ops.standing_in import act_as_signup

Apply = Callable[[Change], object]

# Items per line of progress, so that an interrupted run repeats little.
_PAGE = 1000


def write_change(change: Change) -> object:
    """Write a change."""
    return table.write(change)


def writer(*, dry_run: bool) -> Apply:
    """Return what applies the changes of a run."""
    return skip_change if dry_run else write_change


def skip_change(_: Change) -> object:
    """Write nothing, for a dry run."""
    return None


def redate(account: AwsAccount, stage: str, kind: str, apply: Apply, after: str | None) -> Iterator[str]:
    """Re-date a kind of record; yield a line per page, each with the position to continue after.

    Args:
        account: the account of the stage.
        stage: the stage whose tables and periods are used.
        kind: the kind of the record class.
        apply: `write_change` or `skip_change`.
        after: a position that an earlier run printed.

    Raises:
        NotRedatable: the kind does not exist, or no period of it is configurable.
        BadPosition: no earlier run printed the position.
    """
    record = rewrites.find_redatable(kind)
    start = _scan_start(after, record.declaration.table)
    act_as_signup(account, stage)
    for progress in rewrites.redate(record, apply, start, _PAGE):
        yield _line(progress)


def _line(done: Progress) -> str:
    counts = f"{done.seen} seen, {done.moved} moved, {done.held} held, {done.overtaken} changed meanwhile"
    return f"{counts}; {_rest(done.last)}"


class BadPosition(WrongCall):
    """The text is not the position of a scan."""


def _rest(last: Key | None) -> str:
    """The end of a line of progress, with the position after the last item of a page."""
    if last is None:
        return "done"
    position = base64.urlsafe_b64encode(json.dumps([last.pk, last.sk]).encode()).decode()
    return f"continue with --after {position}"


def _scan_start(text: str | None, in_table: Table) -> Key | None:
    """The item after which a scan continues; None is its beginning.

    Raises:
        BadPosition: no command printed this text.
    """
    if not text:
        return None
    try:
        pk, sk = json.loads(base64.urlsafe_b64decode(text))
    except (binascii.Error, UnicodeDecodeError, ValueError, TypeError):
        raise BadPosition("--after must be a position printed by an earlier run") from None
    return Key(in_table, pk, sk)


class NotIndexable(CommandRefused):
    """The table has no items that this command may change."""


class _Changed(Conflict):
    """Another writer changed the item, and put it in its place."""


@dataclass
class _Counts:
    seen: int = 0
    moved: int = 0


def index_ends(
    account: AwsAccount, stage: str, name: Table, apply: Apply, after: str | None
) -> Iterator[str]:
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
    start = _scan_start(after, name)
    act_as_signup(account, stage)
    counts = _Counts()
    for page in table.scan(Scan(name, None, start, _PAGE, expired=Expired.INCLUDED)):
        for item in page.items:
            counts.seen += 1
            counts.moved += not ends.is_current(item) and _move(name, item, apply)
        yield f"{counts.seen} seen, {counts.moved} indexed; {_rest(page.last)}"


def _move(name: Table, item: Item, apply: Apply) -> bool:
    """Write the end of an item again, which puts it into the index; False if it was changed meanwhile."""
    key, end = Key(name, item["pk"], item.get("sk")), item[ends.END]
    try:
        apply(Change(key, put={ends.END: end}, only_if=Attr(ends.END).eq(end), conflict=_Changed))
    except _Changed:
        return False
    return True


class _Placed(Conflict):
    """Another writer put the request in its place, or it was deleted."""


def index_requests(account: AwsAccount, stage: str, apply: Apply, after: str | None) -> Iterator[str]:
    """Index the requests without a place; yield a line per page.

    Args:
        account: the account of the stage.
        stage: the stage whose requests are read.
        apply: writes one change, or skips it in a dry run.
        after: a position that an earlier run printed.

    Raises:
        BadPosition: no earlier run printed the position.
    """
    start = _scan_start(after, Table.RIGHTS)
    act_as_signup(account, stage)
    seen = placed = 0
    for page in table.scan(Scan(Table.RIGHTS, RightsRequest.declaration.kind, start, _PAGE)):
        for item in page.items:
            seen += 1
            placed += Index.RECEIVED.pk not in item and _place(item, apply)
        yield f"{seen} requests seen, {placed} indexed; {_rest(page.last)}"


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
