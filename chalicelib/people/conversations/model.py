"""Conversations: records, values, bodies, views and problems.

`OpenConversation` is about several accounts, so it is no `Record` of one of them. It is declared in
privacy/register.
"""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, Field

from chalicelib.accounts.profiles.model import ChosenLine
from chalicelib.core.clock import Instant
from chalicelib.core.errors import Forbidden, Gone, NotFound, Unprocessable
from chalicelib.core.http import Body, View
from chalicelib.core.ids import AccountId, ConversationId, PathText, PushId, UserId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period, UntilErasure
from chalicelib.privacy.personal import NOT_PERSONAL, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose
from chalicelib.stream.model import MESSAGE_ID, MessageId


class Membership(
    Record,
    table=Table.ACCOUNTS,
    kind="membership",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=UntilErasure("until you leave the conversation or your account is deleted"),
):
    """A conversation of which the account is a member. It names no other user."""

    conversation_id: Annotated[ConversationId, NOT_PERSONAL]
    joined_at: Annotated[Instant, NOT_PERSONAL]


class ConversationRequest(
    Record,
    table=Table.CHALLENGES,
    kind="conversation_request",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=After(Period.CHALLENGE, since="sent_at"),
):
    """The keyed digest of a request with an Idempotency-Key, by which another body is recognised."""

    fingerprint: Annotated[str, NOT_PERSONAL]
    sent_at: Annotated[Instant, NOT_PERSONAL]


class Form(StrEnum):
    """The form of a conversation, which never changes."""

    PAIR = "pair"
    GROUP = "group"


class _Value(BaseModel, frozen=True, extra="forbid"):
    """A part of a record."""


class Member(_Value):
    """One member of a conversation."""

    account_id: AccountId
    user_id: UserId
    joined_at: Instant


class SealedName(_Value):
    """The name of a group, under the data key of one of its members (ADR 81)."""

    account_id: AccountId
    sealed: str  # base64


class OpenConversation(_Value):
    """A conversation with its members in the order of joining.

    The version grows with each change. It begins at a random number, so that a conversation that ended and
    began again is not taken for the earlier one.
    """

    conversation_id: ConversationId
    form: Form
    version: int
    created_at: Instant
    members: tuple[Member, ...]
    name: SealedName | None = None

    @classmethod
    def new(
        cls, conversation_id: ConversationId, form: Form, members: Iterable[Member], at: datetime
    ) -> Self:
        """A conversation that was never stored."""
        return cls(
            conversation_id=conversation_id,
            form=form,
            version=secrets.randbits(48),
            created_at=at,
            members=tuple(members),
        )

    @property
    def cid(self) -> str:
        """The name of the channel at Stream: type and id."""
        return cid_of(self.conversation_id)

    @property
    def etag(self) -> str:
        """The ETag of this version."""
        return f'"{self.version}"'

    @property
    def may_remove_others(self) -> UserId | None:
        """The member of longest standing, who may remove others from a group; None for a pair."""
        return self.members[0].user_id if self.form is Form.GROUP and self.members else None

    @property
    def user_ids(self) -> tuple[UserId, ...]:
        """The members' user ids, in the order of joining."""
        return tuple(member.user_id for member in self.members)

    @property
    def account_ids(self) -> tuple[AccountId, ...]:
        """The members' accounts, in the order of joining."""
        return tuple(member.account_id for member in self.members)

    def has(self, account_id: AccountId) -> bool:
        """Return whether an account is a member."""
        return account_id in self.account_ids

    def changed(self, joining: Iterable[Member] = (), leaving: Collection[AccountId] = ()) -> Self:
        """The next version after some members left and others joined; the same one if nothing changes."""
        kept = [member for member in self.members if member.account_id not in leaving]
        new = [member for member in joining if not self.has(member.account_id)]
        if not new and len(kept) == len(self.members):
            return self
        return self._next(members=(*kept, *new))

    def named(self, name: SealedName | None) -> Self:
        """The next version, with another name."""
        return self._next(name=name)

    def _next(self, **changes: object) -> Self:
        return self.model_copy(update={"version": self.version + 1, **changes})


