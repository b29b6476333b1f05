"""What the desk shows: lists, cases, and a form for each route that changes something (ADR 97).

Everything is derived from the routes of operators: a list is a route without an id, a case one with an id,
and an action any other method beneath it. So each new route is on the desk at once, and no rule of the API is
repeated. Opening a page makes the same call as its command, so it is the same recorded look; no page is
read ahead.
"""

from __future__ import annotations

import importlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from secrets import token_hex
from typing import Self
from urllib.parse import urlencode

from rich.table import Table

from app import GROUPS
from chalicelib.core import clock
from chalicelib.core.http import Body, contract
from chalicelib.core.http.contract import Route
from chalicelib.core.http.parameters import IfMatch
from chalicelib.core.ids import Id, PathText
from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, tag
from chalicelib.operations.breaches.clocks import HOME
from chalicelib.privacy.processing import rows
from infra.ops.cases import (
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
    tables,
)
from infra.ops.cases.tables import Case, CaseList
from infra.ops.data import removals
from infra.ops.desk import forms, pages
from infra.ops.internal_api import CallRefused, InternalApi
from infra.ops.refusals import explain
from infra.ops.reports.commands import counts_of, tables_of_exact_year
from infra.processing import texts

_ROOT = "/admin/v1"
_DONE = "/done/"
_RESULTS = 20  # of the last actions, which a page shows again after a reload
_BEFORE = {"/inbox": 0, "/rights-requests": 1, "/erasures": 2}  # the other lists
_MORE = (
    ("Find a subject", "/subjects/search?method=POST"),
    ("Find a request", "/rights-requests/search?method=POST"),
    ("Show a history", "/ledger/entries?method=POST"),
    ("Record of processing", "/record"),
    ("Figures of the year", "/year"),
)
_SHOWN: Mapping[str, Callable[[Case], Iterable[Table]]] = {
    "/rights-requests/{request_id}": tables.whole,
    "/erasures/{request_id}": erasures.whole,
    "/holds/{hold_id}": lambda found: [holds.whole(found)],
    "/disclosures/{disclosure_id}": disclosures.whole,
    "/complaints/{complaint_id}": complaints.whole,
    "/breaches/{breach_id}": breaches.whole,
    "/breaches/{breach_id}/notices": breach_preview.tables_of,
    "/inbox": lambda found: [inbox.table_of(found)],
    "/erasures": lambda found: [erasures.listed(found["items"]), *tables.waits(found["items"])],
    "/subjects/{user_id}": subjects.whole,
    "/ledger/entries": lambda found: [histories.table_of_entries(found)],
}
_LISTED: Mapping[str, CaseList] = {
    "/rights-requests": tables.OPEN,
    "/rights-requests/search": tables.FOUND,
    "/holds": holds.LISTED,
    "/disclosures": disclosures.LISTED,
    "/breaches": breaches.LISTED,
    "/complaints": complaints.LISTED,
    "/stream-cases": stream_cases.LISTED,
    "/table-removals": removals.LISTED,
    "/invoices": invoices.LISTED,
}


@dataclass(frozen=True)
class DeskRoute:
    """A route of operators, as the desk uses it.

    Attributes:
        path: without the prefix of the internal routes, such as `/holds/{hold_id}/confirmation`.
        of: the kind of the id with which it ends.
        query: what it needs besides.
    """

    method: str
    path: str
    summary: str
    about: str
    body: type[Body] | None
    needs_version: bool
    of: type[Id] | None
    query: Mapping[str, type[PathText]]

    @classmethod
    def of_route(cls, route: Route) -> Self:
        """Return what the desk uses of a route."""
        last = route.path_parts.get(route.path.rpartition("{")[2].removesuffix("}"))
        summary, _, more = route.summary.removesuffix(".").partition(". ")
        return cls(
            method=route.method,
            path=route.path.removeprefix(_ROOT),
            summary=summary,
            about=" ".join(part for part in (more and f"{more}.", route.description) if part),
            body=route.body if route.body and issubclass(route.body, Body) else None,
            needs_version=IfMatch in route.headers,
            query=route.query,
            of=last if route.path.count("{") == 1 and last and issubclass(last, Id) else None,
        )

    @cached_property
    def fields(self) -> tuple[forms.FormField, ...]:
        """The fields of its form."""
        return forms.fields_of(self.body) if self.body else ()

    @property
    def is_list(self) -> bool:
        """Whether the links of each page have it."""
        return self.method == "GET" and "{" not in self.path and not self.query

    @property
    def title(self) -> str:
        """Its name in these links, or as the heading of a case."""
        words = (part.replace("-", " ") for part in self.path[1:].split("/") if part[0] != "{")
        return ": ".join(words).capitalize()

    def title_of(self, path: str) -> str:
        """Return the heading of a page: its name, and the id if there is one."""
        return " ".join([self.title, *(part for part in path.split("/") if part not in self.path.split("/"))])

    def fits(self, path: str) -> bool:
        """Return whether a path is one of this route."""
        return re.fullmatch(re.sub(r"{\w+}", "[^/?]+", self.path), path) is not None

    def beneath(self, other: DeskRoute) -> str | None:
        """Return what its path adds to that of a page, if that is all; None if it is not beneath."""
        rest = self.path.removeprefix(other.path)
        is_beneath = self.path.startswith(other.path) and "{" not in rest and (not rest or rest[0] == "/")
        return rest if is_beneath else None


