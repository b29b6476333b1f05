"""Adds and removes members of a group, and ends the caller's own membership.

The right to remove others follows from the order of joining, so it cannot get lost.
"""

from contextlib import suppress

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account
from chalicelib.core import clock
from chalicelib.core.errors import NotFound, Unavailable, does_not_apply
from chalicelib.core.ids import AccountId, ConversationId, UserId
from chalicelib.core.settings import settings
from chalicelib.core.transactions import commit
from chalicelib.people.contacts import service as contacts
from chalicelib.people.conversations import candidates, channel_sync, store
from chalicelib.people.conversations.model import (
    FixedMembers,
    Form,
    Member,
    MemberChange,
    NotLongestMember,
    OpenConversation,
    TooManyMembers,
    UnknownMember,
)
from chalicelib.people.conversations.store import ConversationMoved

_TRIES = 3


def change_members(me: Account, conversation_id: ConversationId, body: MemberChange) -> OpenConversation:
    """Add contacts to a group and remove members from it, here and then at Stream. It may be repeated.

    Raises:
        NotFound: the caller is not a member, or there is no such conversation.
        FixedMembers, NotLongestMember, TooManyMembers, UnknownMember: the change is not allowed.
        InvalidRequest: a user is to be added and removed, or is the caller.
        Unavailable: Stream or a table does not answer, or concurrent changes won every time.
    """
    _check(me, body)
    for _ in range(_TRIES):
        before = _own(me, conversation_id)
        new = tuple(one for one in dict.fromkeys(body.add) if one not in before.user_ids)
        leaving = tuple(one.account_id for one in before.members if one.user_id in body.remove)
        _permit(me, before, new, leaving)
        met = candidates.judged(me.account_id, new, before.account_ids) if new else {}
        after = before.changed(_joining(met), leaving)
        try:
            commit(
                *(contacts.still_contact(me.account_id, user_id) for user_id in met),
                accounts.active(me.account_id),
                *store.writes(before, after),
            )
        except contacts.NotContacts:
            raise UnknownMember from None
        except accounts.NotActive:
            raise NotFound from None
        except ConversationMoved:
            continue
        return channel_sync.bring(after) or after
    raise Unavailable


def _check(me: Account, body: MemberChange) -> None:
    if me.user_id in body.remove:
        raise does_not_apply("remove", "The caller leaves by DELETE /v1/conversations/{id}/members/me")
    if {*body.add} & {*body.remove}:
        raise does_not_apply("remove", "A user cannot be added and removed by the same request")
    # More changes than places: together they would not fit into one transaction.
    if len({*body.add, *body.remove}) >= settings().limits.conversation_members_most:
        raise TooManyMembers(most=settings().limits.conversation_members_most)


def _own(me: Account, conversation_id: ConversationId) -> OpenConversation:
    found = store.read(conversation_id)
    if found is None or not found.has(me.account_id):
        raise NotFound
    return found


def _permit(
    me: Account, before: OpenConversation, new: tuple[UserId, ...], leaving: tuple[AccountId, ...]
) -> None:
    if before.form is Form.PAIR:
        raise FixedMembers
    if leaving and before.members[0].account_id != me.account_id:
        raise NotLongestMember
    if len(before.members) + len(new) - len(leaving) > settings().limits.conversation_members_most:
        raise TooManyMembers(most=settings().limits.conversation_members_most)


def _joining(met: dict[UserId, AccountId]) -> list[Member]:
    now = clock.now()
    return [Member(account_id=one, user_id=user_id, joined_at=now) for user_id, one in met.items()]


def leave(me: Account, conversation_id: ConversationId) -> None:
    """End the caller's membership. Repeating it changes nothing; nor does an id that does not exist.

    If Stream does not answer, the worker ends the membership there.

    Raises:
        Unavailable: a table does not answer, or concurrent changes won every time.
    """
    for _ in range(_TRIES):
        before = store.read(conversation_id)
        if before is None or not before.has(me.account_id):
            return
        with suppress(ConversationMoved):
            commit(*store.writes(before, before.changed(leaving=(me.account_id,))))
            channel_sync.exclude(conversation_id, me.user_id)
            return
    raise Unavailable
