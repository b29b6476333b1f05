"""Lists contacts, adds one by a code, ends one; finds live contacts for conversations."""

from collections.abc import Collection, Iterable

from chalicelib.accounts import service as accounts
from chalicelib.accounts.blocks.service import Peer, keep_apart
from chalicelib.accounts.profiles.model import PublicProfile
from chalicelib.core.errors import NotFound
from chalicelib.core.http import Cursor, PageSize, invalid_cursor
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.transactions import Write, commit, retry_on
from chalicelib.people.contacts import pairs, store
from chalicelib.people.contacts.codes import service as codes
from chalicelib.people.contacts.model import ContactList, GivenCode, WrongContactCode
from chalicelib.people.contacts.pairs import Met, Person
from chalicelib.people.contacts.store import (  # noqa: F401 - offered to other rooms
    NotContacts,
    PairMoved,
    Side,
    contact_with,
    invitation_from,
    still_contact,
)

# The most users of one call of `live_contacts`.
MOST_AT_ONCE = 99


def add_by_code(me: Peer, body: GivenCode) -> Met:
    """Make the caller a contact of the owner of a code. Repeating it changes nothing.

    Raises:
        WrongContactCode: the code is wrong, replaced, withdrawn, expired or the caller's own, or its owner
            is not active, blocks the caller, is blocked, or has too many contacts. The calls are the same.
        ContactLimitReached, Unavailable: as for `pairs.connect`.
    """

    def find() -> tuple[Person, list[Write]]:
        found = codes.find_owner(body.normalized())
        owner = found[0] if found else AccountId.new()
        person = pairs.read_people([owner]).get(owner)
        if person is None or found is None:
            raise NotFound
        return person, [found[1]]

    try:
        return pairs.connect(me, find)
    except (NotFound, codes.CodeMoved):
        raise WrongContactCode from None


def listed(me: Peer, cursor: Cursor | None, size: PageSize) -> ContactList:
    """A page of contacts; the cursor is the last user of the page before.

    A contact whose account is frozen or restricted is not listed until it is active again. So a page may have
    fewer items than others.

    Raises:
        InvalidRequest: the cursor is not the id of a user.
    """
    after = UserId.parse(cursor) if cursor else None
    if cursor and after is None:
        raise invalid_cursor()
    user_ids = store.contacts_of(me.account.account_id, after, size)
    seen = profiles_of(me, user_ids)
    items = tuple(profile for user_id in user_ids if (profile := seen.get(user_id)))
    return ContactList(items=items, next_cursor=user_ids[-1] if len(user_ids) == size else None)


def profiles_of(me: Peer, user_ids: Iterable[UserId]) -> dict[UserId, PublicProfile]:
    """The profiles of those of at most 100 users who are contacts that the caller may meet."""
    owner = me.account.account_id
    people = pairs.read_all(store.accounts_of_contacts(owner, user_ids).values())
    met = (one for one in people.values() if pairs.may_meet(me, one))
    return {one.side.user_id: one.profile for one in met if one.profile}


def contact_of(me: Peer, user_id: UserId) -> Peer | None:
    """A contact whom the caller may meet. If there is none, the calls are the same."""
    found = store.accounts_of_contacts(me.account.account_id, [user_id])
    account_id = found.get(user_id) or AccountId.new()
    person = pairs.read_people([account_id]).get(account_id)
    return person.peer if person and pairs.may_meet(me, person) else None


@retry_on(PairMoved)
def end(me: Peer, user_id: UserId) -> None:
    """End a contact on both sides. Repeating it changes nothing.

    Raises:
        Unavailable: concurrent changes won every time.
    """
    mine = pairs.side_of(me)
    account_id = store.accounts_of_contacts(mine.account_id, [user_id]).get(user_id)
    if account_id is None:
        return
    commit(*store.read_pair(mine, Side(account_id, user_id)).ending_contact())


def live_contacts(owner: AccountId, user_ids: Collection[UserId]) -> dict[UserId, AccountId]:
    """Those of at most 99 users who are contacts of an account and active, with their accounts.

    It takes two batched reads: the contacts by their keys, then their accounts. For a user who is no contact,
    the second one reads an account that does not exist, so the calls disclose nothing. None of the contacts
    blocks the owner or is blocked, because a block ends the contact. It does not say whether they block each
    other; see `may_share_a_group`.

    Raises:
        ValueError: more than 99 users.
        Unavailable: a table does not answer.
    """
    if len(user_ids) > MOST_AT_ONCE:
        raise ValueError(f"at most {MOST_AT_ONCE} users")
    found = store.accounts_of_contacts(owner, user_ids)
    glances = accounts.glances(found.get(user_id) or AccountId.new() for user_id in user_ids)
    return {
        user_id: account_id
        for user_id, account_id in found.items()
        if (account := glances.get(account_id)) and account.is_active
    }


def may_share_a_group(account_ids: Collection[AccountId]) -> bool:
    """Return whether no user of a new group blocks another one, and all of them can be read.

    It reads 25 accounts at a time.

    Raises:
        Unavailable: a table does not answer.
    """
    people = pairs.read_all(dict.fromkeys(account_ids))
    peers = [person.peer for person in people.values()]
    return len(peers) == len({*account_ids}) and not any(
        keep_apart(one, other) for number, one in enumerate(peers) for other in peers[number + 1 :]
    )
