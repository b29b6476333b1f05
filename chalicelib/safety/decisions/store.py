"""The table of decisions, and the decisions about an account."""

from collections.abc import Iterator

from chalicelib.core.ids import AccountId, SafetyDecisionId
from chalicelib.safety import store
from chalicelib.safety.decisions.model import SafetyDecision

DECISIONS = store.cases(SafetyDecision, "safety_decisions", SafetyDecisionId, lambda one: one.listing)


def decisions_about(account_id: AccountId) -> Iterator[SafetyDecision]:
    """All decisions about an account that can be read, newest first. Only operators make some."""
    return store.all_of(SafetyDecision, account_id)
