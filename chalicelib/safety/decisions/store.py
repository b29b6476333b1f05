"""The table of decisions, and the decisions about an account."""

from chalicelib.core.ids import AccountId, SafetyDecisionId
from chalicelib.safety import store
from chalicelib.safety.decisions.model import SafetyDecision

DECISIONS = store.cases(SafetyDecision, "safety_decisions", SafetyDecisionId, lambda one: one.listing)


def decisions_about(account_id: AccountId) -> list[SafetyDecision]:
    """The newest 100 decisions about an account that can be read, newest first."""
    return store.newest_of(SafetyDecision, account_id)
