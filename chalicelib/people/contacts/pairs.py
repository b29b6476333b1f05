"""Reads the users of a pair, and makes them contacts in one transaction.

Whether two users may meet is judged from both lists of blocks. The transaction requires the versions that
were judged, so a block that comes in between prevents the contact.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.accounts.avatars.service import AVATAR
from chalicelib.accounts.blocks import service as blocks
from chalicelib.accounts.blocks.service import PEER, BlocksMoved, Peer, keep_apart
from chalicelib.accounts.profiles.model import PublicProfile
from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.core import metrics, needs
from chalicelib.core.batches import batched
from chalicelib.core.errors import NotFound, Unavailable, existing
from chalicelib.core.ids import AccountId
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Wanted
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.transactions import Write, commit
from chalicelib.people.contacts import store
from chalicelib.people.contacts.model import ContactLimitReached
from chalicelib.people.contacts.store import Side

TRIES = 3
# Accounts per batched read of a hundred items: each has five.
PEOPLE_AT_ONCE = 20

_PERSON: tuple[Wanted[Any], ...] = (*PEER, PROFILE, AVATAR)


@dataclass(frozen=True, repr=False)
class Person:
    """A user, as others may meet them."""

    peer: Peer
    profile: PublicProfile | None

    @property
    def side(self) -> Side:
        """The ids of this user."""
        return side_of(self.peer)


@dataclass(frozen=True, repr=False)
class Met:
    """A contact of the caller; `is_new`: this call made it."""

    profile: PublicProfile
    is_new: bool


def side_of(peer: Peer) -> Side:
    """The ids of a user."""
    return Side(peer.account.account_id, peer.account.user_id)


def read_people(account_ids: Iterable[AccountId]) -> dict[AccountId, Person]:
    """Read at most 20 users in one consistent read; skip erased ones, and those who cannot be opened."""
    return {person.side.account_id: person for person in _read(account_ids)}


def read_all(account_ids: Iterable[AccountId]) -> dict[AccountId, Person]:
    """Read any number of users, 20 at a time; skip those that `read_people` skips."""
    return {
        account_id: person
        for some in batched(account_ids, PEOPLE_AT_ONCE)
        for account_id, person in read_people(some).items()
    }


def _read(account_ids: Iterable[AccountId]) -> Iterable[Person]:
    for row in needs.read_accounts(account_ids, _PERSON):
        with skip_unreadable("contact_unreadable"):
            peer, profile = blocks.peer_of(row), row[PROFILE]
            if peer:
                shown = PublicProfile.of(peer.account, profile, row[AVATAR]) if profile else None
                yield Person(peer, shown)


def read_again(peer: Peer) -> Peer:
    """Read the caller again, after a write that lost a race.

    Raises:
        NotFound: the account is erased.
    """
    (row,) = needs.read_accounts([peer.account.account_id], PEER)
    return existing(blocks.peer_of(row))


def may_meet(me: Peer, other: Person | None) -> bool:
    """Return whether a user may see and meet another one."""
    return (
        other is not None
        and other.profile is not None
        and other.peer.is_active
        and other.side.account_id != me.account.account_id
        and not keep_apart(me, other.peer)
    )


def connect(me: Peer, find: Callable[[], tuple[Person, list[Write]]]) -> Met:
    """Make the caller and another user contacts, and return what the caller sees of the other.

    Args:
        me: the caller.
        find: reads the other user, and returns further writes of the transaction. It is called again after a
            lost race. Raises NotFound if there is none.

    Raises:
        NotFound: the two may not meet, or the other one has too many contacts.
        ContactLimitReached: the caller has as many contacts as an account may have.
        Unavailable: concurrent changes won every time.
    """
    for _ in range(TRIES):
        other, more = find()
        if not may_meet(me, other) or other.profile is None:
            raise NotFound
        try:
            commit(*_creations(me, other.peer), *more)
        except store.AlreadyContacts:
            return Met(other.profile, is_new=False)
        except (BlocksMoved, store.PairMoved):
            me = read_again(me)
        except store.OwnContactsFull:
            raise ContactLimitReached from None
        except (store.OthersContactsFull, accounts.NotActive):
            raise NotFound from None
        else:
            metrics.count(Metric.CONTACT_MADE)
            return Met(other.profile, is_new=True)
    raise Unavailable


def _creations(me: Peer, other: Peer) -> tuple[Write, ...]:
    mine, theirs = side_of(me), side_of(other)
    return (
        store.contact_creation(mine.account_id, theirs.user_id, theirs.account_id, me.keys),
        store.contact_creation(theirs.account_id, mine.user_id, mine.account_id, other.keys),
        accounts.active(mine.account_id),
        accounts.active(theirs.account_id),
        blocks.unchanged(mine.account_id, me.blocks),
        blocks.unchanged(theirs.account_id, other.blocks),
        store.count_up(mine.account_id, store.OwnContactsFull),
        store.count_up(theirs.account_id, store.OthersContactsFull),
    )
