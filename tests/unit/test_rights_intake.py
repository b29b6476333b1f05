"""The intake of requests: one rule for each right."""

from chalicelib.rights.intake.body import RequestedChange
from chalicelib.rights.intake.submission import IntakeRule, rule_of
from chalicelib.rights.request.terms import Right


def test_each_right_has_an_intake_rule() -> None:
    assert {type(rule_of(right)) for right in Right} == {IntakeRule}


def test_each_field_that_a_rule_takes_is_a_field_of_the_body() -> None:
    taken = {name for right in Right for name in rule_of(right).takes}
    assert taken <= RequestedChange.model_fields.keys()
