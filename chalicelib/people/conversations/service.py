"""What members do with conversations: open, list, change, rename and leave them (ADR 40, ADR 81).

A block ends the contact of the two users in the transaction that stores it, so what stops a blocked user is
the condition `still_contact` of the transaction that opens a conversation or adds a member.

A caller learns nothing about users who cannot be met: every refusal makes the same calls. For a user who is
no contact, they concern an account that does not exist. The right to remove others from a group follows from
the order of joining, so it cannot get lost.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account
from chalicelib.core import clock, idempotency, metrics, needs
from chalicelib.core.errors import ChangedMeanwhile, NotFound, Unavailable, does_not_apply
from chalicelib.core.http import Cursor, IfMatch, PageSize, invalid_cursor
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AccountId, ConversationId, ConversationRequestId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import NO_SESSION, Claims, Wanted
from chalicelib.core.settings import settings
from chalicelib.core.transactions import Write, commit, retry_on
from chalicelib.people.contacts import service as contacts
from chalicelib.people.conversations import channel_sync, names, push_ids, store
from chalicelib.people.conversations.model import (
    ConversationChange,
    ConversationLeft,
    ConversationList,
    ConversationRequest,
    ConversationView,
    FixedMembers,
    Form,
    Member,
    MemberChange,
    MemberLimitReached,
    NamedConversation,
    NewConversation,
    NotAGroup,
    NotLongestMember,
    OpenConversation,
    SentMessageId,
    UnknownMember,
    cid_of,
)
from chalicelib.people.conversations.store import ConversationMoved, OpeningSeen
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys
from chalicelib.stream import channels
from chalicelib.stream.model import StreamRefused


@dataclass(frozen=True)
class _Opening:
    """A conversation that a request opened, and whether it is new."""

    conversation: OpenConversation
    is_new: bool


@dataclass(frozen=True)
class _Wish:
    """A request to open a conversation."""

    me: Account
    others: tuple[UserId, ...]
    body: NewConversation
    key: IdempotencyKey | None

    @property
    def request_id(self) -> ConversationRequestId:
        """The name of the request; a random one, under which nothing is stored, without a key."""
        if self.key is None:
            return ConversationRequestId.new()
        return self.key.id_for(ConversationRequestId, self.me.account_id)

    @property
    def claims(self) -> Claims:
        """Under which the caller's own items are read."""
        return Claims(self.me.account_id, NO_SESSION)

    def recording(self) -> list[Write]:
        """The write by which a repeat of the request is recognised; none without a key."""
        if self.key is None:
            return []
        return [store.request_creation(self.request_id, idempotency.fingerprint(self.body))]

    def known(self, seen: ConversationRequest, found: OpenConversation | None) -> _Opening:
        """The conversation that an earlier request with the same key opened.

        Raises:
            IdempotencyMismatch: that request had another body.
            ConversationLeft: the caller left it since.
        """
        idempotency.check(seen.fingerprint, self.body)
        if found is None or not found.has(self.me.account_id):
            raise ConversationLeft
        return _Opening(found, is_new=False)


def open_conversation(
    me: Account, body: NewConversation, key: IdempotencyKey | None
) -> tuple[NamedConversation, bool]:
    """Open a conversation with contacts, here and then at Stream; return whether it is new too.

    A pair that exists is the same again.

    Raises:
        UnknownMember: a user cannot be met; it is not said who, or why.
        MemberLimitReached: the group would be too large.
        IdempotencyMismatch, ConversationLeft: the Idempotency-Key belongs to another request, or to a
            conversation that the caller left.
        Unavailable: Stream or a table does not answer. What is written stays, and a repeat continues.
    """
    others = tuple(dict.fromkeys(body.members))
    if len(others) + 1 > settings().limits.conversation_members_most:
        raise MemberLimitReached(most=settings().limits.conversation_members_most)
    wish = _Wish(me, others, body, key)
    is_pair = len(others) == 1 and body.name is None
    opened = _open_pair(wish) if is_pair else _open_group(wish)
    metrics.count(Metric.CONVERSATION_OPENED, int(opened.is_new))
    return _sent(opened.conversation), opened.is_new


def _sent(after: OpenConversation) -> NamedConversation:
    """Make Stream match a conversation; return its state then, or the one given if the last member left."""
    return channel_sync.update_channel(after) or NamedConversation(after, None)


