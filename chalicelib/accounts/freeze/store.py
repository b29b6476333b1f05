"""The writes that freeze an account for an erasure, thaw it, and end it; the condition that none ended it.

Each write requires the state from which it starts. So a write for another request, or a late one, conflicts.
"""

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.accounts.model import AccountState, Frozen
from chalicelib.accounts.store import account_key
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.table import Attr, Change, Conflict, Present, visible


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
    return Present(account_key(account_id), only_if=Attr("state").eq(AccountState.ACTIVE), conflict=NotActive)


def freezing(account_id: AccountId, frozen: Frozen) -> Change:
    """The write that freezes an account for an erasure; its conflict is NotFreezable.

    For the same request it may be repeated, with another end. It requires the state `frozen.before`, so that
    a restriction that was placed since the account was read is not lost.
    """
    usable = Attr("state").is_in([AccountState.ACTIVE, AccountState.RESTRICTED])
    free = usable & Attr("state").eq(frozen.before)
    again = _is_frozen_for(frozen.request_id) & Attr("frozen.before").eq(frozen.before)
    return Change(
        account_key(account_id),
        put={"state": AccountState.FROZEN, "frozen": frozen.model_dump(mode="json")},
        only_if=visible() & (free | again),
        conflict=NotFreezable,
    )


def thawing(account_id: AccountId, frozen: Frozen) -> Change:
    """The write that undoes a freeze and restores the state before it; its conflict is NotFrozen."""
    return Change(
        account_key(account_id),
        put={"state": frozen.before},
        drop=("frozen",),
        only_if=visible() & _is_frozen_for(frozen.request_id) & Attr("frozen.before").eq(frozen.before),
        conflict=NotFrozen,
    )


def ending(account_id: AccountId, request_id: RightsRequestId) -> Change:
    """The write after which no route and no job finds the account; its conflict is NotFrozen."""
    return Change(
        account_key(account_id),
        put={"state": AccountState.ERASING},
        only_if=visible() & _is_frozen_for(request_id),
        conflict=NotFrozen,
    )


def not_erasing(account_id: AccountId) -> Present:
    """The condition that an account exists and `ending` was not written; its conflict is AccountGone."""
    return Present(
        account_key(account_id),
        only_if=Attr("state").ne(AccountState.ERASING),
        conflict=AccountGone,
    )


def _is_frozen_for(request_id: RightsRequestId) -> ConditionBase:
    return Attr("state").eq(AccountState.FROZEN) & Attr("frozen.request_id").eq(request_id)
