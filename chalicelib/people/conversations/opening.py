"""Opens conversations: a pair by its two users, a group by its members (ADR 40).

A block ends the contact of the two users in the transaction that stores it, so what stops a blocked user is
the condition `still_contact` of the transaction that opens a conversation or adds a member.

A caller learns nothing about users who cannot be met: every refusal makes the same calls. For a user who is
no contact, they concern an account that does not exist.
"""

from dataclasses import dataclass

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account
from chalicelib.core import clock, idempotency, metrics, needs
from chalicelib.core.errors import Unavailable
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AccountId, ConversationId, ConversationRequestId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import NO_SESSION, Claims
from chalicelib.core.settings import settings
from chalicelib.core.transactions import Write, commit
from chalicelib.people.contacts import service as contacts
from chalicelib.people.conversations import candidates, channel_sync, pairs, store
from chalicelib.people.conversations.model import (
    ConversationLeft,
    ConversationRequest,
    Form,
    Member,
    NewConversation,
    OpenConversation,
    TooManyMembers,
    UnknownMember,
)
from chalicelib.people.conversations.store import ConversationMoved, OpeningSeen

_TRIES = 3


@dataclass(frozen=True)
class Opening:
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

    def known(self, seen: ConversationRequest, found: OpenConversation | None) -> Opening:
        """The conversation that an earlier request with the same key opened.

        Raises:
            IdempotencyMismatch: that request had another body.
            ConversationLeft: the caller left it since.
        """
        idempotency.check(seen.fingerprint, self.body)
        if found is None or not found.has(self.me.account_id):
            raise ConversationLeft
        return Opening(found, is_new=False)


def open_conversation(me: Account, body: NewConversation, key: IdempotencyKey | None) -> Opening:
    """Open a conversation with contacts, here and then at Stream. A pair that exists is the same again.

    Raises:
        UnknownMember: a user cannot be met; it is not said who, or why.
        TooManyMembers: the group would be too large.
        IdempotencyMismatch, ConversationLeft: the Idempotency-Key belongs to another request, or to a
            conversation that the caller left.
        Unavailable: Stream or a table does not answer. What is written stays, and a repeat continues.
    """
    others = tuple(dict.fromkeys(body.members))
    if len(others) + 1 > settings().limits.conversation_members_most:
        raise TooManyMembers(most=settings().limits.conversation_members_most)
    wish = _Wish(me, others, body, key)
    is_pair = len(others) == 1 and body.name is None
    opened = _open_pair(wish) if is_pair else _open_group(wish)
    metrics.count(Metric.CONVERSATION_OPENED, int(opened.is_new))
    current = channel_sync.bring(opened.conversation, body.name)
    return Opening(current or opened.conversation, opened.is_new)


def _open_pair(wish: _Wish) -> Opening:
    """Make the caller and a contact members of their pair, whichever of them left it."""
    (other,) = wish.others
    conversation_id = pairs.pair_id(wish.me.user_id, other)
    contact, pair = contacts.contact_with(other), store.conversation(conversation_id)
    request = store.request(wish.request_id)
    for _ in range(_TRIES):
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
        except (ConversationMoved, OpeningSeen):
            continue
        return Opening(after, is_new=before is None)
    raise Unavailable


def _open_group(wish: _Wish) -> Opening:
    """Make a group; with an Idempotency-Key, its id follows from the key."""
    owner = wish.me.account_id
    conversation_id = wish.key.id_for(ConversationId, owner) if wish.key else ConversationId.new()
    group, request = store.conversation(conversation_id), store.request(wish.request_id)
    for _ in range(_TRIES):
        if wish.key:
            found = needs.read_batch(wish.claims, (group, request))
            if seen := found[request]:
                return wish.known(seen, found[group])
        met = candidates.judged(owner, wish.others, ())
        after = _with(None, conversation_id, Form.GROUP, wish.me, met)
        try:
            commit(
                *(contacts.still_contact(owner, user_id) for user_id in met),
                accounts.active(owner),
                *store.writes(None, after),
                *wish.recording(),
            )
        except (contacts.NotContacts, accounts.NotActive):
            raise UnknownMember from None
        except (ConversationMoved, OpeningSeen):
            continue
        return Opening(after, is_new=True)
    raise Unavailable


def _with(
    before: OpenConversation | None,
    conversation_id: ConversationId,
    form: Form,
    me: Account,
    others: dict[UserId, AccountId],
) -> OpenConversation:
    """A conversation of the caller and others: a new one, or the one before with who is missing."""
    now = clock.now()
    everyone = {me.user_id: me.account_id, **others}
    members = [
        Member(account_id=account_id, user_id=user_id, joined_at=now)
        for user_id, account_id in everyone.items()
    ]
    return before.changed(members) if before else OpenConversation.new(conversation_id, form, members, now)
