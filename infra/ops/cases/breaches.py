"""`python -m infra.ops breach`: the operators' commands for breaches of personal data.

Each command calls the internal API, as those of `infra.ops.cases.requests` do. No command writes to an
authority: the operator uses its form, and then records that with `notify-authority`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from chalicelib.core.batches import batched
from infra.ops.cases import tables
from infra.ops.internal_api import connected, emit_listing, read_list
from infra.ops.operator_console import confirm_unless, emit
from infra.ops.options import (
    DryRun,
    Endpoint,
    FieldsFile,
    RecordedBreach,
    Region,
    Stage,
    Version,
    Yes,
    read_toml,
)

app = typer.Typer(
    help="Breaches of personal data: open, add, assess, notify, close, list, show.",
    pretty_exceptions_enable=False,
)
_ALL = "/breaches"
_FILE = {"exists": True, "dir_okay": False}
_IDS_AT_ONCE = 300  # of one call
_USER = re.compile(r"u_[0-9a-z]+")

Row = dict[str, Any]

_FACTS = (
    "status", "discovered_at", "opened_at", "opened_by", "risk", "audience", "country", "lists",
    "notices_from", "notices_done_at", "closed_at", "version",
)  # fmt: skip
_FINDING = (
    "number", "found_at", "found_by", "what", "categories", "people", "people_count", "record_count",
    "consequences", "measures", "countries",
)  # fmt: skip


@app.command("list")
def list_all(stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """List all breaches, open ones first."""
    with connected(stage, region, endpoint) as api:
        found = read_list(api, _ALL)
        emit_listing(found, "breaches", listed(found.items))


@app.command()
def show(breach: RecordedBreach, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Show one breach with its findings, deadlines and evidence, and the version to approve."""
    with connected(stage, region, endpoint) as api:
        found = api.call("GET", f"{_ALL}/{breach}").body
        emit(found, *whole(found))


@app.command("open")
def open_breach(text_file: FieldsFile, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Record a breach. The deadlines of authorities run from `discovered_at`."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("POST", _ALL, _with_instants(text_file)).body)


@app.command()
def add(
    breach: RecordedBreach, text_file: FieldsFile, stage: Stage, region: Region, endpoint: Endpoint = None
) -> None:
    """Add facts that were found later. A closed breach is open again."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("POST", f"{_ALL}/{breach}/facts", read_toml(text_file, ())).body)


@app.command()
def add_affected(
    breach: RecordedBreach,
    ids_file: Annotated[
        Path, typer.Option(**_FILE, help="file with user ids, u_..., separated by white space")
    ],
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Add users whom the breach affects."""
    ids = sorted(set(ids_file.read_text(encoding="utf-8").split()))
    if not ids or not all(_USER.fullmatch(one) for one in ids):
        raise typer.BadParameter("the file has to list user ids, u_...")
    with connected(stage, region, endpoint) as api:
        for some in batched(ids, _IDS_AT_ONCE):
            _print_result(api.call("POST", f"{_ALL}/{breach}/affected", {"user_ids": some}).body)


@app.command()
def notify_authority(
    breach: RecordedBreach, text_file: FieldsFile, stage: Stage, region: Region, endpoint: Endpoint = None
) -> None:
    """Record that an authority was notified: country, when, its reference, reasons if it is late."""
    with connected(stage, region, endpoint) as api:
        body = _with_instants(text_file)
        _print_result(api.call("POST", f"{_ALL}/{breach}/notifications", body).body)


@app.command()
def decide(
    breach: RecordedBreach, text_file: FieldsFile, stage: Stage, region: Region, endpoint: Endpoint = None
) -> None:
    """Propose the assessment of the risk, with reasons, and with audience and texts if it is high."""
    with connected(stage, region, endpoint) as api:
        body = read_toml(text_file, ())
        _print_result(api.call("PUT", f"{_ALL}/{breach}/assessment", body).body)


@app.command()
def withdraw(breach: RecordedBreach, stage: Stage, region: Region, endpoint: Endpoint = None) -> None:
    """Withdraw a proposed assessment."""
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("DELETE", f"{_ALL}/{breach}/assessment").body)