@dataclass(frozen=True)
class DeskPage:
    """A page, or the place to which the browser goes next."""

    html: str = ""
    status: int = 200
    location: str = ""


class Desk:
    """The pages over the routes of a stage, for one operator."""

    def __init__(self, api: InternalApi) -> None:
        for module in GROUPS["admin"]:
            importlib.import_module(module)
        self._api, self._results = api, dict[str, Html]()
        self._places = tuple(DeskRoute.of_route(one) for one in contract.routes() if one.internal)
        lists = sorted((one for one in self._places if one.is_list), key=lambda one: _BEFORE.get(one.path, 9))
        self._nav = (*((one.title, one.path) for one in lists), *_MORE)
        self._links = {one.of.prefix: one.path.rpartition("/")[0] for one in reversed(self._places) if one.of}
        self._links["r."] = "/complaints"

    def open(self, path: str, fields: forms.Typed) -> DeskPage:
        """Return the page of a path: a list, a case, or the form of an action; `fields` are of the query."""
        return self._explaining(lambda: self._open(path, fields))

    def act(self, path: str, fields: forms.Typed) -> DeskPage:
        """Carry out an action, as its form says; the page of its result follows."""
        return self._explaining(lambda: self._act(path, fields))

    def _explaining(self, work: Callable[[], DeskPage]) -> DeskPage:
        """Show the one line by which commands explain a failure."""
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - each failure gets a page, as each command gets a line
            said = tag("p", explain(error), role="alert")
            return self._page("That did not work", pages.card(said, warn="warn"), status=502)

    def _open(self, path: str, fields: forms.Typed) -> DeskPage:
        if path in _PAGES:
            return self._page(*_PAGES[path](self._api))
        if result := self._results.get(path.removeprefix(_DONE)):
            return self._page("Done", result)
        if action := self._at(fields.get("method", "GET"), path):
            return (
                self._form(action, path, fields)
                if action.method != "GET"
                else self._look(action, path, fields)
            )
        return self._missing()

    def _look(self, place: DeskRoute, path: str, fields: forms.Typed) -> DeskPage:
        query = {name: value for name, value in fields.items() if value}
        found = self._api.call("GET", f"{path}?{urlencode(query)}" if query else path)
        shown = [pages.of_table(one, self._links) for one in _tables_of(place, found)]
        shown += [pages.frame(title, text) for title, text in _documents(place, found)]
        next_page = {**query, "cursor": found["next_cursor"]} if "next_cursor" in found else {}
        more = (
            [tag("p", tag("a", "The next page", href=f"{path}?{urlencode(next_page)}"))] if next_page else []
        )
        about = tag("p", " ".join(part for part in (f"{place.summary}.", place.about) if part), class_="lead")
        return self._page(place.title_of(path), about, *shown, *more, *self._ways(place, path, found))

    def _act(self, path: str, fields: forms.Typed) -> DeskPage:
        action = self._at(fields.get("method", ""), path)
        if action is None or action.method == "GET":
            return self._missing()
        body = forms.read(action.fields, fields) if action.body else None
        etag = f'"{fields["version"]}"' if "version" in fields else None
        try:
            done = self._api.call(action.method, path, body, etag)
        except CallRefused as refused:
            return self._form(action, path, fields, refused)
        name = token_hex(8)
        self._results[name] = self._result(action, path, done)
        while len(self._results) > _RESULTS:
            del self._results[next(iter(self._results))]
        return DeskPage(status=303, location=_DONE + name)

    def _form(
        self, action: DeskRoute, path: str, fields: forms.Typed, refused: CallRefused | None = None
    ) -> DeskPage:
        """The form of an action, with what was typed and why the API refused it."""
        kept = [(name, fields[name]) for name in ("method", "version") if name in fields]
        hidden = [tag("input", type="hidden", name=name, value=value) for name, value in kept]
        mistakes = refused.mistakes if refused else {}
        shown = [one.show(fields.get(one.name, ""), mistakes.get(one.name, "")) for one in action.fields]
        button = tag("p", tag("button", action.summary, type="submit"))
        alert = tag("p", f"Nothing was changed. {refused}", role="alert") if refused else None
        return self._page(
            action.summary,
            *([pages.card(alert, warn="warn")] if alert else ()),
            *([tag("p", action.about)] if action.about else ()),
            pages.card(tag("form", *hidden, *shown, button, method="post", action=path)),
            tag("p", tag("a", "Back, without a change", href=self._case_of(path))),
            status=422 if refused else 200,
        )

    def _result(self, action: DeskRoute, path: str, done: Case) -> Html:
        plain = ((name, value) for name, value in done.items() if not isinstance(value, dict | list))
        said = pages.of_table(tables.facts("", plain), self._links)
        if "items" in done or action.path in _SHOWN:
            said = Html().join(pages.of_table(one, self._links) for one in _tables_of(action, done))
        return Html().join(
            (tag("p", action.summary), said, tag("p", tag("a", "Go on", href=self._case_of(path))))
        )

    def _ways(self, place: DeskRoute, path: str, found: Case) -> Iterator[Html]:
        """What can be done from a page; the version that was read goes with an approval."""
        version = {"version": str(found["version"])} if "version" in found else {}
        items = []
        for one in self._places:
            rest = one.beneath(place)
            if rest is not None and one.method != "GET":
                query = urlencode({"method": one.method, **(version if one.needs_version else {})})
                items.append(tag("a", one.summary, href=f"{path}{rest}?{query}"))
            elif rest:
                items.append(tag("a", one.summary, href=path + rest))
            elif one.of and one.of is place.of and one is not place and one.method == "GET":
                items.append(
                    tag("a", one.summary, href=f"{one.path.rpartition('/')[0]}/{path.rpartition('/')[2]}")
                )
            for name, kind in one.query.items():
                if kind is place.of and one.method == "GET":
                    named = urlencode({name: path.rpartition("/")[2]})
                    items.append(tag("a", one.summary, href=f"{one.path}?{named}"))
        if items:
            yield pages.card(tag("h2", "What you can do"), tag("ul", *(tag("li", one) for one in items)))

    def _at(self, method: str, path: str) -> DeskRoute | None:
        return next((one for one in self._places if one.method == method and one.fits(path)), None)

    def _case_of(self, path: str) -> str:
        """The nearest page above an action."""
        while path and self._at("GET", path) is None:
            path = path.rpartition("/")[0]
        return path or "/inbox"

    def _missing(self) -> DeskPage:
        return self._page("Not found", tag("p", "The desk has no such page."), status=404)

    def _page(self, title: str, *parts: Html, status: int = 200) -> DeskPage:
        return DeskPage(pages.document(title, self._nav, *parts), status)