@retry_on(ConversationMoved, OpeningSeen)
def _open_pair(wish: _Wish) -> _Opening:
    """Make the caller and a contact members of their pair, whichever of them left it."""
    (other,) = wish.others
    conversation_id = store.pair_id(wish.me.user_id, other)
    contact, pair = contacts.contact_with(other), store.conversation(conversation_id)
    request = store.request(wish.request_id)
    found = needs.read_batch(wish.claims, (contact, pair, request))
    before, seen, met = found[pair], found[request], found[contact]
    if seen:
        return wish.known(seen, before)
    account_id = met.account_id if met else AccountId.new()
    after = _with(before, conversation_id, Form.PAIR, wish.me, {other: account_id})
    try:
        commit(
            contacts.still_contact(wish.me.account_id, other),
            accounts.active(account_id),
            accounts.active(wish.me.account_id),
            *store.writes(before, after),
            *wish.recording(),
        )
    except (contacts.NotContacts, accounts.NotActive):
        raise UnknownMember from None
    return _Opening(after, is_new=before is None)


@retry_on(ConversationMoved, OpeningSeen)
def _open_group(wish: _Wish) -> _Opening:
    """Make a group; with an Idempotency-Key, its id follows from the key."""
    owner = wish.me.account_id
    conversation_id = wish.key.id_for(ConversationId, owner) if wish.key else ConversationId.new()
    group, request = store.conversation(conversation_id), store.request(wish.request_id)
    wanted: list[Wanted[Any]] = [group, request] if wish.key else []
    wanted += [DATA_KEY] if wish.body.name is not None else []
    found = needs.read_batch(wish.claims, wanted)
    if wish.key and (seen := found[request]):
        return wish.known(seen, found[group])
    met = _admissible(owner, wish.others, ())
    after = _with(None, conversation_id, Form.GROUP, wish.me, met)
    if wish.body.name is not None:
        after = after.named(names.seal(wish.body.name, conversation_id, found[DATA_KEY]))
    try:
        commit(
            *(contacts.still_contact(owner, user_id) for user_id in met),
            accounts.active(owner),
            *store.writes(None, after),
            *wish.recording(),
        )
    except (contacts.NotContacts, accounts.NotActive):
        raise UnknownMember from None
    return _Opening(after, is_new=True)


def _with(
    before: OpenConversation | None,
    conversation_id: ConversationId,
    form: Form,
    me: Account,
    others: dict[UserId, AccountId],
) -> OpenConversation:
    """A conversation of the caller and others: a new one, or the one before with who is missing."""
    members = _joining({me.user_id: me.account_id, **others})
    if before:
        return before.changed(members)
    return OpenConversation.new(conversation_id, form, members, members[0].joined_at)


def _admissible(
    owner: AccountId, user_ids: Sequence[UserId], present: Sequence[AccountId]
) -> dict[UserId, AccountId]:
    """The accounts of users whom a member may add to a group with those who are present.

    The calls are the same for every user id.

    Raises:
        UnknownMember: one of them is no live contact of the member, or two of all do not want to meet.
    """
    met = contacts.live_contacts(owner, user_ids)
    asked = [met.get(user_id) or AccountId.new() for user_id in user_ids]
    if not contacts.may_share_a_group([*dict.fromkeys((owner, *present)), *asked]):
        raise UnknownMember
    return {user_id: met[user_id] for user_id in user_ids}


@retry_on(ConversationMoved)
def change_members(me: Account, conversation_id: ConversationId, body: MemberChange) -> NamedConversation:
    """Add contacts to a group and remove members from it, here and then at Stream. It may be repeated.

    Raises:
        NotFound: the caller is not a member, or there is no such conversation.
        FixedMembers, NotLongestMember, MemberLimitReached, UnknownMember: the change is not allowed.
        InvalidRequest: a user is to be added and removed, or is the caller.
        Unavailable: Stream or a table does not answer, or concurrent changes won every time.
    """
    _check_change(me, body)
    before = own_conversation(me, conversation_id)
    new = tuple(one for one in dict.fromkeys(body.add) if one not in before.user_ids)
    leaving = tuple(one.account_id for one in before.members if one.user_id in body.remove)
    _check_permitted(me, before, new, leaving)
    met = _admissible(me.account_id, new, before.account_ids) if new else {}
    after = names.inherited(before.changed(_joining(met), leaving))
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
    return _sent(after)


def _check_change(me: Account, body: MemberChange) -> None:
    if me.user_id in body.remove:
        raise does_not_apply(
            "remove", "The caller leaves by DELETE /v1/conversations/{conversation_id}/members/me"
        )
    if {*body.add} & {*body.remove}:
        raise does_not_apply("remove", "A user cannot be added and removed by the same request")
    # More changes than places: together they would not fit into one transaction.
    if len({*body.add, *body.remove}) >= settings().limits.conversation_members_most:
        raise MemberLimitReached(most=settings().limits.conversation_members_most)


