"""The writes of an account's state, and the conditions on it.

The state is in clear: active, frozen for an erasure, restricted, or being erased. Beside it, a suspension has
an end, after which the account is as its state says. Each write of the state belongs to the transaction that
records why, and requires the state from which it starts. So a write for another request, or a late one,
conflicts. A restriction leaves a frozen account frozen: it changes the state that the thaw restores. With the
state, the row by which the account is found by number is written or deleted (ADR 118).
"""

from datetime import datetime

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.accounts.discovery import store as discovery
from chalicelib.accounts.model import Account, AccountState, Frozen
from chalicelib.accounts.store import account_key
from chalicelib.accounts.store.suspensions import StateMoved, is_active, is_in_state, is_suspended_as
from chalicelib.core import clock
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.table import Attr, Change, Conflict, Present, Write, visible
from chalicelib.privacy import unsent

_NOT_ERASING = Attr("state").ne(AccountState.ERASING)


class NotFreezable(Conflict):
    """The account is frozen for another request, is being erased, or changed its state since it was read."""


class AccountGone(Conflict):
    """The account does not exist, or its erasure is past the point of no return."""


class NotFrozen(Conflict):
    """The account is not frozen for this request, or its erasure is past the point of no return."""


class NotActive(Conflict):
    """The account does not exist, or is frozen, restricted or being erased."""


def active(account_id: AccountId) -> Present:
    """The condition that an account exists and is active; its conflict is NotActive."""
    return Present(account_key(account_id), only_if=is_active(), conflict=NotActive)


def freezing(account: Account, frozen: Frozen) -> list[Write]:
    """The writes that freeze an account for an erasure; their conflict is NotFreezable.

    For the same request it may be repeated, with another end. It requires the state `frozen.before`, so that
    a restriction that was placed since the account was read is not lost.
    """
    usable = Attr("state").is_in([AccountState.ACTIVE, AccountState.RESTRICTED])
    free = usable & Attr("state").eq(frozen.before)
    again = _is_frozen_for(frozen.request_id) & Attr("frozen.before").eq(frozen.before)
    change = Change(
        place := account_key(account.account_id),
        put={"state": AccountState.FROZEN, "frozen": frozen.model_dump(mode="json")} | unsent.new_mark(place),
        only_if=visible() & (free | again) & discovery.is_found_as(account),
        conflict=NotFreezable,
    )
    return [change, *discovery.deletions(account)]


def thawing(account: Account, frozen: Frozen) -> list[Write]:
    """The writes that undo a freeze and restore the state before it; their conflict is NotFrozen."""
    frozen_so = _is_frozen_for(frozen.request_id) & Attr("frozen.before").eq(frozen.before)
    change = Change(
        place := account_key(account.account_id),
        put={"state": frozen.before} | unsent.new_mark(place),
        drop=("frozen",),
        only_if=visible() & frozen_so & discovery.is_found_as(account),
        conflict=NotFrozen,
    )
    return [change, *discovery.rows(account, frozen.before)]


def ending(account_id: AccountId, request_id: RightsRequestId) -> Change:
    """The write after which no route and no job finds the account; its conflict is NotFrozen."""
    only_if, put = visible() & _is_frozen_for(request_id), {"state": AccountState.ERASING}
    return Change(account_key(account_id), put=put, only_if=only_if, conflict=NotFrozen)


def not_erasing(account_id: AccountId) -> Present:
    """The condition that an account exists and `ending` was not written; its conflict is AccountGone."""
    return Present(account_key(account_id), only_if=_NOT_ERASING, conflict=AccountGone)


def _is_frozen_for(request_id: RightsRequestId) -> ConditionBase:
    return Attr("state").eq(AccountState.FROZEN) & Attr("frozen.request_id").eq(request_id)


def restricting(account: Account, revoked_before: datetime) -> list[Write]:
    """The writes that restrict an account and revoke its chat tokens that were issued before an instant."""
    revoked = max(revoked_before, account.revoked_before or revoked_before)
    return _moving_to(account, AccountState.RESTRICTED, {"revoked_before": clock.to_text(revoked)})


def releasing(account: Account) -> list[Write]:
    """The writes that make a restricted account active again."""
    return _moving_to(account, AccountState.ACTIVE, {})


def refinding(account: Account) -> list[Write]:
    """The writes after which an opened account is found by the current version of the lookup key.

    There are none for an account that is not found by number.
    """
    name, before = discovery.row_name(account.phone), account.found_under
    if before is None:
        return []
    same = is_in_state(account) & discovery.is_found_as(account)
    after = account.model_copy(update={"found_under": name})
    return [
        Change(account_key(account.account_id), put={"found_under": name}, only_if=same, conflict=StateMoved),
        *(discovery.deletions(account) if before != name else ()),
        *discovery.rows(after, account.state),
    ]


def showing(account: Account) -> list[Write]:
    """The writes of the row of an account, if it is found by number; their conflict is StateMoved."""
    if not (rows := discovery.rows(account, account.state)):
        return []
    same = is_in_state(account) & discovery.is_found_as(account)
    return [Present(account_key(account.account_id), same, conflict=StateMoved), *rows]


def sent(account: Account, mark: unsent.UnsentMark | None) -> Write:
    """The removal of an account's mark if state, suspension and revocation are as they were sent to Stream.

    Without a mark it is the condition that they are. Its conflict is MarkMoved.
    """
    place, revoked, before = account_key(account.account_id), Attr("revoked_before"), account.revoked_before
    same = Attr("state").eq(account.state) & is_suspended_as(account)
    same &= revoked.eq(clock.to_text(before)) if before else revoked.not_exists()
    return unsent.removal(mark, same) if mark else Present(place, same, conflict=unsent.MarkMoved)


def _moving_to(account: Account, state: AccountState, also: dict[str, object]) -> list[Write]:
    put: dict[str, object] = {"state": state}
    rows = [*discovery.rows(account, state)] or discovery.deletions(account)
    if account.frozen and account.state is AccountState.FROZEN:
        thawed = account.frozen.model_copy(update={"before": state})
        put, rows = {"frozen": thawed.model_dump(mode="json")}, []
    place = account_key(account.account_id)
    put |= also | unsent.new_mark(place)
    only_if = is_in_state(account) & discovery.is_found_as(account)
    return [Change(place, put=put, only_if=only_if, conflict=StateMoved), *rows]
