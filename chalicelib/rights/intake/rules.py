"""The rule of each right, by name."""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.rights.intake import (
    copies,
    erasure,
    marketing,
    objection,
    rectification,
    restriction,
    withdrawal,
)
from chalicelib.rights.intake.submission import IntakeRule
from chalicelib.rights.model import Right

RULES: Mapping[Right, IntakeRule] = {
    Right.ACCESS: copies.ACCESS,
    Right.PORTABILITY: copies.PORTABILITY,
    Right.ERASURE: erasure.ERASURE,
    Right.RECTIFICATION: rectification.RECTIFICATION,
    Right.RESTRICTION: restriction.RESTRICTION,
    Right.OBJECTION: objection.OBJECTION,
    Right.MARKETING_OBJECTION: marketing.MARKETING_OBJECTION,
    Right.CONSENT_WITHDRAWAL: withdrawal.CONSENT_WITHDRAWAL,
}


def rule_outside_the_app(right: Right, in_app_only: frozenset[str]) -> IntakeRule:
    """The rule of a right for requests without a session; it refuses the fields `in_app_only`."""
    rule = RULES[right]
    return replace(rule, takes=rule.takes - in_app_only)
