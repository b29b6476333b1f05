"""Which limitations an account has by the decisions about it (ADR 115).

The longest is in force. Of two that begin or end at once, the second write fails and is built again.
"""

from collections.abc import Iterable
from datetime import datetime

from chalicelib.accounts import service as accounts
from chalicelib.accounts.limitations import Limitation
from chalicelib.accounts.model import Account, AccountState
from chalicelib.core.ids import AccountId, SafetyDecisionId
from chalicelib.core.transactions import Write, commit
from chalicelib.safety.decisions.model import SafetyDecision
from chalicelib.safety.decisions.store import DECISIONS, decisions_about

Lasting = tuple[datetime, SafetyDecisionId]


def limiting(account: Account, made: SafetyDecision) -> list[Write]:
    """The writes that limit an account, or the condition that it has longer limitations already."""
    until, writes = made.lasts_until, list[Write]()
    for how in made.limitations:
        has = how.of(account)
        if until and (has is None or has[0] < until):
            writes += accounts.limiting(account, how, until, made.safety_decision_id)
    return writes or [accounts.limited_as(account)]


def live(account_id: AccountId) -> Account | None:
    """An account that is not being erased."""
    account = accounts.glances([account_id]).get(account_id)
    return account if account and account.state is not AccountState.ERASING else None


def lifting(found: SafetyDecision) -> list[Write]:
    """The writes that lift what a decision still does; another decision's limitation goes on."""
    account = live(found.account_id)
    if account is None:
        return []
    own = [
        how for how in found.limitations if (has := how.of(account)) and has[1] == found.safety_decision_id
    ]
    return [
        write
        for how in own
        for write in _settling(account, how, _longest(account, how, but=found.safety_decision_id))
    ]


def _settling(account: Account, how: Limitation, should: Lasting | None) -> list[Write]:
    return accounts.limiting(account, how, *should) if should else accounts.unlimiting(account, how)


def _longest(account: Account, how: Limitation, but: SafetyDecisionId | None = None) -> Lasting | None:
    """The limitation that an account should have by the decisions about it."""
    lasting = (
        (one.lasts_until, one.safety_decision_id)
        for one in known(account, how)
        if one.lasts and one.lasts_until and how in one.limitations and one.safety_decision_id != but
    )
    return max(lasting, default=None)


def known(account: Account, how: Limitation) -> Iterable[SafetyDecision]:
    """The decisions about an account. Their index is read a moment late, so the one in force is read too."""
    found = {one.safety_decision_id: one for one in decisions_about(account.account_id)}
    has = how.of(account)
    if has and has[1] not in found and (in_force := DECISIONS.read(has[1])):
        found[has[1]] = in_force
    return found.values()


def settle(account_id: AccountId) -> None:
    """Give an account the limitations that the decisions about it have now, unless it is erased.

    A job does it some time after a decision, and a replay after a restore.

    Raises:
        Conflict: the account changed meanwhile.
        Unavailable: a table does not answer.
    """
    for how in Limitation:
        if (account := live(account_id)) and (should := _longest(account, how)) != how.of(account):
            commit(*_settling(account, how, should))
