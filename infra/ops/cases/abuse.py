"""`python -m infra.ops abuse`: reports of abuse, decisions about them, and appeals (ADR 115).

Each command calls the internal API, as those of `infra.ops.cases.requests` do. What a report quotes is shown
to you only because you decide about it: each look is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chalicelib.core.ids import AbuseReportId, DisclosureId, NumberObjectionId, SafetyDecisionId
from chalicelib.safety.model import AppealOutcome
from chalicelib.safety.numbers.model import LiftedBecause
from chalicelib.safety.reports.reported_files import opened
from infra.ops.cases import tables
from infra.ops.cases.tables import Case
from infra.ops.internal_api import CallRefused, InternalApi, api_command, download
from infra.ops.operator_console import emit
from infra.ops.options import FILE, FieldsFile, Version, checked, id_argument, read_toml

app = typer.Typer(name="abuse", help="Reports of abuse: list, show, decide, approve, answer appeals.")
_REPORTS, _DECISIONS, _OBJECTIONS = "/abuse-reports", "/safety-decisions", "/number-objections"
_OBJECTED = ("phone", "ground", "text", "received_at", "due_at", "lifted", "because", "reason", "version")
_FACTS = (
    "user_id", "reason", "reported_at", "due_at", "described", "text", "avatar", "conversation_id",
    "also_open", "decision_id", "version",
)  # fmt: skip
_OF_FILE = ("state", "kind", "size")
_DECIDED = (
    "user_id", "state", "rule", "measures", "days", "facts", "withheld", "report_ids", "proposed_by",
    "proposed_at", "approved_by", "decided_at", "carried_out", "act_by_at", "version",
)  # fmt: skip

Report = Annotated[str, id_argument(AbuseReportId, "report")]
Decision = Annotated[str, id_argument(SafetyDecisionId, "decision")]
Objection = Annotated[str, id_argument(NumberObjectionId, "objection")]
ByDisclosure = Annotated[
    str,
    typer.Option(
        "--disclosure", help="id of the disclosure, d_...", callback=checked(DisclosureId, "disclosure")
    ),
]
NewFile = Annotated[Path, typer.Option(help="new file to write")]
Number = Annotated[int, typer.Option("--file", min=1, help="number of the file in the report")]
Outcome = Annotated[AppealOutcome, typer.Option()]
Answer = Annotated[
    Path, typer.Option("--text-file", **FILE, help="file with the answer, as the party reads it")
]


@api_command(app, "list")
def list_all(api: InternalApi) -> None:
    """List the reports: those that wait first, and of these the one that is due first."""
    tables.print_list(api, _REPORTS, LISTED)


@api_command(app)
def show(api: InternalApi, report: Report) -> None:
    """Show one report with what was copied, and its evidence."""
    found = api.call("GET", f"{_REPORTS}/{report}")
    emit(found, *whole(found))


@api_command(app)
def file(api: InternalApi, report: Report, which: Number, out: NewFile) -> None:
    """Save a file of a report, decrypted. A stranger sent it: open it only in a sandbox, then delete it."""
    found = api.call("GET", f"{_REPORTS}/{report}/files/{which}")
    _save(out, content_of(found))
    emit({"file": str(out), "kind": found["kind"]}, f"{out}  {found['kind']}  {found['size']} bytes")


@api_command(app)
def hand_over(
    api: InternalApi, report: Report, which: Number, disclosure: ByDisclosure, out: NewFile
) -> None:
    """Save the sealed bytes of a file, and its key beside them, for an authority. It decrypts nothing.

    Send the bytes and the key by two different ways.
    """
    body = {"disclosure_id": disclosure}
    found = api.call("POST", f"{_REPORTS}/{report}/files/{which}/handover", body)
    key = out.with_name(f"{out.name}.key")
    _save(key, f"{found['key']}\n{found['place']}\n".encode())
    _save(out, download(found["url"]))
    emit({"sealed": str(out), "key": str(key)}, f"{out}  sealed\n{key}  key and place")


def _save(to: Path, content: bytes) -> None:
    """Write a new file that only this user reads."""
    try:
        to.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise CallRefused(f"{to} exists: name a new file") from None
    to.write_bytes(content)


@api_command(app)
def decide(
    api: InternalApi,
    report: Annotated[list[str], typer.Option(help="id of a report, ar_...; up to 20 times")],
    text_file: FieldsFile,
) -> None:
    """Decide about reports: the file has rule, measures, facts and what is withheld (docs/operations.md)."""
    _print_result(api.call("POST", _DECISIONS, {"report_ids": report, **read_toml(text_file, ())}))


@api_command(app)
def name_user(
    api: InternalApi,
    report: Report,
    user: Annotated[
        str | None, typer.Option(help="id of the user, u_...; without it, the name is removed")
    ] = None,
) -> None:
    """Note which user a report from the site is about; then decide about it."""
    _print_report(api.call("POST", f"{_REPORTS}/{report}/user", {"user_id": user}))


@api_command(app)
def dismiss(api: InternalApi, report: Report) -> None:
    """Dismiss a report of a person without an account that is about no user who can be found."""
    _print_report(api.call("POST", f"{_REPORTS}/{report}/dismissal"))


@api_command(app)
def decisions(api: InternalApi) -> None:
    """List the decisions: those that wait for an operator first."""
    tables.print_list(api, _DECISIONS, DECISIONS)


@api_command(app)
def show_decision(api: InternalApi, safety_decision: Decision) -> None:
    """Show one decision with its evidence, and the version to approve."""
    found = api.call("GET", f"{_DECISIONS}/{safety_decision}")
    emit(found, *whole_decision(found))


@api_command(app)
def approve(api: InternalApi, safety_decision: Decision, version: Version) -> None:
    """Approve the decision of another operator: it takes effect now."""
    _print_result(api.call("POST", f"{_DECISIONS}/{safety_decision}/approval", etag=f'"{version}"'))


@api_command(app)
def withdraw(api: InternalApi, safety_decision: Decision) -> None:
    """Withdraw a decision that waits for its approval, your own or another operator's."""
    _print_result(api.call("POST", f"{_DECISIONS}/{safety_decision}/withdrawal"))


