"""`python -m infra.ops breach`: the operators' commands for breaches of personal data.

Each command calls the internal API, as those of `infra.ops.cases.requests` do. No command writes to an
authority: the operator uses its form, and then records that with `notify-authority`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from chalicelib.core.batches import batched
from chalicelib.core.languages import Language
from chalicelib.operations.breaches.clocks import HOME
from infra.ops.cases import breach_form, breach_preview, tables
from infra.ops.cases.tables import Case
from infra.ops.cases.written_language import OF_LETTERS, OtherLanguage, confirm_language
from infra.ops.internal_api import InternalApi, api_command
from infra.ops.operator_console import confirm_unless, emit, note
from infra.ops.options import FILE, After, DryRun, FieldsFile, RecordedBreach, Version, Yes, read_toml
from infra.ops.refused import refuse_unwritable

app = typer.Typer(
    name="breach", help="Breaches of personal data: open, add, assess, notify, close, list, show."
)
_ALL = "/breaches"
_IDS_AT_ONCE = 300  # of one call
_USER = re.compile(r"u_[0-9a-z]+")

_FACTS = (
    "status", "discovered_at", "opened_at", "opened_by", "risk", "audience", "country", "lists",
    "notices_from", "notices_done_at", "closed_at", "version",
)  # fmt: skip
_NOTIFIED = {
    "unlikely": "no authority and no person is notified, unless Regulation 611/2013 demands it",
    "risk": "the authorities are notified",
    "high": "the authorities and the people affected are notified",
    "high_exempt": "only the authorities are notified: a condition of Art. 34(3) GDPR is met",
}
_FINDING = (
    "number", "found_at", "found_by", "what", "categories", "people", "people_count", "record_count",
    "consequences", "measures", "countries",
)  # fmt: skip


@api_command(app, "list")
def list_all(api: InternalApi) -> None:
    """List all breaches, open ones first."""
    tables.print_list(api, _ALL, LISTED)


@api_command(app)
def show(api: InternalApi, breach: RecordedBreach) -> None:
    """Show one breach with its findings, deadlines and evidence, and the version to approve."""
    found = api.call("GET", f"{_ALL}/{breach}")
    emit(found, *whole(found))


@api_command(app, "open")
def open_breach(api: InternalApi, text_file: FieldsFile) -> None:
    """Record a breach. The deadlines of authorities run from `discovered_at`."""
    _print_result(api.call("POST", _ALL, _with_instants(text_file)))


@api_command(app)
def add(api: InternalApi, breach: RecordedBreach, text_file: FieldsFile) -> None:
    """Add facts that were found later. A closed breach is open again."""
    _print_result(api.call("POST", f"{_ALL}/{breach}/facts", read_toml(text_file, ())))


@api_command(app)
def add_affected(
    api: InternalApi,
    breach: RecordedBreach,
    ids_file: Annotated[
        Path, typer.Option(**FILE, help="file with user ids, u_..., separated by white space")
    ],
) -> None:
    """Add users whom the breach affects."""
    ids = sorted(set(ids_file.read_text(encoding="utf-8").split()))
    if not ids or not all(_USER.fullmatch(one) for one in ids):
        raise typer.BadParameter("the file has to list user ids, u_...")
    for some in batched(ids, _IDS_AT_ONCE):
        _print_result(api.call("POST", f"{_ALL}/{breach}/affected", {"user_ids": some}))


@api_command(app)
def notify_authority(api: InternalApi, breach: RecordedBreach, text_file: FieldsFile) -> None:
    """Record that an authority was notified: country, when, its reference, reasons if it is late."""
    body = _with_instants(text_file)
    _print_result(api.call("POST", f"{_ALL}/{breach}/notifications", body))


@api_command(app)
def decide(
    api: InternalApi, breach: RecordedBreach, text_file: FieldsFile, *, other_language: OtherLanguage = False
) -> None:
    """Propose the assessment of the risk, with reasons, and with audience and texts if it is high."""
    body = read_toml(text_file, ())
    texts = body.get("texts")
    for key, language in OF_LETTERS.items():
        said = texts.get(key) if isinstance(texts, dict) else None
        if isinstance(said, dict):  # the API refuses any other
            text = " ".join(map(str, said.values()))
            confirm_language(language, text, f"`texts.{key}`", yes=other_language)
    _print_result(api.call("PUT", f"{_ALL}/{breach}/assessment", body))


@api_command(app)
def withdraw(api: InternalApi, breach: RecordedBreach) -> None:
    """Withdraw a proposed assessment."""
    _print_result(api.call("DELETE", f"{_ALL}/{breach}/assessment"))


@api_command(app)
def approve(api: InternalApi, breach: RecordedBreach, version: Version) -> None:
    """Approve the assessment of another operator."""
    path = f"{_ALL}/{breach}/assessment/approval"
    _print_result(api.call("POST", path, etag=f'"{version}"'))


@api_command(app)
def notify_subjects(
    api: InternalApi,
    breach: RecordedBreach,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    after: After = None,
    out: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="with --dry-run: folder for the mail of each language, to open"),
    ] = None,
) -> None:
    """Begin to notify the people affected, as the approved assessment says. It cannot be stopped.

    The dry run shows the notice in each language as its readers get it, and counts them.
    """
    found = api.call("GET", f"{_ALL}/{breach}")
    if dry_run:
        newest = breach_preview.newest_of(found)
        seen = breach_preview.read(api, f"{_ALL}/{breach}/notices", after) if "texts" in newest else {}
        emit({**newest, **seen}, f"Would notify: {audience(newest)}", *breach_preview.shown(seen, newest))
        if seen and out:
            note(breach_preview.write(seen, out))
        return
    confirm_unless(yes, f"Notify {audience(found)} of {breach}? The texts are then final.")
    _print_result(api.call("POST", f"{_ALL}/{breach}/notices"))


@api_command(app)
def form(
    api: InternalApi,
    breach: RecordedBreach,
    out: Annotated[Path, typer.Option(dir_okay=False, help="HTML file to write; it must not exist")],
    country: Annotated[str, typer.Option(help="whose authority gets it, such as DE")] = HOME,
    language: Annotated[
        Language, typer.Option(help="of the document; texts stay as you wrote them")
    ] = Language.SERBIAN_LATIN,
) -> None:
    """Write the notification of an authority as a document: what is known, and what is not known yet."""
    refuse_unwritable(out)
    found = api.call("GET", f"{_ALL}/{breach}")
    if all(one["country"] != country for one in found["clocks"]):
        raise typer.BadParameter(f"{breach} does not concern {country}; add the country by a finding first")
    out.write_text(breach_form.document(found, country, language), encoding="utf-8")
    missing = breach_form.missing(found)
    said = f"The form is in {out}. Not known yet: {', '.join(missing) or 'nothing'}."
    emit({"file": str(out), "missing": missing}, said)


@api_command(app)
def close(
    api: InternalApi,
    breach: RecordedBreach,
    text_file: Annotated[Path, typer.Option(**FILE, help="file with the conclusion; not an option")],
) -> None:
    """Close a breach without an open duty."""
    body = {"conclusion": text_file.read_text(encoding="utf-8")}
    _print_result(api.call("POST", f"{_ALL}/{breach}/closing", body))


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


def _print_result(one: Case) -> None:
    duties = ", ".join(one["open_duties"])
    needs = f"  needs: {duties}" if duties else ""
    emit(one, f"{one['id']}  {one['status']}  version {one['version']}{needs}")


def audience(one: Case) -> str:
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


def _listed(one: Case) -> Sequence[object]:
    left = min((clock["hours_left"] for clock in one["clocks"] if "hours_left" in clock), default="")
    duties = ", ".join(one["open_duties"])
    return one["id"], one["status"], one["discovered_at"], one.get("risk", ""), left, duties


def whole(one: Case) -> Iterator[Table]:
    """Return all tables about one breach."""
    one = tables.with_names(one, one["staff"])
    yield tables.facts(one["id"], tables.fields_of(one, *_FACTS))
    yield _deadlines(one["clocks"])
    for fact in one["facts"]:
        yield tables.facts(f"finding {fact['number']}", tables.fields_of(fact, *_FINDING))
    for title, assessments in (("proposal", [one.get("proposal")]), ("assessment", one["assessments"])):
        for part in filter(None, assessments):
            yield tables.facts(title, _assessment(part, one["id"]))
    for title in ("reports", "conclusions"):
        for part in one[title]:
            yield tables.facts(title, part.items())
    yield tables.facts("notices to people", one["notices"].items())
    yield tables.evidence_table(one.get("evidence"), "ledger verify")


def _assessment(one: Case, breach: str) -> Iterator[tuple[str, object]]:
    """Yield what an assessment says, in words."""
    yield "risk", f"{one['risk']}: {_NOTIFIED[one['risk']]}"
    yield "reasons", one["reasons"]
    if "audience" in one:
        yield "people to notify", audience(one)
    for key, name in (("en", "English"), ("sr", "Serbian")):
        for part, text in one.get("texts", {}).get(key, {}).items():
            yield f"{part}, in {name}", text
    if "rendering" in one:
        yield "SHA-256 of the notice", one["rendering"]
        yield "look at the notice", f"ops breach notify-subjects {breach} --dry-run"
    yield "proposed", f"by {one['proposed_by']} at {one['proposed_at']}"
    approved = "approved_by" in one
    yield "approved", f"by {one['approved_by']} at {one['approved_at']}" if approved else "not yet"


def _deadlines(clocks: list[Case]) -> Table:
    columns = ("country", "authority", "rule", "due", "notified", "follow-up due", "hours left")
    return tables.table_of("authorities", columns, map(_deadline, clocks))


def _deadline(one: Case) -> Sequence[object]:
    authority = f"{one['authority']}, {one['url']}"
    later = (one.get(name, "") for name in ("notified_at", "follow_up_due_at", "hours_left"))
    return one["country"], authority, one["rule"], one["due_at"], *later


LISTED = tables.CaseList(
    "breaches", ("breach", "status", "discovered", "risk", "hours left", "needs"), _listed
)
