"""Tables for a terminal: what all of them share, and those of rights requests.

Those print only ids, our own words, and the text of a decision.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from rich.table import Table

from chalicelib.core import clock
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.operations.inbox.model import Needed
from chalicelib.rights.answers.words import REASONS
from chalicelib.rights.request.deadline import ExtensionReason
from chalicelib.rights.request.waits import WaitReason
from infra.ops.internal_api import InternalApi, emit_listing, read_list

Case = dict[str, Any]


def line(case: Case) -> str:
    """Return the status of a request in one line."""
    named = f"{case['rights_request_id']}  {case['right']}  {case['status']}"
    return f"{named}  {deadline(case)}  version {case['version']}"


def deadline(case: Case) -> str:
    """Return when an answer is due; of a closed request, whose deadline is over, when it was closed."""
    if "closed_at" in case:
        return f"closed {local_time(case['closed_at'])}"
    return f"due {local_time(case['due_at'])}"


def local_time(instant: str | datetime) -> str:
    """Return an instant in Belgrade, such as `2026-12-03 14:00 CET`: the only form of times for operators."""
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return f"{at.astimezone(clock.ZONE):%F %H:%M %Z}"


def age(since: str) -> str:
    """Return how long ago an instant is, such as `2 d 3 h 7 min`, rounded down to minutes."""
    passed = clock.now() - datetime.fromisoformat(since)
    days, hours, minutes = passed // DAY, passed % DAY // HOUR, passed % HOUR // MINUTE
    parts = ((days, "d"), (hours, "h"), (minutes, "min"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 min"


def shown(value: object) -> str:
    """Return a value of a cell: an instant in Belgrade, the items of a list with commas between them."""
    match value:
        case list():
            return ", ".join(map(shown, value))
        case str() if _INSTANT.fullmatch(value):
            return local_time(value)
        case _:
            return str(value)


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def table_of(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table with a line per item; its first column, an id, stays whole."""
    table = Table(*columns, title=title)
    table.columns[0].no_wrap = True
    for row in rows:
        table.add_row(*map(shown, row))
    return table


@dataclass(frozen=True)
class CaseList:
    """A list as commands print it and the desk shows it.

    Attributes:
        what: its items, in the plural.
        columns: the names of the values of a row.
        row: makes the values of an item.
        counted: the word after their number, if another one.
    """

    what: str
    columns: Sequence[str]
    row: Callable[[Case], Sequence[object]]
    counted: str = ""

    def tables(self, items: Sequence[Case]) -> Iterator[Table]:
        """Yield the table of the items, and that of what they wait for."""
        yield table_of(f"{len(items)} {self.counted or self.what}", self.columns, map(self.row, items))
        yield from waits(items)


def print_list(api: InternalApi, path: str, of: CaseList, body: Case | None = None) -> None:
    """Read a list from the API, and print it."""
    found = read_list(api, path, body)
    emit_listing(found, of.what, *of.tables(found.items))


def facts(title: str, fields: Iterable[tuple[str, object]]) -> Table:
    """Return a table of the fields of one item that have a value."""
    table = Table(show_header=False, title=title)
    for name, value in fields:
        if value not in ([], None):
            table.add_row(name, shown(value))
    return table


def fields_of(item: Case, *names: str) -> Iterator[tuple[str, object]]:
    """Yield some fields of an item, for `facts`."""
    return ((name, item.get(name)) for name in names)


def open_request(case: Case) -> Sequence[object]:
    """Return the row of an open request."""
    named = case["rights_request_id"], case["right"], case["status"]
    if "closed_at" in case:
        return *named, deadline(case), "", case.get("waits_for", "")
    due = last_day(case.get("act_by") or case["due_at"])
    left = (due - clock.day_of(clock.now())).days
    return *named, due, left, _needed_action(case) or case.get("waits_for", "")


def waits(cases: Iterable[Case]) -> Iterator[Table]:
    """Yield a table of the reasons for which cases of a list wait, if there are any."""
    number = Counter(case["waits_for"] for case in cases if "waits_for" in case)
    rows = [(one.value, number[one], one.plainly, one.ends) for one in WaitReason if number[one]]
    if rows:
        yield table_of("waits", ("reason", "cases", "meaning", "ends when"), rows)


def wait_facts(case: Case) -> Iterator[tuple[str, object]]:
    """Yield why a case waits, since when if a service does not respond, and what ends that."""
    for why in WaitReason:
        if why == case.get("waits_for"):
            silent = case.get("unreachable_since")
            yield "waits for", f"{why}: {why.plainly}" + (f", since {local_time(silent)}" if silent else "")
            yield "ends when", why.ends


def kept(case: Case) -> Iterator[Table]:
    """Yield a table of what an erasure kept, as its certificate states it, and what is secret too."""
    columns = ("records", "number", "ground", "law", "until", "hold", "secret until")
    names = ("kind", "count", "ground", "law", "until", "hold", "secret_until")
    if lines := case.get("kept"):
        yield table_of("kept", columns, ([line.get(name, "") for name in names] for line in lines))


