"""The routes of operators, as the desk uses them: their places, their forms, what is beneath a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self
from urllib.parse import urlencode

from chalicelib.core.http import Body
from chalicelib.core.http.contract import Route
from chalicelib.core.http.parameters import IfMatch
from chalicelib.core.ids import Id, PathText
from infra.ops.cases.tables import Case
from infra.ops.desk import forms

Link = tuple[str, str]  # its words, and where it leads
_ROOT = "/admin/v1"


@dataclass(frozen=True)
class DeskRoute:
    """A route of operators, as the desk uses it.

    Attributes:
        path: without the prefix of the internal routes, such as `/holds/{hold_id}/confirmation`.
        of: the kind of the id with which it ends.
        query: what it needs besides.
        parts: the kinds of the parts of its path.
    """

    method: str
    path: str
    summary: str
    about: str
    body: type[Body] | None
    needs_version: bool
    of: type[Id] | None
    query: Mapping[str, type[PathText]]
    parts: Mapping[str, type[PathText]]

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
            parts=route.path_parts,
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

    def links_from(self, page: DeskRoute, path: str, found: Case) -> Iterator[Link]:
        """Yield the links to this route from a page; the version that was read goes with an approval.

        It is beneath the page, or shows the same case, or its form or its query takes the id of the case.
        """
        rest, named = self._beneath(page), path.rpartition("/")[2]
        if rest is not None and self.method != "GET":
            known = (name for name in ("version", "language") if name in found and self._keeps(name))
            kept = {name: str(found[name]) for name in known}
            yield self.summary, f"{path}{rest}?{urlencode({'method': self.method} | kept)}"
        elif rest:
            yield self.summary, path + rest
        elif self.of and self.of is page.of and self is not page and self.method == "GET":
            yield self.summary, f"{self.path.rpartition('/')[0]}/{named}"
        if field := self._field_for(page):
            yield self.summary, f"{self.path}?{urlencode({'method': self.method, field: named})}"
        if self.method == "GET" and page.of in self.query.values():
            (name,) = (name for name, kind in self.query.items() if kind is page.of)
            yield self.summary, f"{self.path}?{urlencode({name: named})}"

    def links_to_parts(self, page: DeskRoute, path: str, found: Case) -> Iterator[Link]:
        """Yield the links to the parts of a case that have a page, such as the files of a report."""
        name, _, part = self.path.removeprefix(f"{page.path}/").partition("/")
        if page.of is None or self.method != "GET" or part != f"{{{part[1:-1]}}}" or name not in found:
            return
        for item in found[name]:
            yield f"{self.summary}: {item[part[1:-1]]}", f"{path}/{name}/{item[part[1:-1]]}"

    def beneath_items_of(self, page: DeskRoute) -> str:
        """Return the part of its path that is an item of a list; "" unless it is an action on one."""
        item, _, rest = self.path.removeprefix(f"{page.path}/").partition("}")
        is_action = self.method != "GET" and self.path.startswith(f"{page.path}/{{") and "{" not in rest
        return f"{page.path}/{item}}}" if is_action else ""

    def _keeps(self, name: str) -> bool:
        """Whether its form keeps a fact of the case: the version, or the language of its text."""
        return self.needs_version if name == "version" else any(one.name == "text" for one in self.fields)

    def _field_for(self, page: DeskRoute) -> str:
        """The field of its form that is the id of the case of a page; "" if there is none."""
        part = page.path.rpartition("{")[2].removesuffix("}")
        if page.of is None or self.method != "POST" or "{" in self.path:
            return ""
        names = (one.name for one in self.fields)
        return next((one for one in names if one.endswith(part) or f"{part}s".endswith(f"_{one}")), "")

    def fits(self, path: str) -> bool:
        """Return whether a path is one of this route, with ids of the right kinds."""
        given, parts = path.split("/"), self.path.split("/")
        return len(given) == len(parts) and all(map(self._fits, parts, given))

    def _fits(self, part: str, given: str) -> bool:
        if not part.startswith("{"):
            return part == given
        kind = self.parts[part[1:-1]]
        return bool(given) and (not issubclass(kind, Id) or kind.parse(given) is not None)

    def _beneath(self, other: DeskRoute) -> str | None:
        """What its path adds to that of a page, if that is all; None if it is not beneath."""
        rest = self.path.removeprefix(other.path)
        is_beneath = self.path.startswith(other.path) and "{" not in rest and (not rest or rest[0] == "/")
        return rest if is_beneath else None
