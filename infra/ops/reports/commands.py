"""`python -m infra.ops report`: the regulator pack, and the figures of a year (ADR 53)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from chalicelib.core import clock, settings
from chalicelib.core.ids import ReportId
from chalicelib.core.languages import Language
from chalicelib.core.markup import Html
from chalicelib.operations.reports import page
from chalicelib.operations.reports.figures import BREACHES, Published, YearCounts, YearFigures, as_json
from chalicelib.operations.reports.hidden_cells import TOTAL
from chalicelib.rights.complaints.model import Complainant
from chalicelib.rights.request.terms import ReceivedBy, Right, Status
from chalicelib.site.pages import year as site_year
from chalicelib.staff.disclosures.model import DisclosureGround, DisclosureStatus
from infra.deployment.account import AwsAccount
from infra.ops.commands import DeployedStage, stage_command
from infra.ops.internal_api import InternalApi, api_command
from infra.ops.operator_console import complain, emit
from infra.ops.options import FILE, Endpoint, Region
from infra.ops.refused import NOT_IN_ORDER, CommandRefused, FileRefused, refuse_unwritable
from infra.ops.reports import archive, cover
from infra.ops.reports import evidence as report_proof
from infra.ops.reports import pack as report_pack
from infra.ops.reports.reader import ReportReader

app = typer.Typer(name="report", help="Reports: the regulator pack, and the figures of a year.")

_FIRST_YEAR = 2024  # of the first privacy policy

_HIDDEN = "-"
_EXACT = (
    "A count below ten may be about people whom others recognise. `report year` without --exact hides it."
)

_Out = Annotated[Path, typer.Option(dir_okay=False, help="file to write; it must not exist")]
_DAY = "%Y-%m-%d"
_DAY_HELP = "day in Belgrade's zone, such as 2026-11-01"
_GROUNDS = {str(ground): ground for ground in DisclosureGround}


class NoSuchYear(CommandRefused):
    """There are no figures of this year."""


@stage_command(app)
def pack(
    deployed: DeployedStage,
    first: Annotated[datetime, typer.Option("--from", formats=[_DAY], help=_DAY_HELP)],
    last: Annotated[datetime, typer.Option("--to", formats=[_DAY], help=_DAY_HELP)],
    out: _Out,
    *,
    evidence: Annotated[
        int, typer.Option(min=1, max=100_000, help="most requests whose evidence in the Ledger is verified")
    ] = 1_000,
) -> None:
    """Write the regulator pack of a period, at most 366 days, to a ZIP with a manifest.

    Exit status 0: the pack is written. 3: it is written, and the Ledger has findings.
    """
    refuse_unwritable(out)
    with archive.writing(out) as writer:
        reader = ReportReader.begin(InternalApi.of(*deployed), first.date(), last.date(), complain.print)
        state = reader.state()
        seen = report_pack.add_files(writer, reader, state)
        reader.say_unreadable("The pack leaves them out, and says so.")
        complain.print(f"{len(seen.references)} requests read; now the Ledger is verified")
        ledger = report_proof.verified(*deployed, reader.since, reader.until, seen.references, evidence)
        writer.add_json(
            "ledger.json", "what was verified in the Ledger", ledger, ledger["chains"]["verified"]
        )
        facts, unreadable = _facts(reader, state), sum(map(len, reader.unreadable.values()))
        first_page = cover.page(facts, writer.files, writer.entries, ledger, unreadable)
        writer.add_cover(cover.PATH, cover.WHAT, first_page)
        sha256 = writer.finish(facts)
        reader.record_manifest(sha256)
    made = {
        "file": str(out),
        "report": reader.report_id,
        "requests": len(seen.references),
        "manifest_sha256": sha256,
        "findings": ledger["findings"],
    }
    emit(made, *lines_of_pack(made))
    sys.exit(NOT_IN_ORDER if ledger["findings"] else 0)


@app.command()
def prove(
    file: Annotated[Path, typer.Argument(**FILE, help="a regulator pack")],
    region: Region,
    out: _Out,
    *,
    endpoint: Endpoint = None,
) -> None:
    """Write the proof that a pack existed: the signature of the Ledger over its manifest.

    It is possible once a checkpoint covers the pack, up to two hours after it was made.
    """
    found = archive.verify(file)
    if found.faults or found.sha256 is None:
        raise FileRefused(f"{file.name} has faults. `ops report verify` names them.")
    refuse_unwritable(out)
    stage, report_id = _stage_of(found.manifest), _report_of(found.manifest)
    proof = report_proof.make(AwsAccount(region, endpoint), stage, report_id, found.sha256)
    out.write_text(archive.json_text(proof), encoding="utf-8")
    faults, facts = report_proof.check(proof, report_id, found.sha256)
    emit({"file": str(out), **facts, "faults": faults}, *lines_of_proof(out.name, faults, facts))
    sys.exit(NOT_IN_ORDER if faults else 0)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(**FILE, help="a regulator pack")],
    *,
    proof: Annotated[Path | None, typer.Option(**FILE, help="its proof, as `prove` wrote it")] = None,
) -> None:
    """Compare a pack with its manifest, and with its proof; print each fault in one line. Needs no account.

    Exit status 0: no fault. 3: faults.
    """
    found = archive.verify(file)
    faults = list(found.faults)
    facts: dict[str, object] = {"manifest_sha256": found.sha256}
    if proof and found.sha256 and found.manifest:
        more, proven = report_proof.check(_json_in(proof), _report_of(found.manifest), found.sha256)
        faults, facts = faults + more, facts | proven
    emit({"faults": faults, **facts}, *lines_of_verification(file.name, faults, facts))
    sys.exit(NOT_IN_ORDER if faults else 0)


@api_command(app)
def year(
    api: InternalApi,
    of: Annotated[int, typer.Argument(metavar="YEAR", min=_FIRST_YEAR, max=9998)],
    *,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="HTML file to write; it must not exist")
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="hide no figure; such figures are not for publication")
    ] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="write them beside the code, for the site; commit the files")
    ] = False,
) -> None:
    """Print the figures of a year as they may be published, or write them as a page or for the site.

    No figure is about fewer than ten, and none can be computed from the others; --exact prints them all.
    """
    today = clock.day_of(clock.now())
    if of > today.year:
        raise NoSuchYear(f"{of} has not begun. Choose {today.year} or an earlier year.")
    if (out or publish) and exact:
        raise FileRefused("The page is for the public. Leave out --exact, --out and --publish.")
    if publish and of == today.year:
        raise NoSuchYear(f"{of} is not over, so its figures change. Publish it next year.")
    if publish:
        site_year.FOLDER.mkdir(exist_ok=True)
    published = {site_year.file_of(of, language): language for language in Language} if publish else {}
    for file in filter(None, (out, *published)):
        refuse_unwritable(file)
    counts, last = counts_of(api, of, today)
    if exact:
        figures = counts.exact(of, last, today)
        emit(json_of_exact_year(figures), *tables_of_exact_year(figures))
        return
    figures = counts.publish(of, last, today)
    if out:
        out.write_text(page.page(figures), encoding="utf-8")
    for file, language in published.items():
        said = Html().join(page.part(figures, page.phrasebook(language)))
        file.write_text(f"{said}\n", encoding="utf-8")
    written = [f"The figures are in {file}." for file in (out, *published) if file]
    emit(as_json(figures), *(written or tables_of_year(figures)))


def lines_of_pack(made: Mapping[str, Any]) -> Iterator[str]:
    """Return the lines about a pack."""
    yield f"{made['file']}: {made['requests']} requests, report {made['report']}"
    yield f"SHA-256 of its manifest, which the Ledger has: {made['manifest_sha256']}"
    findings = made["findings"]
    yield "The Ledger has no findings." if not findings else f"The Ledger has {len(findings)} findings:"
    yield from (f"  {finding}" for finding in findings)


def lines_of_verification(name: str, faults: Sequence[str], facts: Mapping[str, Any]) -> Iterator[str]:
    """Return the lines about a verified pack: its faults, or that there are none."""
    yield from faults
    if not faults:
        yield f"{name}: no fault. SHA-256 of its manifest: {facts['manifest_sha256']}"
        if "key" in facts:
            yield _proven(facts)


def lines_of_proof(name: str, faults: Sequence[str], facts: Mapping[str, Any]) -> Iterator[str]:
    """Return the lines about a proof that was written."""
    yield from faults
    if not faults:
        yield f"{name}: {_proven(facts)}"


def _proven(facts: Mapping[str, Any]) -> str:
    return (
        f"It existed by {facts['existed_by']}: checkpoint {facts['checkpoint']}, signed by the key "
        f"{facts['key']}. Compare this key with the one that the controller gave you."
    )


def tables_of_year(figures: YearFigures) -> Iterator[Table | str]:
    """Return the tables of a year as they may be published."""
    yield f"{_covered(figures)}. {_HIDDEN}: not published, see docs/operations.md."
    yield from _tables(figures)


def json_of_exact_year(figures: YearFigures) -> dict[str, object]:
    """The exact figures for programs; the first name says that they are not for publication."""
    shown = {name: value for name, value in as_json(figures).items() if name != "not_published"}
    return {"not_for_publication": _EXACT, **shown}


def tables_of_exact_year(figures: YearFigures) -> Iterator[Table | str]:
    """Return the tables of a year for the officer, of which no figure is hidden."""
    yield f"NOT FOR PUBLICATION: exact figures of {_covered(figures)}."
    yield _EXACT
    yield from _tables(figures)


def _covered(figures: YearFigures) -> str:
    return f"{figures.year}" if figures.is_whole else f"{figures.year}, up to {figures.last}"


def _tables(figures: YearFigures) -> Iterator[Table]:
    yield _table("right", figures.requests)
    days = Table("right", "median days", "mean days", box=box.SIMPLE)
    for name, of in figures.days.items():
        days.add_row(str(name), *(_HIDDEN if one is None else f"{one:g}" for one in (of.median, of.mean)))
    yield days
    yield _table("complaint of", figures.complaints)
    yield _table("ground of a disclosure", figures.disclosures)
    yield _table("", {cell: count for cell, count in figures.breaches.items() if cell[0] == BREACHES})


def _table(head: str, cells: Published) -> Table:
    rows, columns = (tuple(dict.fromkeys(str(cell[place]) for cell in cells)) for place in (0, 1))
    ordered = (TOTAL, *(column for column in columns if column != TOTAL))
    names = {(str(row), str(column)): count for (row, column), count in cells.items()}
    table = Table(head, *ordered, box=box.SIMPLE)
    for row in rows:
        counts = (names[row, column] for column in ordered)
        table.add_row(row, *(_HIDDEN if count is None else f"{count:,}" for count in counts))
    return table


def counts_of(api: InternalApi, of: int, today: date) -> tuple[YearCounts, date]:
    """Return the counts of a year, and the last day that they cover."""
    last = min(date(of, 12, 31), today)
    reader, counts = ReportReader.begin(api, date(of, 1, 1), last, complain.print), YearCounts()
    for one in reader.requests():
        counts.add_request(
            Right(one["right"]),
            ReceivedBy(one["received_by"]),
            Status(one["status"]),
            _day_of(one["received_at"]),
            _day_of(one["answered_at"]) if "answered_at" in one else None,
        )
    for one in reader.complaints():
        counts.add_complaint(Complainant(one["complainant"]), one.get("outcome"))
    for one in reader.disclosures():
        ground, status = _GROUNDS[one["ground"]], DisclosureStatus(one["status"])
        counts.add_disclosure(ground, status, given="disclosed_at" in one)
    for one in reader.breaches():
        if reader.since <= datetime.fromisoformat(one["discovered_at"]) < reader.until:
            notified = any("notified_at" in clock_of for clock_of in one["clocks"])
            counts.add_breach(authority=notified, people="notices_done_at" in one)
    reader.say_unreadable("They do not count.")
    return counts, last


def _facts(reader: ReportReader, state: Mapping[str, Any]) -> dict[str, object]:
    return {
        "stage": state["stage"],
        "version": state["version"],
        "controller": state["record_of_processing"]["controller"]["name"],
        "report": reader.report_id,
        "period": {
            "first": reader.first.isoformat(),
            "last": reader.last.isoformat(),
            "zone": clock.ZONE.key,
        },
        "made_at": clock.to_text(clock.now()),
    }


def _stage_of(manifest: Mapping[str, Any]) -> str:
    """Return the stage in a manifest, which becomes part of the names of resources."""
    stage = str(manifest.get("stage"))
    if stage not in set(settings.Stage):
        raise FileRefused("The manifest names no stage.")
    return stage


def _report_of(manifest: Mapping[str, Any]) -> str:
    """Return the id of the report in a manifest, which becomes part of the name of a chain."""
    report_id = ReportId.parse(str(manifest.get("report")))
    if report_id is None:
        raise FileRefused("The manifest names no report.")
    return report_id


def _json_in(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def _day_of(instant: str) -> date:
    return clock.day_of(datetime.fromisoformat(instant))
