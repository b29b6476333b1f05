"""The routes as data, each with its limit, for the OpenAPI document, tests and packaging.

Each write has a limit of calls per account and day, or the reason for none (ADR 24). It bounds how much an
account can store. Checking it costs one call to DynamoDB. While the counters are unreachable, calls are
admitted: an outage of the counters must not keep people from their profile or their rights. Actions that must
always be possible (log out, withdraw, object to marketing, cancel) have no limit; the actions that undo them
have one.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.core.clock import DAY, to_epoch
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import Problem, TooMany
from chalicelib.core.http.answers import Answer
from chalicelib.core.http.parameters import Authenticated, Body, Header, SignedBody, View
from chalicelib.core.ids import AccountId, PathText

if TYPE_CHECKING:
    from chalicelib.core.limiter import Limiter


def _every_call(**_: object) -> bool:
    return True


@dataclass(frozen=True)
class DailyLimit:
    """At most `maximum` counted calls by an account in a UTC day.

    `counts` takes the arguments of the view and returns whether the call is counted; other calls are never
    refused. A call that the route's requirement refuses is not counted: otherwise a stolen token could use up
    the calls of the account's owner.
    """

    name: LimitName
    maximum: Callable[[], int]
    counts: Callable[..., bool] = _every_call

    @contextmanager
    def count_call(self, account_id: AccountId, arguments: Mapping[str, object]) -> Iterator[None]:
        """Count a call before its view runs; uncount it if the view fails on our side.

        Raises:
            TooMany: the account has no calls left for the day.
        """
        if not self.counts(**arguments):
            yield
            return
        was_counted = self.limiter.hit(account_id)
        try:
            yield
        except Exception as failed:
            if was_counted and (not isinstance(failed, Problem) or failed.status >= 500):
                self.limiter.uncount(account_id)
            raise

    @cached_property
    def limiter(self) -> "Limiter":
        """The limiter that counts the calls."""
        # Not at the top: every route imports this module, and a function without limits must not load boto3.
        from chalicelib.core.limiter import Limiter, WhenUnreachable, Window

        return Limiter(self.name, (Window(lambda: DAY, self.maximum),), TooMany, WhenUnreachable.ALLOW)


@dataclass(frozen=True)
class Unlimited:
    """A write without its own limit; `because` says what bounds it or why it is never refused."""

    because: str


@dataclass(frozen=True)
class Requirement:
    """What only some calls of a route need of its caller, as metadata of the caller's type (ADR 107).

    Attributes:
        problem: what refuses a call that lacks it.
        calls: which calls need it, as the table in docs/limits.md says it.
        check: takes the arguments of the view; raises the problem.
    """

    problem: type[Problem]
    calls: str
    check: Callable[..., None]


@dataclass(frozen=True)
class Deprecation:
    """Since when apps should stop calling a route, in UTC (ADR 84).

    Attributes:
        since: when it was, or will be.
        sunset: from when on it may be gone; it is not removed without one.
        page: an address at which developers read what to call instead.

    Raises:
        ValueError: the sunset is earlier (RFC 9745, section 4).
    """

    since: datetime
    sunset: datetime | None = None
    page: str = ""

    def __post_init__(self) -> None:
        """Refuse a sunset before the deprecation."""
        if self.sunset and self.sunset < self.since:
            raise ValueError("the sunset is before the deprecation")

    @property
    def headers(self) -> dict[str, str]:
        """The headers of each answer: a date of RFC 9651, and one of RFC 9110, as their RFCs want."""
        found = {"Deprecation": f"@{to_epoch(self.since)}"}
        if self.sunset:
            found["Sunset"] = format_datetime(self.sunset, usegmt=True)
        if self.page:
            found["Link"] = f'<{self.page}>; rel="deprecation"; type="text/html"'
        return found


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
    query: Mapping[str, type[PathText]]  # parts of the query besides the cursor
    paged: bool  # whether it takes a cursor
    sized: bool  # whether it takes the size of a page
    requirement: Requirement | None
    limit: DailyLimit | Unlimited | None  # of a write
    answers: tuple[tuple[type[Answer[View | None]], type[View] | None], ...]
    problems: tuple[type[Problem], ...]
    deprecated: Deprecation | None = None

    @property
    def is_form(self) -> bool:
        """Whether only a form of our pages calls it; the public document omits it, as it does `internal`."""
        return any(header.is_of_pages for header in self.headers)


_routes: list[Route] = []


def add(route: Route) -> None:
    """Register a route. The decorator calls this once per view."""
    _routes.append(route)


def routes() -> tuple[Route, ...]:
    """Return all routes of the imported groups."""
    return tuple(_routes)
