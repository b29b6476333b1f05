"""What the desk shows: lists, cases, and a form for each route that changes something (ADR 97).

Everything is derived from the routes of operators: a list is a route without an id, a case one with an id,
and an action any other method beneath it. So a new route beneath a list or a case is on the desk at once, and
no rule of the API is repeated. Opening a page makes the same call as its command, so it is the same recorded
look; no page is read ahead.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from secrets import token_hex
from threading import Lock
from types import MappingProxyType
from urllib.parse import urlencode

from app import GROUPS
from chalicelib.core.http import contract
from chalicelib.core.ids import StaffId
from chalicelib.core.markup import Html, tag
from infra.ops.cases import tables
from infra.ops.cases.requests import receipt_of
from infra.ops.cases.tables import Case
from infra.ops.cases.written_language import OF_LETTERS, other_language
from infra.ops.desk import forms, pages
from infra.ops.desk.routes import DeskRoute, Link
from infra.ops.desk.views import FOUND, PAGES, SEARCH, documents, pictures, tables_of
from infra.ops.internal_api import CallRefused, InternalApi, read_list
from infra.ops.refusals import explain

_DONE = "/done/"
# Its result is saved, and sent by two ways, and must not be on a page (ADR 122).
BY_COMMAND = frozenset({"/abuse-reports/{abuse_report_id}/files/{file_number}/handover"})
_KEPT = ("method", "version", "language", "confirmed")  # by a form, besides what is typed
_UNKNOWN = "It is not known whether this was carried out: look before you send it again."
_RESULTS = 20  # of the last actions, which a page shows again after a reload
_BEFORE = {"/inbox": 0, "/rights-requests": 1, "/erasures": 2}  # the other lists
_MORE = (
    ("Find a subject", "/subjects/search?method=POST"),
    ("Find a request", "/rights-requests/search?method=POST"),
    ("Show a history", "/ledger/entries?method=POST"),
    ("Record of processing", "/record"),
    ("Figures of the year", "/year"),
)


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
        self._api, self._results, self._lock = api, dict[str, Html](), Lock()
        places = (DeskRoute.of_route(one) for one in contract.routes() if one.internal)
        self._places = tuple(one for one in places if one.path not in BY_COMMAND)
        lists = sorted((one for one in self._places if one.is_list), key=lambda one: _BEFORE.get(one.path, 9))
        self._nav = (*((one.title, one.path) for one in lists), *_MORE)
        self._links = {one.of.prefix: one.path.rpartition("/")[0] for one in reversed(self._places) if one.of}
        self._links["r."] = "/complaints"

    def open(self, path: str, fields: forms.Typed) -> DeskPage:
        """Return the page of a path: a list, a case, or the form of an action; `fields` are of the query."""
        return self._explaining(lambda: self._open(path, fields))

    def act(self, path: str, fields: forms.Typed) -> DeskPage:
        """Carry out an action, as its form says, once; the page of its result follows.

        A form that is sent twice waits for the first time, and gets the same result.
        """
        with self._lock:
            if fields.get("once") in self._results:
                return DeskPage(status=303, location=_DONE + fields["once"])
            return self._explaining(lambda: self._act(path, fields))

    def _explaining(self, work: Callable[[], DeskPage]) -> DeskPage:
        """Show the one line by which commands explain a failure."""
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - each failure gets a page, as each command gets a line
            said = tag("p", explain(error), role="alert")
            return self._page("The page cannot be shown", pages.card(said, warn="warn"), status=502)

    def _open(self, path: str, fields: forms.Typed) -> DeskPage:
        if path in PAGES:
            return self._page(*PAGES[path](self._api))
        if path.startswith(_DONE) and (result := self._results.get(path.removeprefix(_DONE))):
            return self._page("Done", result)
        place = self._at(fields.get("method", "GET"), path)
        if place is None:
            return self._missing()
        return self._look(place, path, fields) if place.method == "GET" else self._form(place, path, fields)

    def _look(self, place: DeskRoute, path: str, fields: forms.Typed) -> DeskPage:
        query = {name: value for name, value in fields.items() if value}
        found = self._api.call("GET", f"{path}?{urlencode(query)}" if query else path)
        shown = [pages.of_table(one, self._links) for one in tables_of(place.path, found)]
        shown += [pages.frame(title, text) for title, text in documents(place.path, found)]
        shown += pictures(place.path, found)
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
        if "confirmed" not in fields and (other := _other_language(action, fields)):
            asked = f"Nothing was changed so far. {other}. Press the button again to send it so."
            return self._form(action, path, {**fields, "confirmed": "yes"}, asked)
        try:
            done = self._send(action, path, fields)
        except CallRefused as refused:
            outcome = "Nothing was changed." if refused.is_certain else _UNKNOWN
            return self._form(action, path, fields, f"{outcome} {refused}", refused.mistakes)
        except Exception as error:  # noqa: BLE001 - a form that may have been sent keeps what was typed
            return self._form(action, path, fields, f"{_UNKNOWN} {explain(error)}")
        return self._keep(fields.get("once") or token_hex(8), self._result(action, path, done))

    def _send(self, action: DeskRoute, path: str, fields: forms.Typed) -> Case:
        body = forms.read(action.fields, fields) if action.body else None
        if action.path == SEARCH and body is not None:
            found = read_list(self._api, path, body | receipt_of(str(body.get("receipt", ""))))
            return {"items": found.items, "unreadable": found.unreadable, "has_more": found.has_more}
        etag = f'"{fields["version"]}"' if "version" in fields else None
        return self._api.call(action.method, path, body, etag)

    def _keep(self, name: str, result: Html) -> DeskPage:
        """Keep a result for a reload, and let the browser open it."""
        self._results[name] = result
        while len(self._results) > _RESULTS:
            del self._results[next(iter(self._results))]
        return DeskPage(status=303, location=_DONE + name)

    def _form(
        self,
        action: DeskRoute,
        path: str,
        fields: forms.Typed,
        said: str = "",
        mistakes: Mapping[str, str] = MappingProxyType({}),
    ) -> DeskPage:
        """The form of an action, with what was typed and why it was not carried out."""
        kept = [(name, fields[name]) for name in _KEPT if name in fields]
        kept.append(("once", fields.get("once") or token_hex(8)))
        hidden = [tag("input", type="hidden", name=name, value=value) for name, value in kept]
        shown = [one.show(fields.get(one.name, ""), mistakes.get(one.name, "")) for one in action.fields]
        button = tag("p", tag("button", action.summary, type="submit"))
        return self._page(
            action.summary,
            *([pages.card(tag("p", said, role="alert"), warn="warn")] if said else ()),
            *([tag("p", action.about)] if action.about else ()),
            pages.card(tag("form", *hidden, *shown, button, method="post", action=path)),
            tag("p", "Send it within 30 minutes: the desk closes then.", class_="quiet"),
            tag("p", tag("a", "Back, without a change", href=self._case_of(path))),
            status=422 if said else 200,
        )

    def _result(self, action: DeskRoute, path: str, done: Case) -> Html:
        plain = ((name, value) for name, value in done.items() if _is_shown(value))
        shown = tables_of(action.path, done) if action.path in FOUND else [tables.facts("", plain)]
        said = Html().join(pages.of_table(one, self._links) for one in shown)
        back = tag("p", tag("a", "Continue", href=self._case_of(path)))
        return Html().join((tag("p", f"{action.summary}."), said, back))

    def _ways(self, place: DeskRoute, path: str, found: Case) -> Iterator[Html]:
        """What can be done from a page."""
        links = [link for one in self._places for link in one.links_from(place, path, found)]
        if place.is_list:
            links += [link for one in self._places for link in self._on_items(one, place, found)]
        links += [link for one in self._places for link in one.links_to_parts(place, path, found)]
        if links:
            items = (tag("li", tag("a", words, href=href)) for words, href in links)
            yield pages.card(tag("h2", "What you can do"), tag("ul", *items))

    def _on_items(self, one: DeskRoute, place: DeskRoute, found: Case) -> Iterator[Link]:
        """Yield the links to an action on each item of a list whose items have no page of their own."""
        of_item = one.beneath_items_of(place)
        if not of_item or any(other.method == "GET" and other.path == of_item for other in self._places):
            return
        name, rest = of_item.rpartition("{")[2].removesuffix("}"), one.path.removeprefix(of_item)
        for item in found["items"]:
            value = item.get(name) or item["id"]
            yield f"{one.summary}: {value}", f"{place.path}/{value}{rest}?{urlencode({'method': one.method})}"

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


def _other_language(action: DeskRoute, fields: forms.Typed) -> str:
    """What is written in another language than its readers', in words."""
    for one in action.fields:
        of_letter = OF_LETTERS.get(one.name.split(".")[1]) if "." in one.name else None
        wanted = of_letter or (fields.get("language") if one.name == "text" else None)
        what = f"`{one.name}`" if of_letter else "The case"
        if wanted and (other := other_language(wanted, fields.get(one.name, ""), what)):
            return other
    return ""


def _is_shown(value: object) -> bool:
    """Whether a result shows a value; the case has the rest, with names in place of pseudonyms."""
    return not isinstance(value, dict | list | bool) and StaffId.parse(str(value)) is None
