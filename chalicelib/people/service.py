"""Blocks a user and lifts a block.

A block ends the contact, both invitations, and the blocker's membership in the conversation of the two, in
the transaction that stores it.
"""

from chalicelib.accounts import service as accounts
from chalicelib.accounts.blocks import service as blocks
from chalicelib.accounts.blocks.service import BlocksMoved, Peer, ReverseMoved
from chalicelib.accounts.service import ACCOUNT, OPEN_ACCOUNT, AccountGone
from chalicelib.core import needs
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.transactions import Write, commit
from chalicelib.people.contacts import pairs, store
from chalicelib.people.contacts.pairs import TRIES
from chalicelib.people.contacts.store import PairMoved, Side
from chalicelib.people.conversations.endings import membership_in_pair
from chalicelib.people.conversations.store import ConversationMoved
from chalicelib.privacy.subject_keys import DATA_KEY


def block(me: Peer, user_id: UserId) -> None:
    """Keep a user away, also one who does not exist. Repeating it changes nothing.

    Raises:
        NotFound: it is the caller, or the caller's account is being erased.
        BlockLimitReached: the list is full.
        Unavailable: concurrent changes won every time.
    """
    if user_id == me.account.user_id:
        raise NotFound
    for _ in range(TRIES):
        account_id, phone = _find(user_id)
        added = blocks.adding(me, user_id, account_id, phone)
        ended = _ending(me, Side(account_id, user_id), added) if account_id else []
        try:
            if added or ended:
                # Otherwise a late request could leave a reverse row that the caller's erasure did not see.
                commit(*added, *ended, accounts.not_erasing(me.account.account_id))
        except (BlocksMoved, ReverseMoved, PairMoved, ConversationMoved, AccountGone):
            me = pairs.read_again(me)
        else:
            return
    raise Unavailable


def _ending(me: Peer, other: Side, added: list[Write]) -> list[Write]:
    """The writes that end what two users have in common, on condition that the other account exists.

    There are none if the block is stored already and nothing is left to end.
    """
    mine = pairs.side_of(me)
    pair = store.read_pair(mine, other)
    membership = membership_in_pair(mine.account_id, mine.user_id, other.user_id)
    if not added and not pair.found and not membership.exists:
        return []
    return [*pair.ending_everything(), *membership.ending, accounts.not_erasing(other.account_id)]


def lift(me: Peer, user_id: UserId) -> None:
    """Lift the block of a user's id. Repeating it changes nothing; no contact comes back.

    A block of the user's number stays: it is the entry of another id, which the list of blocks shows.

    Raises:
        Unavailable: concurrent changes won every time.
    """
    for _ in range(TRIES):
        writes = blocks.lifting(me, user_id)
        try:
            if writes:
                commit(*writes)
        except (BlocksMoved, ReverseMoved):
            me = pairs.read_again(me)
        else:
            return
    raise Unavailable


def _find(user_id: UserId) -> tuple[AccountId | None, str | None]:
    """The account of a user in any state, and its number.

    An account that is being erased counts as erased. The number of one that cannot be opened is not known, so
    the block does not follow it.
    """
    owner = accounts.owner_of_user(user_id)
    if owner is None:
        return None, None
    (row,) = needs.read_accounts([owner], (OPEN_ACCOUNT, DATA_KEY))
    with skip_unreadable("account_unreadable"):
        account = row[OPEN_ACCOUNT]
        return (owner, account.phone) if account else (None, None)
    return (owner, None) if row[ACCOUNT] else (None, None)
