"""What the desk shows of a response: the tables that commands print, documents, the record and the year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from rich.table import Table

from chalicelib.core import clock
from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, tag
from chalicelib.operations.breaches.clocks import HOME
from chalicelib.privacy.accountability import Accountability
from chalicelib.privacy.processing import document, rows
from infra.ops.cases import (
    abuse,
    breach_form,
    breach_preview,
    breaches,
    complaints,
    disclosures,
    erasures,
    histories,
    holds,
    inbox,
    invoices,
    stream_cases,
    subjects,
    support,
    tables,
)
from infra.ops.cases.tables import Case, CaseList
from infra.ops.data import removals
from infra.ops.desk import pages
from infra.ops.internal_api import InternalApi, altered
from infra.ops.reports.commands import counts_of, tables_of_exact_year

_FILE = "/abuse-reports/{abuse_report_id}/files/{file_number}"
SHOWN: Mapping[str, Callable[[Case], Iterable[Table]]] = {
    "/rights-requests/{request_id}": tables.whole,
    "/erasures/{request_id}": erasures.whole,
    "/holds/{hold_id}": lambda found: [holds.whole(found)],
    "/disclosures/{disclosure_id}": disclosures.whole,
    "/complaints/{complaint_id}": complaints.whole,
    "/abuse-reports/{abuse_report_id}": abuse.whole,
    _FILE: abuse.whole_file,
    "/safety-decisions/{safety_decision_id}": abuse.whole_decision,
    "/number-objections/{number_objection_id}": abuse.whole_objection,
    "/support-messages/{support_message_id}": support.whole,
    "/breaches/{breach_id}": breaches.whole,
    "/breaches/{breach_id}/notices": breach_preview.tables_of,
    "/inbox": lambda found: [inbox.table_of(found), *_said(inbox.remarks(found))],
    "/erasures": lambda found: [erasures.listed(found["items"]), *tables.waits(found["items"])],
    "/subjects/{user_id}": subjects.whole,
    "/subjects/{user_id}/consents": subjects.consent_tables,
    "/ledger/entries": lambda found: [histories.table_of_entries(found), *_said(histories.earlier(found))],
}
SEARCH = "/rights-requests/search"
FOUND = frozenset({SEARCH, "/ledger/entries"})  # actions whose result is what they found
_LISTED: Mapping[str, CaseList] = {
    "/rights-requests": tables.OPEN,
    SEARCH: tables.FOUND,
    "/holds": holds.LISTED,
    "/disclosures": disclosures.LISTED,
    "/breaches": breaches.LISTED,
    "/complaints": complaints.LISTED,
    "/abuse-reports": abuse.LISTED,
    "/safety-decisions": abuse.DECISIONS,
    "/number-objections": abuse.OBJECTIONS,
    "/support-messages": support.LISTED,
    "/stream-cases": stream_cases.LISTED,
    "/table-removals": removals.LISTED,
    "/invoices": invoices.LISTED,
}


def _lacking(found: Case) -> Iterator[str]:
    """Yield what a list does not show."""
    yield from map(altered, found.get("unreadable", ()))
    if found.get("has_more"):
        yield "Only the first ones are listed; there may be more. Search with narrower bounds."


def _said(lines: Iterable[str]) -> Iterator[Table]:
    """Yield a table of remarks, if there are any."""
    if said := list(lines):
        yield tables.facts("Attention", (("", line) for line in said))


def _record(_: InternalApi) -> tuple[str, Html]:
    """The record of processing of this version, by purpose."""
    by_purpose = defaultdict[str, list[Case]](list)
    for one in document(rows(), Accountability())["processing"]:
        by_purpose[one["purpose"]["plainly"]].append(one)
    columns = ("records", "what", "where", "basis", "kept", "recipients", "protected")
    listed = (
        tables.table_of(purpose.capitalize(), columns, map(_processing, found))
        for purpose, found in sorted(by_purpose.items())
    )
    return "Record of processing", Html().join(pages.of_table(one, {}) for one in listed)


def _processing(one: Case) -> Sequence[object]:
    recipients = ", ".join(one["recipients"])
    stated = (one[name] for name in ("what", "where", "legal_basis", "kept"))
    return one["kind"], *stated, recipients, one["protected"]


def _year(api: InternalApi) -> tuple[str, Html]:
    """The exact figures of this year so far, which are not for publication."""
    today = clock.day_of(clock.now())
    counts, last = counts_of(api, today.year, today)
    parts = tables_of_exact_year(counts.exact(today.year, last, today))
    shown = (pages.of_table(one, {}) if isinstance(one, Table) else tag("p", str(one)) for one in parts)
    return f"Figures of {today.year}", Html().join(shown)


PAGES: Mapping[str, Callable[[InternalApi], tuple[str, Html]]] = {"/record": _record, "/year": _year}


def documents(path: str, found: Case) -> Iterator[tuple[str, str]]:
    """Yield what others get, as they get it: the mails of a notice, the notification of our authority."""
    if path == "/breaches/{breach_id}":
        yield f"For the authority of {HOME}", breach_form.document(found, HOME, Language.SERBIAN_LATIN)
    if path == "/breaches/{breach_id}/notices":
        for language, notice in found["notices"].items():
            yield f"The mail, {language}", notice["Html"]


def pictures(path: str, found: Case) -> Iterator[Html]:
    """Yield the picture that a report names; a file of another type is only saved, by the command."""
    if path == _FILE and "url" in found and found["kind"] in pages.PICTURES:
        yield pages.picture(abuse.content_of(found), found["kind"])


def tables_of(path: str, found: Case) -> Iterable[Table]:
    """The tables that the command prints; otherwise one of the plain values of each item."""
    if path in SHOWN:
        return SHOWN[path](found)
    if path in _LISTED:
        return [*_LISTED[path].tables(found["items"]), *_said(_lacking(found))]
    items = found.get("items", [found])
    names = list(dict.fromkeys(name for one in items for name in one if not isinstance(one[name], dict)))
    if "items" not in found:
        return [tables.facts("", tables.fields_of(found, *names))]
    return [
        tables.table_of("", names or ["nothing"], ([one.get(name, "") for name in names] for one in items))
    ]
