"""The writes of suspensions and of pauses of reports, and what an account's writes require of them (ADR 115).

A suspension has an end, after which the account is as its state says, whether or not a write removed it.
"""

from collections.abc import Mapping
from datetime import datetime

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.accounts.discovery import store as discovery
from chalicelib.accounts.limitations import Limitation
from chalicelib.accounts.model import Account, AccountState
from chalicelib.accounts.store import account_key
from chalicelib.core import clock
from chalicelib.core.ids import SafetyDecisionId
from chalicelib.core.table import Attr, Change, Conflict, Present, Write, visible
from chalicelib.privacy import unsent


class StateMoved(Conflict):
    """The account does not exist, is being erased, or changed its state since it was read."""


def is_active() -> ConditionBase:
    """The condition that an account is active; as `Account.is_active`, by this function's clock."""
    until = Attr("suspended_until")
    is_open = until.not_exists() | until.lte(clock.to_text(clock.now()))
    return Attr("state").eq(AccountState.ACTIVE) & is_open


def is_in_state(account: Account) -> ConditionBase:
    """The condition that state, freeze and revocation of an account are as they were read."""
    same = visible() & Attr("state").eq(account.state) & Attr("state").ne(AccountState.ERASING)
    if account.frozen and account.state is AccountState.FROZEN:
        frozen = account.frozen
        same &= Attr("frozen.request_id").eq(frozen.request_id) & Attr("frozen.before").eq(frozen.before)
    if account.revoked_before is None:
        return same & Attr("revoked_before").not_exists()
    return same & Attr("revoked_before").eq(clock.to_text(account.revoked_before))


def limiting(account: Account, how: Limitation, until: datetime, decision: SafetyDecisionId) -> list[Write]:
    """The writes that limit an account, in any state; a suspension revokes its chat tokens, and hides it.

    As those of `unlimiting` and `limited_as`, their conflict is StateMoved: the account changed since it was
    read, or is being erased.
    """
    rows: list[Write] = []
    put = {f"{how}_until": clock.to_text(until), f"{how}_by": decision}
    if how is Limitation.SUSPENSION:
        revoked = max(clock.now(), account.revoked_before or clock.now())
        put |= {"revoked_before": clock.to_text(revoked)}
        rows = discovery.deletions(account)
    return [_change(account, how, put, ()), *rows]


def unlimiting(account: Account, how: Limitation) -> list[Write]:
    """The writes that end a limitation of an account that was read."""
    change = _change(account, how, {}, (f"{how}_until", f"{how}_by"))
    if how is not Limitation.SUSPENSION:
        return [change]
    return [change, *discovery.rows(account.model_copy(update={"suspended_until": None}), account.state)]


def limited_as(account: Account) -> Present:
    """The condition that an account has the limitations that were read, or none."""
    same = _is_limited_as(account, Limitation.SUSPENSION) & _is_limited_as(account, Limitation.PAUSE)
    return Present(account_key(account.account_id), is_in_state(account) & same, conflict=StateMoved)


def _change(account: Account, how: Limitation, put: Mapping[str, object], drop: tuple[str, ...]) -> Change:
    place = account_key(account.account_id)
    only_if = is_in_state(account) & _is_limited_as(account, how) & discovery.is_found_as(account)
    put = {**put, **unsent.new_mark(place)}
    return Change(place, put=put, drop=drop, only_if=only_if, conflict=StateMoved)


def is_suspended_as(account: Account) -> ConditionBase:
    """The condition that an account has the suspension that was read, or none."""
    return _is_limited_as(account, Limitation.SUSPENSION)


def _is_limited_as(account: Account, how: Limitation) -> ConditionBase:
    by = Attr(f"{how}_by")
    known = getattr(account, f"{how}_by")
    return by.eq(known) if known else by.not_exists()
