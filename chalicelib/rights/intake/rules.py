"""The rule of each right, from its declaration."""

from dataclasses import replace

from chalicelib.rights.intake.submission import IntakeRule
from chalicelib.rights.request import declaration
from chalicelib.rights.request.terms import Right

# A subject requests these in the app only, with a step-up.
_IN_APP_ONLY = frozenset({"transfer_to", "waive_grace"})


def rule_of(right: Right) -> IntakeRule:
    """The rule of a right for requests from the app."""
    rule: IntakeRule = declaration.load(declaration.of(right).intake)
    return rule


def rule_outside_the_app(right: Right) -> IntakeRule:
    """The rule of a right for requests without a session.

    It refuses fields that only the app may send, and what one proof or one operator must not change at once
    waits until the account was warned.
    """
    rule = rule_of(right)
    return replace(rule, takes=rule.takes - _IN_APP_ONLY, begin=rule.deferred or rule.begin)
