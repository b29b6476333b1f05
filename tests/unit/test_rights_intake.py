"""The intake of requests: one rule for each right, and the forms in which requests are sent."""

from typing import Any, get_args

import pytest

from chalicelib.core.errors import InvalidRequest, UnexpectedField
from chalicelib.rights.guests.model import GivenContact, GuestRequest
from chalicelib.rights.intake.body import NewRequest
from chalicelib.rights.intake.submission import IntakeRule, rule_of, rule_outside_the_app
from chalicelib.rights.request.terms import Right

_OF_GUESTS = {*GivenContact.model_fields, "device_id"}


def test_each_right_has_an_intake_rule() -> None:
    assert {type(rule_of(right)) for right in Right} == {IntakeRule}


def fields(kind: type[NewRequest]) -> dict[Right, set[str]]:
    """Return the fields of the form of each right."""
    found = [
        (get_args(form.model_fields["right"].annotation), {*form.model_fields} - {"right"})
        for form in kind.forms
    ]
    by_right = {right: named for (right,), named in found}
    assert len(by_right) == len(found)
    return by_right


def test_each_right_has_a_form_with_the_fields_that_its_rule_takes() -> None:
    assert fields(NewRequest) == {right: {*rule_of(right).takes} for right in Right}


def test_guests_have_the_same_forms_without_the_fields_of_the_app() -> None:
    wanted = {right: {*rule_outside_the_app(right).takes} | _OF_GUESTS for right in Right}
    assert fields(GuestRequest) == wanted


@pytest.mark.parametrize(
    ("sent", "problem", "pointer"),
    [
        ("{}", InvalidRequest, "/right"),
        ('{"right": "oblivion"}', InvalidRequest, "/right"),
        ('{"right": "erasure", "waive_grace": "yes"}', InvalidRequest, "/waive_grace"),
        ('{"right": "erasure", "ground": "a"}', UnexpectedField, "/ground"),
        ('{"right": "rectification", "changes": {"name": ""}}', InvalidRequest, "/changes/name"),
        (
            '{"right": "rectification", "changes": {"discoverable": "true"}}',
            InvalidRequest,
            "/changes/discoverable",
        ),
        (
            '{"right": "rectification", "changes": {"session_device": 1}}',
            InvalidRequest,
            "/changes/session_device",
        ),
    ],
)
def test_refusal_names_the_place_in_the_body_that_was_sent(
    sent: str, problem: type[InvalidRequest], pointer: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        NewRequest.parse(sent.encode(), "application/json")
    errors: Any = refused.value.members["errors"]
    assert (type(refused.value), [one["pointer"] for one in errors]) == (problem, [pointer])


def test_more_changes_than_a_request_may_have_are_refused() -> None:
    changes = ",".join(f'"invoice_{chr(97 + number)}": "1"' for number in range(21))
    with pytest.raises(InvalidRequest) as refused:
        NewRequest.parse(f'{{"right":"rectification","changes":{{{changes}}}}}'.encode(), "application/json")
    errors: Any = refused.value.members["errors"]
    assert [(one["pointer"], one["code"]) for one in errors] == [("/changes", "too_long")]


def test_typed_changes_reach_the_rules_as_they_were_sent() -> None:
    sent = (
        b'{"right":"rectification","changes":{"date_of_birth":"1990-02-28","discoverable":true,"name":null}}'
    )
    asked = NewRequest.parse(sent, "application/json").requested()
    assert asked.changes == {"date_of_birth": "1990-02-28", "discoverable": True, "name": None}
