"""The intake of requests: one rule for each right that is offered."""

from chalicelib.rights import procedures
from chalicelib.rights.intake.body import RequestedChange
from chalicelib.rights.intake.rules import RULES


def test_each_right_with_a_procedure_has_an_intake_rule_and_no_other() -> None:
    assert RULES.keys() == procedures.OFFERED


def test_each_field_that_a_rule_takes_is_a_field_of_the_body() -> None:
    taken = {name for rule in RULES.values() for name in rule.takes}
    assert taken <= RequestedChange.model_fields.keys()
