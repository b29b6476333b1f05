"""Re-dating what stands after a period was configured anew; the rule is chalicelib/privacy/redating."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator

from chalicelib.core import table
from chalicelib.core.table import Change, Key, Table
from chalicelib.privacy import redating
from chalicelib.privacy.redating import NotRedatable, Progress
from infra.deployment.account import AwsAccount
from infra.ops.standing_in import as_signup

Apply = Callable[[Change], object]

# Lines of progress, so that a run that dies has not gone far since it last told its place.
_PAGE = 1000


def for_real(change: Change) -> object:
    """Write it."""
    return table.write(change)


def dry(_: Change) -> object:
    """Write nothing."""
    return None


def redate(account: AwsAccount, stage: str, kind: str, apply: Apply, after: str | None) -> Iterator[str]:
    """Re-date a kind of record of a stage; a line per page, each with the place to go on after.

    Args:
        account: where the stage is.
        stage: whose tables, and whose periods.
        kind: of the record class.
        apply: `for_real` or `dry`.
        after: a place that an earlier run told.

    Raises:
        NotRedatable: there is no such kind, no such place, or nothing about the kind's times is configured.
    """
    record = redating.find_redatable(kind)
    start = _read(after, record.declaration.table) if after else None
    as_signup(account, stage)
    for progress in redating.redate(record, apply, start, _PAGE):
        yield _told(progress)


def _told(done: Progress) -> str:
    counts = f"{done.seen} seen, {done.moved} moved, {done.held} held, {done.overtaken} changed meanwhile"
    return f"{counts}; go on with --after {_place(done.last)}" if done.last else f"{counts}; done"


def _place(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps([key.pk, key.sk]).encode()).decode()


def _read(place: str, in_table: Table) -> Key:
    try:
        pk, sk = json.loads(base64.urlsafe_b64decode(place))
    except (binascii.Error, UnicodeDecodeError, ValueError, TypeError):
        raise NotRedatable("--after has to be a place that an earlier run told") from None
    return Key(in_table, pk, sk)
