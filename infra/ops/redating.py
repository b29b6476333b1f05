"""Applies a newly configured period to existing records (chalicelib/privacy/rewrites)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chalicelib.core import table
from chalicelib.core.table import Change
from chalicelib.privacy import rewrites
from chalicelib.privacy.rewrites import Progress
from infra.deployment.account import AwsAccount
from infra.ops import scan_position
from infra.ops.standing_in import act_as_signup

Apply = Callable[[Change], object]

# Records per line of progress, so that an interrupted run repeats little.
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
    start = scan_position.read(after, record.declaration.table) if after else None
    act_as_signup(account, stage)
    for progress in rewrites.redate(record, apply, start, _PAGE):
        yield _line(progress)


def _line(done: Progress) -> str:
    counts = f"{done.seen} seen, {done.moved} moved, {done.held} held, {done.overtaken} changed meanwhile"
    return (
        f"{counts}; continue with --after {scan_position.text_of(done.last)}"
        if done.last
        else f"{counts}; done"
    )