@dataclass(frozen=True, repr=False)
class NamedConversation:
    """A conversation and its opened name; None without a name, and for one that cannot be opened."""

    conversation: OpenConversation
    name: str | None


_TYPE = "messaging:"  # of all channels


def cid_of(conversation_id: ConversationId) -> str:
    """The name of a conversation's channel at Stream: type and id."""
    return f"{_TYPE}{conversation_id}"


def conversation_of(cid: str) -> ConversationId | None:
    """The conversation whose channel has a name; None if it is not one that this system makes."""
    return ConversationId.parse(cid.removeprefix(_TYPE)) if cid.startswith(_TYPE) else None


_MOST_NAMED = 100  # in one request; a group has 49 members at most


class NewConversation(Body):
    """Whom to talk to. One member and no name: a pair. Otherwise a group."""

    members: Annotated[
        tuple[UserId, ...],
        Field(
            min_length=1,
            max_length=_MOST_NAMED,
            description="Contacts of the caller; an id that is repeated counts once",
        ),
    ]
    name: Annotated[ChosenLine | None, Field(description="The name of a group")] = None


class MemberChange(Body):
    """Whom to add to a group, and whom to remove from it. Who is a member already, or is none, stays so."""

    add: Annotated[
        tuple[UserId, ...], Field(max_length=_MOST_NAMED, description="Contacts of the caller")
    ] = ()
    remove: Annotated[
        tuple[UserId, ...], Field(max_length=_MOST_NAMED, description="Members other than the caller")
    ] = ()


class ConversationChange(Body):
    """The new name of a group."""

    media_type: ClassVar[str] = "application/merge-patch+json"

    name: ChosenLine


class SentMessageId(PathText):
    """The id of a message, as Stream or the client that sent it made it."""

    __slots__ = ()
    pattern = MESSAGE_ID  # safe in a path of Stream's API

    @property
    def at_stream(self) -> MessageId:
        """The id as calls of Stream take it."""
        return MessageId(self)


class ConversationView(View):
    """A conversation; `cid` is the name of its channel at Stream. The members are in the order of joining."""

    conversation_id: ConversationId
    cid: str
    push_id: Annotated[
        PushId, Field(description="The `id` of pushes about its messages, for the caller only")
    ]
    form: Form
    name: Annotated[str | None, Field(description="Of a group; a pair has none")] = None
    members: tuple[UserId, ...]
    may_remove_others: Annotated[
        UserId | None,
        Field(description="The only member who may remove others from the group; a pair has none"),
    ] = None
    created_at: Instant

    @classmethod
    def of(cls, found: NamedConversation, push_id: PushId) -> Self:
        """As one member sees it, whose pushes have this id."""
        conversation = found.conversation
        return cls(
            conversation_id=conversation.conversation_id,
            cid=conversation.cid,
            push_id=push_id,
            form=conversation.form,
            name=found.name,
            members=conversation.user_ids,
            may_remove_others=conversation.may_remove_others,
            created_at=conversation.created_at,
        )


class ConversationList(View):
    """A page of conversations, in the order of their ids."""

    items: tuple[ConversationView, ...]
    next_cursor: str | None = None


class UnknownMember(NotFound):
    """One of the users cannot be met: the answer does not say which one, or why."""

    title = "At least one of these users is not among the contacts with whom you can open a conversation"


class MemberLimitReached(Unprocessable):
    """The group would have more members than a group may have."""

    title = "A conversation cannot have so many members"
    may_show: ClassVar[dict[str, Any]] = {
        "most": {"type": "integer", "description": "How many members a group may have"}
    }


class FixedMembers(Unprocessable):
    """The conversation is a pair, to which nobody is added and from which nobody is removed."""

    title = "No user can be added to a conversation of two, or removed from it"


class NotAGroup(Unprocessable):
    """The conversation is a pair, which has no name."""

    title = "A conversation of two has no name"


class NotLongestMember(Forbidden):
    """Only the user who has been a member for the longest time may remove others."""

    title = "Only the user who has been a member for the longest time may remove others"


class ConversationLeft(Gone):
    """The caller left the conversation that the request with this Idempotency-Key opened."""

    title = "You left the conversation that this request opened"