def listed(me: Account, cursor: Cursor | None, size: PageSize) -> ConversationList:
    """A page of the caller's conversations; the cursor is the last conversation of the page before.

    A membership whose conversation ended meanwhile, or cannot be read, is left out. So a page may have fewer
    items than asked for and still not be the last one.

    Raises:
        InvalidRequest: the cursor is not one of this list.
        Unavailable: a table does not answer.
    """
    last = ConversationId.parse(cursor) if cursor else None
    if cursor and last is None:
        raise invalid_cursor()
    ids = store.page_of(me.account_id, last, size)
    found = store.read_readable(ids)
    own = [found[one] for one in ids if one in found and found[one].has(me.account_id)]
    return ConversationList(
        items=tuple(view_of(me, one) for one in names.open_each(own)),
        next_cursor=ids[-1] if len(ids) == size else None,
    )


def view_of(me: Account, found: NamedConversation) -> ConversationView:
    """A conversation as the caller sees it."""
    return ConversationView.of(found, push_ids.push_id(me.account_id, found.conversation.conversation_id))


def shown(me: Account, conversation_id: ConversationId) -> NamedConversation:
    """One of the caller's conversations.

    Raises:
        NotFound: the caller is not a member, or there is no such conversation.
        Unavailable: a table does not answer.
    """
    return names.open_one(own_conversation(me, conversation_id))


@retry_on(ConversationMoved)
def rename(
    me: Account,
    keys: SubjectKeys,
    conversation_id: ConversationId,
    body: ConversationChange,
    expected: IfMatch,
) -> NamedConversation:
    """Give a group another name, here and then at Stream. It may be repeated.

    If Stream does not answer, the worker sends the name.

    Raises:
        NotFound: the caller is not a member, or there is no such conversation.
        NotAGroup: it is a pair.
        ChangedMeanwhile: the client's version is not the current one, and the group has another name.
        Unavailable: a table does not answer, or concurrent changes won every time.
    """
    before = own_conversation(me, conversation_id)
    if before.form is Form.PAIR:
        raise NotAGroup
    if not expected.allows(before.etag):
        current = names.open_one(before)
        if current.name != body.name:
            raise ChangedMeanwhile
        return current
    after = before.named(names.seal(body.name, conversation_id, keys))
    try:
        commit(accounts.active(me.account_id), *store.writes(before, after))
    except accounts.NotActive:
        raise NotFound from None
    with suppress(Unavailable):
        return _sent(after)
    return NamedConversation(after, body.name)


def own_conversation(me: Account, conversation_id: ConversationId) -> OpenConversation:
    """A conversation of which the caller is a member.

    Raises:
        NotFound: there is none with this id.
    """
    found = store.read(conversation_id)
    if found is None or not found.has(me.account_id):
        raise NotFound
    return found


def _check_permitted(
    me: Account, before: OpenConversation, new: tuple[UserId, ...], leaving: tuple[AccountId, ...]
) -> None:
    if before.form is Form.PAIR:
        raise FixedMembers
    if leaving and before.members[0].account_id != me.account_id:
        raise NotLongestMember
    if len(before.members) + len(new) - len(leaving) > settings().limits.conversation_members_most:
        raise MemberLimitReached(most=settings().limits.conversation_members_most)


def _joining(met: dict[UserId, AccountId]) -> list[Member]:
    now = clock.now()
    return [Member(account_id=one, user_id=user_id, joined_at=now) for user_id, one in met.items()]


@retry_on(ConversationMoved)
def leave(me: Account, conversation_id: ConversationId) -> None:
    """End the caller's membership. Repeating it changes nothing; nor does an id that does not exist.

    If Stream does not answer, the worker ends the membership there.

    Raises:
        Unavailable: a table does not answer, or concurrent changes won every time.
    """
    before = store.read(conversation_id)
    if before is None or not before.has(me.account_id):
        return
    after = names.inherited(before.changed(leaving=(me.account_id,)))
    commit(*store.writes(before, after))
    channel_sync.send_leave(after)


def delete_own_message(author: UserId, conversation_id: ConversationId, message_id: SentMessageId) -> None:
    """Delete a message for good. Its author need not be a member any more.

    Raises:
        NotFound: there is no such message in this conversation, not any more, or another user sent it.
        Unavailable: Stream does not answer, or refuses. If it keeps a file, the message is hidden, and the
            worker of hooks tries again.
    """
    try:
        found = channels.find_message(message_id.at_stream)
        if found is None or found.author != author or found.cid != cid_of(conversation_id):
            raise NotFound
        channels.delete_message(found)
    except StreamRefused:
        raise Unavailable from None
