"""The rule of each right, by name."""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.rights.copy import intake as copies
from chalicelib.rights.erasure import intake as erasure
from chalicelib.rights.intake.submission import IntakeRule
from chalicelib.rights.objection import intake as objection
from chalicelib.rights.objection import marketing
from chalicelib.rights.rectification import intake as rectification
from chalicelib.rights.request.model import Right
from chalicelib.rights.restriction import intake as restriction
from chalicelib.rights.withdrawal import intake as withdrawal

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


# A subject requests these in the app only, with a step-up.
_IN_APP_ONLY = frozenset({"transfer_to", "waive_grace"})


def rule_outside_the_app(right: Right) -> IntakeRule:
    """The rule of a right for requests without a session.

    It refuses fields that only the app may send, and what one proof or one operator must not change at once
    waits until the account was warned.
    """
    rule = RULES[right]
    return replace(rule, takes=rule.takes - _IN_APP_ONLY, begin=rule.deferred or rule.begin)