def papers(items: Iterable[Case]) -> Table:
    """Return a table of the papers that prove an identity."""
    names = ("paper_id", "state", "flaw", "kept_as")
    return table_of(
        "papers", ("paper", "state", "why", "type"), ([one.get(n, "") for n in names] for one in items)
    )


def local_day(instant: str | None) -> str:
    """Return the day of an instant in Belgrade; "" if there is none."""
    return local_time(instant)[:10] if instant else ""


def next_run(case: Case) -> str:
    """Return when the next step runs, and how often it was tried."""
    runs = local_time(case["runs_at"]) if "runs_at" in case else "not scheduled"
    return f"{runs}, after {case['tries']} tries without an outcome"


def found_request(case: Case) -> Sequence[object]:
    """Return the row of a request that was searched for, open or closed."""
    user, received = case.get("user_id", ""), local_time(case["received_at"])
    return case["rights_request_id"], user, case["right"], case["status"], received, deadline(case)


def last_day(due_at: str) -> date:
    """Return the last day, in Belgrade, on which something that is due at an instant is in time."""
    return clock.day_of(datetime.fromisoformat(due_at) - _A_SECOND)


def due_words(due_at: str) -> str:
    """Return when something is due, in Belgrade: `Thu 2026-12-03, today`; the hour, unless a day is whole."""
    due, now, day = datetime.fromisoformat(due_at), clock.now(), last_day(due_at)
    is_whole = due >= clock.beginning_of(day + timedelta(days=1)) - _A_SECOND
    words = f"{day:%a %F}" if is_whole else f"{day:%a} {local_time(due)}"
    days = (clock.day_of(now) - day).days
    if due < now:
        return f"{words}, late by {days} days" if days > 1 else f"{words}, late"
    return words if days else f"{words}, today"


def whole(case: Case) -> Iterator[Table]:
    """Return all tables about one request."""
    case = with_names(case, case["staff"])
    yield facts(case["rights_request_id"], _facts(case))
    yield steps(case)
    yield from kept(case)
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
    day, why, secret = local_day(one.get("notified_at")), one.get("why", ""), one.get("secret_until", "")
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
    if isinstance(value, list):
        return ", ".join(map(str, value))
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
    "right", "status", "user_id", "language", "received_by", "received_at", "days_left", "version",
)  # fmt: skip


def _facts(case: Case) -> Iterator[tuple[str, object]]:
    yield from fields_of(case, *_FIELDS)
    if needed := _needed_action(case):
        yield "needs", f"{needed} by {due_words(case['act_by'])}"
    yield from _of_subject(case)
    yield from fields_of(case, "unwarned_until", "voided_at")
    yield "deadline", f"{deadline(case)}{', paused' if case['clock_stands_still'] else ''}"
    if longer := case.get("proposed_extension"):
        yield (
            "extension proposed",
            f"{longer['days']} days: {with_words(longer['reason'])}, by {longer['by']}",
        )
    if extended := case.get("extended"):
        yield "extended", f"until {local_time(extended['due_at'])}: {with_words(extended['reason'])}"
    yield "next step", next_run(case)
    yield from wait_facts(case)
    yield "missing", ", ".join(case["missing"]) or "nothing"
    if asked := case.get("correction"):
        for name, value in asked["changes"].items():
            yield f"change of {name}", f"{value} ({_way_of(asked, name)})"
    yield "reason of the subject", case.get("reason")
    if lifting := case.get("lifting"):
        yield "end of the restriction", f"proposed by {lifting['by']} at {lifting['at']}"
        yield "why, for the subject", lifting.get("text")
        yield "approved by", lifting.get("approved_by", "not yet approved")
    if proposal := case.get("proposal"):
        why = f" ({with_words(proposal['reason'])})" if "reason" in proposal else ""
        yield "proposed", f"{proposal['status']}{why} by {proposal['by']} at {local_time(proposal['at'])}"
        yield "answer, as sent", proposal.get("letter", proposal.get("text", ""))
        yield "approved by", proposal.get("approved_by", "not yet approved")
    elif decision := case.get("decision"):
        yield "decided", f"{decision['outcome']} at {local_time(case['decided_at'])}"
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
        yield "proofs", f"{proofs}; without further proof refused on {local_day(identity['refused_at'])}"
    if case["status"] == "awaiting_verification" and any(step["name"] == "warn" for step in case["steps"]):
        checked = case.get("identity_checked_by", "no operator yet")
        yield "identity", f"checked by {checked}; two operators have to check it"


def evidence_table(entries: list[dict[str, Any]] | None, command: str) -> Table:
    """Return a table of evidence; if it cannot be read, the command that verifies it."""
    if entries is None:
        return Table(title=f"The evidence was altered or cannot be read: run `{command}`", show_header=False)
    return table_of("evidence, newest first", ("", "at", "event", "data"), map(_entry, entries))


def _entry(one: dict[str, Any]) -> Sequence[object]:
    data = ", ".join(f"{name}={shown(with_words(value))}" for name, value in sorted(one["said"].items()))
    return one["seq"], one["at"], one["event"], data


OPEN = CaseList(
    "requests", ("request", "right", "status", "due", "days left", "needs or waits for"), open_request, "open"
)
FOUND = CaseList(
    "requests", ("request", "user", "right", "status", "received", "until"), found_request, "found"
)
