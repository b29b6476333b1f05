"""The intake of requests: one rule for each right."""

from chalicelib.rights.intake.body import RequestedChange
from chalicelib.rights.intake.rules import RULES
from chalicelib.rights.request.model import Right


def test_each_right_has_an_intake_rule() -> None:
    assert RULES.keys() == set(Right)


def test_each_field_that_a_rule_takes_is_a_field_of_the_body() -> None:
    taken = {name for rule in RULES.values() for name in rule.takes}
    assert taken <= RequestedChange.model_fields.keys()
