"""The routes as data, read by the OpenAPI document, the tests and the packaging."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.core.errors import Problem
from chalicelib.core.http.answers import Answer
from chalicelib.core.http.limits import DailyLimit, Unlimited
from chalicelib.core.http.parameters import Authenticated, Body, Header, PathText, SignedBody, View


@dataclass(frozen=True)
class Route:
    """One operation of the contract."""

    method: str
    path: str
    name: str
    summary: str
    description: str
    caller: type[Authenticated] | None
    internal: bool  # for operators: authorised by IAM, absent from the public document
    body: type[Body | SignedBody] | None
    path_parts: dict[str, type[PathText]]
    headers: dict[type[Header], bool]  # whether each is required
    query: Mapping[str, type[PathText]]  # required parts of the query besides the cursor
    paged: bool  # whether it takes a cursor
    limit: DailyLimit | Unlimited | None  # of a write
    answers: tuple[tuple[type[Answer[View | None]], type[View] | None], ...]
    problems: tuple[type[Problem], ...]


_routes: list[Route] = []


def add(route: Route) -> None:
    """Register a route. The decorator calls this once per view."""
    _routes.append(route)


def routes() -> tuple[Route, ...]:
    """Return all routes of the imported groups."""
    return tuple(_routes)
