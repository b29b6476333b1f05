"""Tables for a terminal: what all of them share, and those of rights requests.

Those print only ids, our own words, and the text of a decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from rich.table import Table

from chalicelib.core import clock
from chalicelib.operations.inbox.model import Needed
from chalicelib.rights.answers.words import REASONS
from chalicelib.rights.request.deadline import ExtensionReason
from infra.ops.internal_api import InternalApi, emit_listing, read_list

Case = dict[str, Any]


def line(case: Case) -> str:
    """Return the status of a request in one line."""
    named, state = f"{case['rights_request_id']}  {case['right']}", f"{case['status']}  due {case['due_at']}"
    return f"{named}  {state}  version {case['version']}"


def table_of(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table with a line per item; its first column, an id, stays whole."""
    table = Table(*columns, title=title)
    table.columns[0].no_wrap = True
    for row in rows:
        table.add_row(*map(str, row))
    return table


def print_list(
    api: InternalApi,
    path: str,
    what: str,
    columns: Sequence[str],
    row: Callable[[Case], Sequence[object]],
    counted: str = "",
) -> None:
    """Read a list from the API, and print it under the number of items, called `counted` or `what`."""
    found = read_list(api, path)
    title = f"{len(found.items)} {counted or what}"
    emit_listing(found, what, table_of(title, columns, map(row, found.items)))


