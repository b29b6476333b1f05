"""Applies a newly configured period to existing records (chalicelib/privacy/changed_periods)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator

from chalicelib.core import table
from chalicelib.core.table import Change, Key, Table
from chalicelib.privacy import changed_periods
from chalicelib.privacy.changed_periods import NotRedatable, Progress
from infra.deployment.account import AwsAccount
from infra.ops.standing_in import act_as_signup

Apply = Callable[[Change], object]

# Records per line of progress, so that an interrupted run repeats little.
_PAGE = 1000


def write_change(change: Change) -> object:
    """Write a change."""
    return table.write(change)


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
        NotRedatable: the kind or the position does not exist, or no period of the kind is configurable.
    """
    record = changed_periods.find_redatable(kind)
    start = _read(after, record.declaration.table) if after else None
    act_as_signup(account, stage)
    for progress in changed_periods.redate(record, apply, start, _PAGE):
        yield _line(progress)


def _line(done: Progress) -> str:
    counts = f"{done.seen} seen, {done.moved} moved, {done.held} held, {done.overtaken} changed meanwhile"
    return f"{counts}; continue with --after {_place(done.last)}" if done.last else f"{counts}; done"


def _place(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps([key.pk, key.sk]).encode()).decode()


def _read(place: str, in_table: Table) -> Key:
    try:
        pk, sk = json.loads(base64.urlsafe_b64decode(place))
    except (binascii.Error, UnicodeDecodeError, ValueError, TypeError):
        raise NotRedatable("--after must be a position printed by an earlier run") from None
    return Key(in_table, pk, sk)
