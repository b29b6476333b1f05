"""The table of what each act needs, and the declarations of which it is made (ADR 107)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.accounts.sessions.caller import StepUpRequired
from chalicelib.core.http import contract
from chalicelib.rights.intake.submission import rule_of
from chalicelib.rights.request.terms import Right
from infra import acts

if TYPE_CHECKING:
    from chalicelib.core.http.contract import Route

# Every route that a stolen token does not open, or of which it does not open all calls.
STEPPED_UP = {
    "cancel_rights_request": "restrictions requested by letter, telephone or as a guest",
    "change_profile": "a patch with `email`",
    "confirm_link": "yes",
    "confirm_session": "yes",
    "exercise_right": "access, portability, erasure",
    "get_export": "yes",
    "lift_restriction": "restrictions requested by letter, telephone or as a guest",
    "remove_password": "yes",
    "remove_pin": "yes",
    "set_password": "yes",
    "set_pin": "yes",
    "start_email": "yes",
    "start_number_change": "yes",
    "verify_email": "yes",
    "verify_number": "yes",
}


def by_name() -> dict[str, Route]:
    return {route.name: route for route in contract.routes()}


def test_step_up_of_each_route_is_in_the_literal_table() -> None:
    found = {route.name: words for route in contract.routes() if (words := acts.step_up(route))}
    assert found == STEPPED_UP


def test_no_route_decides_on_a_step_up_that_it_does_not_declare() -> None:
    answering = {route.name for route in contract.routes() if StepUpRequired in route.problems}
    assert answering == {*STEPPED_UP}, "declare a Requirement or a StepUpCaller in place of the problem"


def test_step_up_of_the_rights_names_the_rights_that_want_one() -> None:
    wanting = ", ".join(right for right in Right if rule_of(right).wants_step_up)
    assert STEPPED_UP["exercise_right"] == wanting


def test_every_act_that_needs_more_than_a_session_has_a_row() -> None:
    missing = {route.name for route in contract.routes() if acts.needs_row(route)} - acts.ROWS.keys()
    assert not missing, "say in infra/acts.toml what these routes need"


def test_no_row_is_about_another_route() -> None:
    routes = by_name()
    idle = {name for name in acts.ROWS if name not in routes or not acts.needs_row(routes[name])}
    assert not idle, "remove these rows of infra/acts.toml"


def test_rows_have_known_columns_only() -> None:
    assert {key for row in acts.ROWS.values() for key in row} <= {"code", "pin", "other", "wait"}
