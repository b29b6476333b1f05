"""The table in docs/limits.md of what each act of an account's owner needs (ADR 107).

Session and step-up are read from the routes. What a route cannot say is in acts.toml, by its name.
Forms of our pages are left out: each takes the same step as a route without a session. So are hooks, whose
sender signs them, and routes of operators. `infra.costs` writes the table into the page.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import app  # noqa: F401 - registers every group's routes
from chalicelib.accounts.sessions.caller import Caller, RightsCaller, StepUpCaller, StepUpRequired
from chalicelib.core.http import SignedBody, contract
from chalicelib.core.ids import ChallengeId
from chalicelib.rights.request.receipts import Receipt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.core.http.contract import Route

ROWS: Mapping[str, Mapping[str, str]] = tomllib.loads(Path(__file__).with_name("acts.toml").read_text())
_COLUMNS = {"code": "code", "pin": "PIN", "other": "other proof", "wait": "wait"}


def acts() -> tuple[Route, ...]:
    """Return the routes of the table, in the order in which they are registered."""
    return tuple(route for route in contract.routes() if route.caller or needs_row(route))


def needs_row(route: Route) -> bool:
    """Whether its caller's type does not say all that an act needs."""
    if route.internal or route.is_form or (route.body and issubclass(route.body, SignedBody)):
        return False
    if route.caller is None:
        return route.method != "GET" or Receipt in {*route.headers, *route.query.values()}
    serves_waiting = not issubclass(route.caller, RightsCaller)
    takes_code = ChallengeId in route.path_parts.values()
    return serves_waiting or takes_code or bool(step_up(route)) or _sends_code_or_session(route)


def step_up(route: Route) -> str:
    """Return which calls need a stepped-up token, in words; empty if none does."""
    if route.caller and issubclass(route.caller, StepUpCaller):
        return "yes"
    return (
        route.requirement.calls if route.requirement and route.requirement.problem is StepUpRequired else ""
    )


def table() -> str:
    """Return the table. A column of which no row says anything is left out."""
    columns = {key: title for key, title in _COLUMNS.items() if any(key in row for row in ROWS.values())}
    lines = [["act", "route", "session", "step-up", *columns.values()], ["---"] * (4 + len(columns))]
    for route in acts():
        more = ROWS.get(route.name, {})
        needs = (_session(route), step_up(route), *(more.get(key, "") for key in columns))
        lines.append([route.name.replace("_", " "), f"`{route.method} {route.path}`", *needs])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _session(route: Route) -> str:
    if not route.caller:
        return "none"
    if not issubclass(route.caller, RightsCaller):
        return "also a waiting one"
    return "of an active account" if issubclass(route.caller, Caller) else "of any account"


def _sends_code_or_session(route: Route) -> bool:
    shown = [json.dumps(view.model_json_schema()) for _, view in route.answers if view]
    return any('"challenge_id"' in schema or '"access_token"' in schema for schema in shown)