@api_command(app)
def answer(api: InternalApi, safety_decision: Decision, appeal: Outcome, text_file: Answer) -> None:
    """Answer the appeal of the person concerned. You took no part in the decision."""
    _print_result(api.call("POST", f"{_DECISIONS}/{safety_decision}/appeal", _answered(appeal, text_file)))


@api_command(app)
def answer_reporter(api: InternalApi, report: Report, appeal: Outcome, text_file: Answer) -> None:
    """Answer the appeal of a reporter. If it is upheld, another operator decides again within a day."""
    _print_report(api.call("POST", f"{_REPORTS}/{report}/appeal", _answered(appeal, text_file)))


@api_command(app)
def numbers(api: InternalApi) -> None:
    """List the objections to bars of numbers: those that wait first."""
    tables.print_list(api, _OBJECTIONS, OBJECTIONS)


@api_command(app)
def show_number(api: InternalApi, objection: Objection) -> None:
    """Show one objection with its number and its evidence."""
    found = api.call("GET", f"{_OBJECTIONS}/{objection}")
    emit(found, *whole_objection(found))


@api_command(app)
def answer_number(
    api: InternalApi,
    objection: Objection,
    text_file: Answer,
    because: Annotated[LiftedBecause | None, typer.Option(help="lifts the bar; without it, it stays")] = None,
) -> None:
    """Lift the bar of a number, or keep it. The file has the reference of what was shown, or the reason."""
    body = {"reason": text_file.read_text(encoding="utf-8")} | ({"because": because} if because else {})
    found = api.call("POST", f"{_OBJECTIONS}/{objection}/answer", body)
    emit(found, f"{found['id']}  {'lifted' if found['lifted'] else 'kept'}  version {found['version']}")


def _answered(appeal: AppealOutcome, text_file: Path) -> Case:
    return {"outcome": appeal, "text": text_file.read_text(encoding="utf-8")}


def _print_report(one: Case) -> None:
    emit(one, f"{one['id']}  {'open' if one['open'] else 'settled'}  version {one['version']}")


def _print_result(one: Case) -> None:
    measures = ", ".join(one["measures"]) or "dismissed"
    emit(one, f"{one['id']}  {one['state']}  {measures}  version {one['version']}")


def _listed(one: Case) -> Sequence[object]:
    due = tables.due_words(one["due_at"]) if one["open"] else ""
    return one["id"], one["reason"], one.get("user_id") or "not named yet", due


