"""Sets the blocks of users at Stream as their lists say (ADR 37).

The routes do not call Stream. The table's stream names an account whose list changed. This module reads the
current list, compares it with Stream's, and sends the difference. So records may arrive late or twice, and
an outage of Stream only delays the block there.

Invariants:

- Only active accounts are compared. The thaw of an account is a change of it, which compares its list again.
- Our list decides: a block that a client set at Stream itself is lifted.
- A user whom Stream does not know, or refuses, delays no other one. It is counted.
- A list that cannot be opened is skipped and counted.
"""

from collections.abc import Iterable

from chalicelib.accounts.blocks import service as blocks
from chalicelib.accounts.blocks.model import BlockList
from chalicelib.accounts.blocks.service import BLOCKS
from chalicelib.accounts.model import Account
from chalicelib.accounts.service import ACCOUNT
from chalicelib.core import metrics, needs
from chalicelib.core.batches import batched
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.sealing import skip_unreadable
from chalicelib.privacy.purposes import Category
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.stream import answers, gateway
from chalicelib.stream.model import StreamRefused, StreamUnavailable, UserBurned

# Accounts per batched read, which takes 100 items: three per account, with its data key.
_ACCOUNTS_AT_ONCE = 33

# The personal data that the calls send to Stream.
_AN_ID = frozenset({Category.PSEUDONYM})
_A_BLOCK = _AN_ID | {Category.CONTACTS}


def sync_blocks(account_ids: Iterable[AccountId]) -> list[AccountId]:
    """Set the blocks of accounts at Stream; return the accounts to try again."""
    failed: list[AccountId] = []
    for some in batched(account_ids, _ACCOUNTS_AT_ONCE):
        for row in needs.read_accounts(some, (ACCOUNT, BLOCKS, DATA_KEY)):
            with skip_unreadable("blocks_unreadable"):
                account, listed = row[ACCOUNT], row[BLOCKS]
                if account and listed and not _is_done(account, listed):
                    failed.append(account.account_id)
    return failed


def _is_done(account: Account, listed: BlockList) -> bool:
    """Set one user's blocks; return whether no call has to be repeated. No list ever blocked nobody."""
    if not account.is_active:
        return True
    try:
        _set(account.user_id, blocks.wanted_at_stream(listed))
    except UserBurned:
        metrics.count(Metric.CHAT_PROFILE_SKIPPED)  # not sent to Stream yet, or deleted there
    except StreamRefused:
        metrics.count(Metric.CHAT_PROFILE_REFUSED)
    except StreamUnavailable:
        return False
    return True


def _set(user_id: UserId, wanted: frozenset[UserId]) -> None:
    stored = blocked_users(user_id)
    for other in sorted(wanted - stored):
        try:
            block(user_id, other)
        except UserBurned:
            metrics.count(Metric.CHAT_PROFILE_SKIPPED)
        except StreamRefused:
            metrics.count(Metric.CHAT_PROFILE_REFUSED)
    for gone in sorted(stored - wanted):
        try:
            unblock(user_id, gone)
        except UserBurned:
            continue  # lifted meanwhile, or deleted there
        except StreamRefused:
            metrics.count(Metric.CHAT_PROFILE_REFUSED)


def block(user_id: UserId, other: UserId) -> None:
    """Block a user on behalf of another; may be repeated.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: the block was not made.
    """
    gateway.ask(lambda client: client.block_user(other, user_id), sending=_A_BLOCK)


def unblock(user_id: UserId, other: str) -> None:
    """Lift a block; Stream may refuse to lift one that does not exist.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: the block was not lifted.
    """
    gateway.ask(lambda client: client.unblock_user(other, user_id), sending=_A_BLOCK)


def blocked_users(user_id: UserId) -> frozenset[str]:
    """The ids of the users whom a user blocks at Stream.

    Raises:
        StreamRefused, UserBurned, StreamUnavailable: they are not known.
    """
    answer = gateway.ask(lambda client: client.get_blocked_users(user_id), sending=_AN_ID)
    return gateway.read_answer(answers.blocked_users, answer)