def _record(_: InternalApi) -> tuple[str, Html]:
    """The record of processing of this version, by purpose."""
    by_purpose = defaultdict[str, list[Case]](list)
    for one in json.loads(texts.as_json(rows()))["processing"]:
        by_purpose[one["purpose"]["plainly"]].append(one)
    columns = ("records", "what", "where", "basis", "kept", "recipients", "protected")
    listed = (
        tables.table_of(purpose.capitalize(), columns, map(_processing, found))
        for purpose, found in sorted(by_purpose.items())
    )
    return "Record of processing", Html().join(pages.of_table(one, {}) for one in listed)


def _processing(one: Case) -> Sequence[object]:
    recipients = ", ".join(one["recipients"])
    return (
        one["kind"],
        one["what"],
        one["where"],
        one["legal_basis"],
        one["kept"],
        recipients,
        one["protected"],
    )


def _year(api: InternalApi) -> tuple[str, Html]:
    """The exact figures of this year so far, which are not for publication."""
    today = clock.day_of(clock.now())
    counts, last = counts_of(api, today.year, today)
    parts = tables_of_exact_year(counts.exact(today.year, last, today))
    shown = (pages.of_table(one, {}) if isinstance(one, Table) else tag("p", str(one)) for one in parts)
    return f"Figures of {today.year}", Html().join(shown)


_PAGES: Mapping[str, Callable[[InternalApi], tuple[str, Html]]] = {"/record": _record, "/year": _year}


def _documents(place: DeskRoute, found: Case) -> Iterator[tuple[str, str]]:
    """Yield what others get, as they get it: the mails of a notice, the notification of our authority."""
    if place.path == "/breaches/{breach_id}":
        yield f"For the authority of {HOME}", breach_form.document(found, HOME, Language.SERBIAN_LATIN)
    if place.path == "/breaches/{breach_id}/notices":
        for language, notice in found["notices"].items():
            yield f"The mail, {language}", notice["Html"]


def _tables_of(place: DeskRoute, found: Case) -> Iterable[Table]:
    """The tables that the command prints; otherwise one of the plain values of each item."""
    if place.path in _SHOWN:
        return _SHOWN[place.path](found)
    if place.path in _LISTED:
        return _LISTED[place.path].tables(found["items"])
    items = found.get("items", [found])
    names = list(dict.fromkeys(name for one in items for name in one if not isinstance(one[name], dict)))
    if "items" not in found:
        return [tables.facts("", tables.fields_of(found, *names))]
    return [
        tables.table_of("", names or ["nothing"], ([one.get(name, "") for name in names] for one in items))
    ]
