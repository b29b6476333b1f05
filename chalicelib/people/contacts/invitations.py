"""Sends, lists, accepts and declines invitations.

A sender learns nothing from the answer: every invitation makes the same calls. If it may not be delivered,
they concern an account that does not exist, and the conditions of the transaction fail.
"""

from chalicelib.accounts import service as accounts
from chalicelib.accounts.blocks import service as blocks
from chalicelib.accounts.blocks.service import BlocksMoved, Peer
from chalicelib.accounts.model import ClaimKind
from chalicelib.accounts.profiles.model import PublicProfile
from chalicelib.core import clock
from chalicelib.core.errors import NotFound
from chalicelib.core.http import Cursor, PageSize
from chalicelib.core.ids import AccountId, InvitationId, UserId
from chalicelib.core.settings import settings
from chalicelib.core.transactions import Conflict, Write, commit, retry_on
from chalicelib.people.contacts import pacing, pairs, store
from chalicelib.people.contacts.model import Invitation, InvitationList, InvitationState, InvitationView
from chalicelib.people.contacts.pairs import TRIES, Person
from chalicelib.people.contacts.store import OldestMoved, PairMoved
from chalicelib.privacy.periods import Period

# A transaction has at most 100 writes. More are over only after the limit was lowered.
_DROPPED_AT_ONCE = 40
_LIST = "i"  # in cursors


def send(me: Peer, user_id: UserId) -> None:
    """Invite a user, if there is one who may be invited. Nothing is returned or raised about that.

    Raises:
        TooMany: see `pacing.check_age`.
        Unavailable: a table does not answer. The invited user makes no difference.
    """
    pacing.check_age(me.account)
    to = user_id if pacing.is_delivered(me.account.account_id) else UserId.new()
    for _ in range(TRIES):
        try:
            _send(me, to)
        except (BlocksMoved, OldestMoved):  # a race with another write, which says nothing about the user
            me = pairs.read_again(me)
        except Conflict:
            return
        else:
            return


def _send(me: Peer, user_id: UserId) -> None:
    owner = accounts.glance_at_owner(ClaimKind.USER, user_id) or AccountId.new()
    person = pairs.read_people([owner]).get(owner)
    known = person if person and pairs.may_meet(me, person) else None
    recipient = known.side.account_id if known else AccountId.new()
    keys = known.peer.keys if known else me.keys
    before = store.received(recipient)
    invitation = Invitation(
        invitation_id=InvitationId.new(),
        user_id=me.account.user_id,
        account_id=me.account.account_id,
        sent_at=clock.now(),
    )
    commit(
        accounts.active(recipient),
        accounts.active(me.account.account_id),
        blocks.unchanged(me.account.account_id, me.blocks),
        blocks.unchanged(recipient, known.peer.blocks if known else None),
        *store.invitation_creations(recipient, pairs.side_of(me), invitation, keys),
        *_drop_oldest(recipient, before),
    )


def _drop_oldest(recipient: AccountId, before: list[Invitation]) -> list[Write]:
    """The writes that make room for one more: a stranger must not keep later invitations out.

    A decided invitation stays until its end, or its sender could invite again, and is not counted.
    """
    pending = [one for one in before if one.state is InvitationState.PENDING]
    over = len(pending) + 1 - settings().limits.invitations_most
    return [
        write
        for oldest in pending[: max(0, min(over, _DROPPED_AT_ONCE))]
        for write in store.oldest_deletions(recipient, oldest.account_id)
    ]


def listed(me: Peer, cursor: Cursor | None, size: PageSize) -> InvitationList:
    """A page of pending invitations, newest first, without users whom the caller may not meet or has met.

    Raises:
        InvalidRequest: the cursor is none of this list.
    """
    found = store.received(me.account.account_id)[::-1]
    if cursor is not None:
        found = found[-cursor.number(_LIST) :]
    page = found[:size]
    people = pairs.read_all(one.account_id for one in page)
    met = store.accounts_of_contacts(me.account.account_id, (one.side.user_id for one in people.values()))
    items = (_view(me, one, people.get(one.account_id)) for one in page if one.account_id not in met.values())
    left = len(found) - len(page)
    return InvitationList(
        items=tuple(item for item in items if item),
        next_cursor=Cursor.numbered(_LIST, left) if left else None,
    )


def _view(me: Peer, invitation: Invitation, sender: Person | None) -> InvitationView | None:
    if invitation.state is not InvitationState.PENDING or not sender or not sender.profile:
        return None
    if not pairs.may_meet(me, sender):
        return None
    return InvitationView(
        invitation_id=invitation.invitation_id,
        sender=sender.profile,
        sent_at=invitation.sent_at,
        expires_at=Period.INVITATION.ends(invitation.sent_at),
    )


def accept(me: Peer, invitation_id: InvitationId) -> PublicProfile:
    """Become a contact of the sender. Repeating it changes nothing.

    Raises:
        NotFound: no such invitation, it was declined, or the two may not meet any more.
        ContactLimitReached, Unavailable: as for `pairs.connect`.
    """
    owner = me.account.account_id

    def find() -> tuple[Person, list[Write]]:
        invitation = _own(owner, invitation_id)
        sender = pairs.read_people([invitation.account_id]).get(invitation.account_id)
        if sender is None or invitation.state is InvitationState.DECLINED:
            raise NotFound
        if invitation.state is InvitationState.ACCEPTED and not _are_contacts(owner, sender):
            raise NotFound  # one of both ended the contact since
        return sender, [store.decision(owner, invitation, InvitationState.ACCEPTED)]

    return pairs.connect(me, find).profile


@retry_on(PairMoved)
def decline(me: Peer, invitation_id: InvitationId) -> None:
    """Decline an invitation. Repeating it changes nothing. Its sender cannot invite again until it ends.

    Raises:
        NotFound: no such invitation, or it was accepted.
        Unavailable: a table does not answer.
    """
    owner = me.account.account_id
    invitation = _own(owner, invitation_id)
    if invitation.state is InvitationState.DECLINED:
        return
    if invitation.state is InvitationState.ACCEPTED:
        raise NotFound
    commit(store.decision(owner, invitation, InvitationState.DECLINED))
    pacing.note_declined(invitation.account_id)


def _own(recipient: AccountId, invitation_id: InvitationId) -> Invitation:
    for invitation in store.received(recipient):
        if invitation.invitation_id == invitation_id:
            return invitation
    raise NotFound


def _are_contacts(owner: AccountId, sender: Person) -> bool:
    return sender.side.user_id in store.accounts_of_contacts(owner, [sender.side.user_id])
