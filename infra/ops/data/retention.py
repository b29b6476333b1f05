"""`python -m infra.ops retention redate` and `records migrate`: rewrite stored records, page by page.

`redate` applies a newly configured period, `migrate` the shape of a changed record class (ADR 79).

It is safe to stop and run again: a record that is as it should be is skipped. A line of progress has the
position after which the next command continues.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Annotated

import typer

from chalicelib.core import table
from chalicelib.core.table import Change, Key, Table
from chalicelib.privacy import rewrites
from chalicelib.privacy.rewrites import Progress
from infra.ops.commands import DeployedStage, stage_command
from infra.ops.operator_console import confirm_unless, emit_pages
from infra.ops.options import After, DryRun, Yes
from infra.ops.refused import WrongCall
from infra.ops.standing_in import act_as_signup

# Items per line of progress, so that an interrupted run repeats little.
_PAGE = 1000

app = typer.Typer(name="retention", help="Retention of records.")
records = typer.Typer(name="records", help="Stored shapes of records.")

Kind = Annotated[str, typer.Option(help="kind of record, as named in the record of processing")]


@stage_command(app)
def redate(
    deployed: DeployedStage,
    kind: Kind,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    after: After = None,
) -> None:
    """Apply a newly configured period to existing records. Safe to stop and run again."""
    if not dry_run:
        confirm_unless(
            yes, f"Give the {kind} records of {deployed.stage} their new end? A shorter period deletes some."
        )
    record = rewrites.find_redatable(kind)
    start = _scan_start(after, record.declaration.table)
    act_as_signup(*deployed)
    apply: Callable[[Change], object] = (lambda _: None) if dry_run else table.write
    emit_pages(_line(page) for page in rewrites.redate(record, apply, start, _PAGE))


@stage_command(records)
def migrate(
    deployed: DeployedStage,
    kind: Kind,
    *,
    dry_run: DryRun = False,
    after: After = None,
) -> None:
    """Store records of earlier shapes in the current one. Safe to stop and run again."""
    record = rewrites.find_migratable(kind)
    start = _scan_start(after, record.declaration.table)
    act_as_signup(*deployed)
    apply: Callable[[Change], object] = (lambda _: None) if dry_run else table.write
    emit_pages(_line(page) for page in rewrites.migrate(record, apply, start, _PAGE))


def _line(done: Progress) -> str:
    counts = f"{done.seen} seen, {done.moved} moved, {done.held} held, {done.overtaken} changed meanwhile"
    unreadable = f", {done.unreadable} cannot be opened" if done.unreadable else ""
    return f"{counts}{unreadable}; {_rest(done.last)}"


def _rest(last: Key | None) -> str:
    """The end of a line of progress, with the position after the last item of a page."""
    if last is None:
        return "done"
    position = base64.urlsafe_b64encode(json.dumps([last.pk, last.sk]).encode()).decode()
    return f"continue with --after {position}"


class BadPosition(WrongCall):
    """The text is not the position of a scan."""


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