@app.command()
def approve(
    breach: RecordedBreach,
    version: Version,
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Approve the assessment of another operator."""
    with connected(stage, region, endpoint) as api:
        path = f"{_ALL}/{breach}/assessment/approval"
        _print_result(api.call("POST", path, etag=f'"{version}"').body)


@app.command()
def notify_subjects(
    breach: RecordedBreach,
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Begin to notify the people affected, as the approved assessment says. It cannot be stopped."""
    with connected(stage, region, endpoint) as api:
        found = api.call("GET", f"{_ALL}/{breach}").body
        if dry_run:
            emit(found, *whole(found), f"Would notify: {audience(found)}")
            return
        confirm_unless(yes, f"Notify {audience(found)} of {breach}? The texts are then final.")
        _print_result(api.call("POST", f"{_ALL}/{breach}/notices").body)


@app.command()
def close(
    breach: RecordedBreach,
    text_file: Annotated[Path, typer.Option(**_FILE, help="file with the conclusion; not an option")],
    stage: Stage,
    region: Region,
    endpoint: Endpoint = None,
) -> None:
    """Close a breach without an open duty."""
    body = {"conclusion": text_file.read_text(encoding="utf-8")}
    with connected(stage, region, endpoint) as api:
        _print_result(api.call("POST", f"{_ALL}/{breach}/closing", body).body)


def _with_instants(text_file: Path) -> dict[str, Any]:
    """Read a file whose instants have an offset, and convert them for the API."""
    fields = read_toml(text_file, ())
    for name in ("discovered_at", "notified_at"):
        value = fields.get(name)
        if isinstance(value, datetime) and value.tzinfo:
            fields[name] = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        elif value is not None:
            raise typer.BadParameter(f"{name} has to be an instant, such as 2026-12-01T09:30:00+01:00")
    return fields


def _print_result(breach: dict[str, Any]) -> None:
    emit(breach, breach_line(breach))


def breach_line(one: Row) -> str:
    """Return the status of a breach in one line, with its open duties."""
    duties = ", ".join(one["open_duties"])
    needs = f"  needs: {duties}" if duties else ""
    return f"{one['id']}  {one['status']}  version {one['version']}{needs}"


def audience(one: Row) -> str:
    """Return the accounts that are notified, as the assessment says."""
    match one.get("audience"):
        case "all":
            return "all accounts"
        case "country":
            return f"all accounts that declared {one.get('country', 'the country')}"
        case "listed":
            return "the listed accounts"
        case _:
            return "no account, since no approved assessment names an audience"


def listed(breaches: list[Row]) -> Table:
    """Return a table with one row per breach."""
    table = Table(title=f"{len(breaches)} breaches")
    table.add_column("breach", no_wrap=True)
    for name in ("status", "discovered", "risk", "hours left", "needs"):
        table.add_column(name)
    for one in breaches:
        left = [clock["hours_left"] for clock in one["clocks"] if "hours_left" in clock]
        table.add_row(
            one["id"],
            one["status"],
            one["discovered_at"],
            one.get("risk", ""),
            str(min(left)) if left else "",
            ", ".join(one["open_duties"]),
        )
    return table


def whole(one: Row) -> Iterator[Table]:
    """Return all tables about one breach."""
    one = tables.with_names(one, one["staff"])
    yield _pairs(one["id"], one, _FACTS)
    yield _deadlines(one["clocks"])
    for fact in one["facts"]:
        yield _pairs(f"finding {fact['number']}", fact, _FINDING)
    for title in ("proposal", "assessments", "reports", "conclusions"):
        for part in _parts(one.get(title)):
            yield _pairs(title, part, tuple(part))
    yield _pairs("notices to people", one["notices"], tuple(one["notices"]))
    yield tables.evidence_table(one.get("evidence"), "ledger verify")


def _parts(found: Row | list[Row] | None) -> list[Row]:
    return found if isinstance(found, list) else [found] if found else []


def _deadlines(clocks: list[Row]) -> Table:
    table = Table(
        "country", "authority", "rule", "due", "notified", "follow-up due", "hours left", title="authorities"
    )
    for one in clocks:
        texts = (one.get(name, "") for name in ("notified_at", "follow_up_due_at", "hours_left"))
        table.add_row(
            one["country"],
            f"{one['authority']}, {one['url']}",
            one["rule"],
            one["due_at"],
            *map(str, texts),
        )
    return table


def _pairs(title: str, fields: Row, names: tuple[str, ...]) -> Table:
    table = Table(show_header=False, title=title)
    for name in names:
        if name in fields and fields[name] not in ([], None):
            value = fields[name]
            table.add_row(name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
    return table
