"""The writes that restrict an account and release it, each for the transaction that records why.

A frozen account stays frozen: the state that its thaw restores is changed. Each write requires the state that
was read, so a freeze or thaw in between conflicts.
"""

from datetime import datetime

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.accounts.model import Account, AccountState
from chalicelib.accounts.store import account_key
from chalicelib.core import clock
from chalicelib.core.table import Attr, Change, Conflict, visible


class StateMoved(Conflict):
    """The account does not exist, is being erased, or changed its state since it was read."""


def restricting(account: Account, revoked_before: datetime) -> Change:
    """The write that restricts an account and revokes its chat tokens that were issued before an instant."""
    revoked = max(revoked_before, account.revoked_before or revoked_before)
    return _moving(account, AccountState.RESTRICTED, {"revoked_before": clock.to_text(revoked)})


def releasing(account: Account) -> Change:
    """The write that makes a restricted account active again."""
    return _moving(account, AccountState.ACTIVE, {})


def _moving(account: Account, state: AccountState, also: dict[str, object]) -> Change:
    put: dict[str, object] = {"state": state}
    if account.frozen and account.state is AccountState.FROZEN:
        thawed = account.frozen.model_copy(update={"before": state})
        put = {"frozen": thawed.model_dump(mode="json")}
    return Change(
        account_key(account.account_id), put=put | also, only_if=_is_as_read(account), conflict=StateMoved
    )


def _is_as_read(account: Account) -> ConditionBase:
    same = visible() & Attr("state").eq(account.state) & Attr("state").ne(AccountState.ERASING)
    if account.frozen and account.state is AccountState.FROZEN:
        frozen = account.frozen
        same &= Attr("frozen.request_id").eq(frozen.request_id) & Attr("frozen.before").eq(frozen.before)
    if account.revoked_before is None:
        return same & Attr("revoked_before").not_exists()
    return same & Attr("revoked_before").eq(clock.to_text(account.revoked_before))