def _listed_decision(one: Case) -> Sequence[object]:
    due = tables.due_words(one["act_by_at"]) if one.get("act_by_at") else ""
    return (
        one["id"],
        one["state"],
        ", ".join(one["measures"]) or "dismissed",
        one.get("user_id") or "a reporter",
        due,
    )


def whole(one: Case) -> Iterator[Table]:
    """Return all tables about one report."""
    one = tables.with_names(one, one["staff"])
    yield tables.facts(one["id"], (*tables.fields_of(one, *_FACTS), *_appeal(one)))
    columns = ("message", "state", "sent", "files", "text")
    rows = (
        (
            said["message_id"],
            said["state"],
            tables.local_day(said.get("sent_at")),
            said["files"],
            said.get("text"),
        )
        for said in one["messages"]
    )
    yield tables.table_of("Reported messages", columns, rows)
    listed = (
        [said["file_number"], _named(said), *(said.get(n, "") for n in _OF_FILE)] for said in one["files"]
    )
    yield tables.table_of("Files", ("file", "message", "state", "kind", "size"), listed)
    yield tables.evidence_table(one.get("evidence"), "ledger verify")


def whole_file(one: Case) -> Iterator[Table]:
    """Return the table about one file; link and key are for programs."""
    number, report = one["file_number"], one["abuse_report_id"]
    state = "never_shown" if one["never_shown"] else one["state"]
    known = (("report", report), ("message", _named(one)), *tables.fields_of(one, "kind", "size"))
    ways = _WAYS.get(state, "").format(report=report, number=number)
    yield tables.facts(f"File {number}", (*known, ("state", state), ("", ways)))


def _named(one: Case) -> str:
    return str(one.get("message_id") or "picture of the user")


_WAYS = {
    "waiting": "It is not fetched yet: look again in a few minutes.",
    "kept": "If it may show the sexual abuse of a child, close it, save nothing, and decide by the rule "
    "child_safety: from then on it is not shown. A type that is no picture is only saved: "
    "abuse file {report} --file {number} --out FILE",
    "not_available": "It was gone at Stream, is at another host, or could not be fetched within a day.",
    "too_large": "It has more than 25 MB, or all files of the report more than 100 MB.",
    "never_shown": "It may show the sexual abuse of a child. Decide by the texts. It leaves sealed, by an "
    "approved disclosure: abuse hand-over {report} --file {number} --disclosure DISCLOSURE --out FILE",
}


def content_of(found: Case) -> bytes:
    """Download a file of a report and open it, in memory (ADR 122).

    Raises:
        CallRefused: it may show the abuse of a child, was not kept, or its link is over.
        SealBroken: the stored bytes were altered.
    """
    if found["never_shown"]:
        raise CallRefused("it may show the abuse of a child: it leaves by a disclosure only")
    if "url" not in found:
        raise CallRefused(f"there is no copy of it: {found['state']}")
    return opened(download(found["url"]), found["place"], found["key"])


def whole_decision(one: Case) -> Iterator[Table]:
    """Return all tables about one decision."""
    one = tables.with_names(one, one["staff"])
    quoted = ((f"message {said['message_id']}", said["text"]) for said in one["messages"])
    yield tables.facts(one["id"], (*tables.fields_of(one, *_DECIDED), *quoted, *_appeal(one)))
    yield tables.evidence_table(one.get("evidence"), "ledger verify")


def _listed_objection(one: Case) -> Sequence[object]:
    due = tables.due_words(one["due_at"]) if one.get("lifted") is None else ""
    return one["id"], one["ground"], due


def whole_objection(one: Case) -> Iterator[Table]:
    """Return all tables about one objection."""
    one = tables.with_names(one, one["staff"])
    yield tables.facts(one["id"], tables.fields_of(one, *_OBJECTED))
    yield tables.evidence_table(one.get("evidence"), "ledger verify")


def _appeal(one: Case) -> Iterator[tuple[str, object]]:
    for name, value in (one.get("appeal") or {}).items():
        yield f"appeal: {name}", value


LISTED = tables.CaseList("reports of abuse", ("report", "reason", "about", "due"), _listed)
DECISIONS = tables.CaseList("decisions", ("decision", "state", "what", "about", "due"), _listed_decision)
OBJECTIONS = tables.CaseList("objections", ("objection", "ground", "due"), _listed_objection)