def facts(title: str, fields: Iterable[tuple[str, object]]) -> Table:
    """Return a table of the fields of one item that have a value."""
    table = Table(show_header=False, title=title)
    for name, value in fields:
        if value not in ([], None):
            table.add_row(name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
    return table


def fields_of(item: Case, *names: str) -> Iterator[tuple[str, object]]:
    """Yield some fields of an item, for `facts`."""
    return ((name, item.get(name)) for name in names)


def open_request(case: Case) -> Sequence[object]:
    """Return the row of an open request."""
    due = last_day(case.get("act_by") or case["due_at"])
    left = (due - clock.day_of(clock.now())).days
    return case["rights_request_id"], case["right"], case["status"], due, left, _needed_action(case)


def last_day(due_at: str) -> date:
    """Return the last day, in Belgrade, on which something that is due at an instant is in time."""
    return clock.day_of(datetime.fromisoformat(due_at) - _A_SECOND)


def due_words(due_at: str) -> str:
    """Return when something is due, in Belgrade: `Thu 2026-12-03, today`; the hour, unless a day is whole."""
    due, now, day = datetime.fromisoformat(due_at), clock.now(), last_day(due_at)
    is_whole = due >= clock.beginning_of(day + timedelta(days=1)) - _A_SECOND
    words = f"{day:%a %F}" if is_whole else f"{due.astimezone(clock.ZONE):%a %F %H:%M}"
    days = (clock.day_of(now) - day).days
    if due < now:
        return f"{words}, late by {days} days" if days > 1 else f"{words}, late"
    return words if days else f"{words}, today"


def whole(case: Case) -> Iterator[Table]:
    """Return all tables about one request."""
    case = with_names(case, case["staff"])
    yield facts(case["rights_request_id"], _facts(case))
    yield steps(case)
    yield evidence_table(case.get("evidence"), "rights verify")


def steps(case: Case) -> Table:
    """Return a table of the steps of a request."""
    rows = (
        (one["name"], one["status"], one.get("changed_at", ""), one.get("why", "")) for one in case["steps"]
    )
    return table_of("steps", ("step", "status", "since", "why"), rows)


def recipients(found: list[dict[str, Any]]) -> Table:
    """Return a table of the recipients of a request; what is secret must not be disclosed to the subject."""
    columns = ("", "recipient", "outcome", "notified", "why", "secret until")
    return table_of("recipients", columns, map(_recipient, found))


def _recipient(one: Case) -> Sequence[object]:
    day, why, secret = one.get("notified_at", "")[:10], one.get("why", ""), one.get("secret_until", "")
    return one["number"], one["name"], one["outcome"], day, why, secret


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


_A_SECOND = timedelta(seconds=1)
_LABEL = "Reason: "  # the first word of the texts for subjects
_WORDS = {
    **{reason.value: words["en"].removeprefix(_LABEL).rstrip(".") for reason, words in REASONS.items()},
    ExtensionReason.COMPLEXITY.value: "the request is complex",
    ExtensionReason.HIGH_VOLUME.value: "there are many requests",
}


def _needed_action(case: Case) -> str:
    """Return what an operator must do first, or "" while the engine works on the request."""
    return next((one.plainly for one in Needed if one == case.get("needs")), "")


_FIELDS = (
    "right", "status", "user_id", "language", "received_by", "received_at", "due_at", "days_left", "version",
)  # fmt: skip


def _facts(case: Case) -> Iterator[tuple[str, object]]:
    yield from fields_of(case, *_FIELDS)
    if needed := _needed_action(case):
        yield "needs", f"{needed} by {due_words(case['act_by'])}"
    yield from _of_subject(case)
    yield from fields_of(case, "unwarned_until", "voided_at")
    yield "deadline", "paused" if case["clock_stands_still"] else "running"
    if extended := case.get("extended"):
        yield "extended", f"until {extended['due_at']}: {with_words(extended['reason'])}"
    yield (
        "next step",
        f"{case.get('runs_at', 'not scheduled')}, after {case['tries']} tries without an outcome",
    )
    if silent := case.get("unreachable_since"):
        yield "waits for", f"a service that has not responded since {silent}"
    yield "missing", ", ".join(case["missing"]) or "nothing"
    if asked := case.get("correction"):
        for name, value in asked["changes"].items():
            yield f"change of {name}", f"{value} ({_way_of(asked, name)})"
    yield "reason of the subject", case.get("reason")
    if proposal := case.get("proposal"):
        why = f" ({with_words(proposal['reason'])})" if "reason" in proposal else ""
        yield "proposed", f"{proposal['status']}{why} by {proposal['by']} at {proposal['at']}"
        yield "text", proposal.get("text", "")
        yield "approved by", proposal.get("approved_by", "not yet approved")
    elif decision := case.get("decision"):
        yield "decided", f"{decision['outcome']} at {case['decided_at']}"
        yield "text", decision["text"]


def _way_of(asked: dict[str, Any], name: str) -> str:
    """Return when a field is corrected, or what operators propose for it."""
    for fields, when in (("applied", "request"), ("deferred", "answer")):
        if name in asked.get(fields, ()):
            return f"corrected with the {when}"
    return f"proposed: {(asked.get('proposed') or {}).get(name, 'nothing so far')}"


def _of_subject(case: Case) -> Iterator[tuple[str, object]]:
    """Yield what is known of the subject's account, representative and identity."""
    if case["without_account"]:
        yield "account", "none has the contact of this request"
    if behalf := case.get("on_behalf"):
        seen = case["authority"]
        read = f"{seen['kind']}, read by {seen['seen_by']} on {seen['seen_on']}"
        yield "on behalf", f"{behalf}: {read}, file {seen.get('reference', 'not recorded')}"
    if identity := case.get("identity"):
        proofs = ", ".join(identity["proofs"]) or "none"
        yield "proofs", f"{proofs}; without further proof refused on {identity['refused_at'][:10]}"
    if case["status"] == "awaiting_verification" and any(step["name"] == "warn" for step in case["steps"]):
        checked = case.get("identity_checked_by", "no operator yet")
        yield "identity", f"checked by {checked}; two operators have to check it"


def evidence_table(entries: list[dict[str, Any]] | None, command: str) -> Table:
    """Return a table of evidence; if it cannot be read, the command that verifies it."""
    if entries is None:
        return Table(title=f"The evidence was altered or cannot be read: run `{command}`", show_header=False)
    return table_of("evidence, newest first", ("", "at", "event", "data"), map(_entry, entries))


def _entry(one: dict[str, Any]) -> Sequence[object]:
    data = ", ".join(f"{name}={with_words(value)}" for name, value in sorted(one["said"].items()))
    return one["seq"], one["at"], one["event"], data
