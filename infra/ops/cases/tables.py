"""Rights requests as tables for a terminal.

Prints only ids, our own words, and the text of a decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from chalicelib.rights.answers.reason_words import REASONS
from chalicelib.rights.request.deadline import ExtensionReason

Case = dict[str, Any]


def line(case: Case) -> str:
    """Return the status of a request in one line."""
    return f"{case['id']}  {case['right']}  {case['status']}  due {case['due_at']}  version {case['version']}"


def listed(cases: list[Case]) -> Table:
    """Return a table with one row per request."""
    table = Table(title=f"{len(cases)} open")
    table.add_column("request", no_wrap=True)
    for name in ("right", "status", "due", "days left", "needs"):
        table.add_column(name)
    for case in cases:
        due, left = case["due_at"][:10], str(case["days_left"])
        table.add_row(case["id"], case["right"], case["status"], due, left, _needed_action(case))
    return table


def whole(case: Case) -> Iterator[Table]:
    """Return all tables about one request."""
    case = with_names(case, case["staff"])
    yield _facts(case)
    yield steps(case)
    yield evidence_table(case.get("evidence"), "rights verify")


def steps(case: Case) -> Table:
    """Return a table of the steps of a request."""
    table = Table("step", "status", "since", "why", title="steps")
    for step in case["steps"]:
        table.add_row(step["name"], step["status"], step.get("at", ""), step.get("why", ""))
    return table


def recipients(found: list[dict[str, Any]]) -> Table:
    """Return a table of the recipients of a request; what is secret must not be disclosed to the subject."""
    table = Table("", "recipient", "outcome", "notified", "why", "secret until", title="recipients")
    for one in found:
        day = one.get("notified_at", "")[:10]
        secret = one.get("secret_until", "")
        table.add_row(str(one["number"]), one["name"], one["outcome"], day, one.get("why", ""), secret)
    return table


def with_names(value: Any, staff: dict[str, str]) -> Any:  # noqa: ANN401 - a value of JSON
    """Replace the pseudonyms of staff with their ARNs."""
    match value:
        case str():
            return staff.get(value, value)
        case dict():
            return {name: with_names(inner, staff) for name, inner in value.items()}
        case list():
            return [with_names(inner, staff) for inner in value]
        case _:
            return value


def with_words(value: object) -> object:
    """Return a reason with its plain words, such as `A16Accurate: we checked the data ...`; others as is."""
    words = _WORDS.get(value) if isinstance(value, str) else None
    return f"{value}: {words}" if words else value


_LABEL = "Reason: "  # the first word of the texts for subjects
_WORDS = {
    **{reason.value: words["en"].removeprefix(_LABEL).rstrip(".") for reason, words in REASONS.items()},
    ExtensionReason.COMPLEXITY.value: "the request is complex",
    ExtensionReason.HIGH_VOLUME.value: "there are many requests",
}


def _needed_action(case: Case) -> str:
    """Return the action that an operator must take, or "" while the engine works on the request."""
    if case.get("proposal"):
        return "approval"
    if case["status"] == "awaiting_verification":
        return "proof of identity"
    stopped = [step["name"] for step in case["steps"] if step["status"] == "stopped"]
    if stopped:
        return f"a retry of {stopped[0]}"
    return "" if case.get("runs_at") else "a decision"


def _facts(case: Case) -> Table:
    table = Table(show_header=False, title=case["id"])
    for name in (
        "right",
        "status",
        "user_id",
        "language",
        "received_by",
        "received_at",
        "due_at",
        "days_left",
        "version",
    ):
        if name in case:
            table.add_row(name, str(case[name]))
    _add_subject(table, case)
    table.add_row("deadline", "paused" if case["clock_stands_still"] else "running")
    if extended := case.get("extended"):
        table.add_row("extended", f"until {extended['until']}: {with_words(extended['reason'])}")
    table.add_row(
        "next step", f"{case.get('runs_at', 'not scheduled')}, after {case['tries']} tries without an outcome"
    )
    if silent := case.get("unreachable_since"):
        table.add_row("waits for", f"a service that has not responded since {silent}")
    table.add_row("missing", ", ".join(case["missing"]) or "nothing")
    if asked := case.get("correction"):
        for name, value in asked["changes"].items():
            table.add_row(f"change of {name}", f"{value} ({_way_of(asked, name)})")
    if reason := case.get("reason"):
        table.add_row("reason of the subject", reason)
    if proposal := case.get("proposal"):
        why = f" ({with_words(proposal['reason'])})" if "reason" in proposal else ""
        table.add_row("proposed", f"{proposal['status']}{why} by {proposal['by']} at {proposal['at']}")
        table.add_row("text", proposal.get("text", ""))
        table.add_row("approved by", proposal.get("approved_by", "not yet approved"))
    elif decision := case.get("decision"):
        table.add_row("decided", f"{decision['outcome']} at {case['decided_at']}")
        table.add_row("text", decision["text"])
    return table


def _way_of(asked: dict[str, Any], name: str) -> str:
    """Return when a field is corrected, or what operators propose for it."""
    for fields, when in (("applied", "request"), ("deferred", "answer")):
        if name in asked.get(fields, ()):
            return f"corrected with the {when}"
    return f"proposed: {(asked.get('proposed') or {}).get(name, 'nothing so far')}"


def _add_subject(table: Table, case: Case) -> None:
    """Add what is known of the subject's account, representative and identity."""
    if case["without_account"]:
        table.add_row("account", "none has the contact of this request")
    if behalf := case.get("on_behalf"):
        seen = case["authority"]
        table.add_row(
            "on behalf", f"{behalf}: {seen['kind']}, seen by {seen['seen_by']} on {seen['seen_on']}"
        )
    if identity := case.get("identity"):
        proofs = ", ".join(identity["proofs"]) or "none"
        table.add_row("proofs", f"{proofs}; refused without two on {identity['refused_at'][:10]}")
    if case["status"] == "awaiting_verification" and any(step["name"] == "warn" for step in case["steps"]):
        checked = case.get("identity_checked_by", "no operator yet")
        table.add_row("identity", f"checked by {checked}; two operators have to check it")


def evidence_table(entries: list[dict[str, Any]] | None, command: str) -> Table:
    """Return a table of evidence; if it cannot be read, the command that verifies it."""
    if entries is None:
        return Table(title=f"The evidence was altered or cannot be read: run `{command}`", show_header=False)
    table = Table("", "at", "event", "data", title="evidence, newest first")
    for entry in entries:
        data = ", ".join(f"{name}={with_words(value)}" for name, value in sorted(entry["said"].items()))
        table.add_row(str(entry["seq"]), entry["at"], entry["event"], data)
    return table
