"""What a subject gets of Stream's export: an allow-list, and what is left out for which reason. Pure.

A plan's steps call `chat/exporting`:

    ask_stream    asked = exporting.start(user_id)       StreamExportTask, or MissingAtStream
    await_stream  stand = exporting.poll(asked)          Pending, Ready, or MissingAtStream
    assemble      with exporting.copied(ready, user_id, StreamCopyKind.ACCESS) as chat:
                      chat.parts(), chat.ndjson(), chat.counts, chat.omissions, chat.missing

`StreamExportTask` and `Ready` hold a random task id and an instant, so they may be stored in a request's
notes. The manifest lists `fields.withheld(shape)` (what is never disclosed, and why), `StreamCopy.omissions`
(what was left out of this copy, counted), and each `MissingAtStream` (what Stream did not give: a reason and
words for the subject). Parts are pydantic models, so they have a schema.

What must hold:

- A field gets through only if it is named here and in chat/fields. Whatever Stream adds, or a client wrote
  into an object of its own, is counted as unknown and not shown: nobody can say about whom it is.
- What is withheld is a list that says the same to everybody. Were it to depend on what is there, it would
  tell that somebody was reported, or banned in silence.
- Nothing is lost without being counted: no line, no entry, no value that can't be read.

Ids: those of the subject's own messages, calls and conversations stay, since the subject's app and Stream
know them by these, and rights can be used at Stream with them. The id of somebody else's message stays in an
access copy as a reference, without a word of the message. No other id of other people does, only their
names, where the subject sees them in its chats.

Portability (Art. 20 GDPR) is what the subject provided and what was observed of its use. So it has no names
of conversations, no reactions of others, and of others' messages not even a reference (Art. 20(4)).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

# Stream exports at most so many messages and so many reactions of a user.
MOST_EXPORTED = 10_000


class StreamCopyKind(StrEnum):
    """Which right the copy is for."""

    ACCESS = "access"
    PORTABILITY = "portability"


# --- what is told


class StreamPart(BaseModel):
    """A piece of the copy. Times are as exact as Stream's, since they put messages into their order."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StreamDevice(StreamPart):
    """A device that gets notifications by Stream. Its id is left out: with it notifications can be sent."""

    provider: str | None = None
    added_at: AwareDatetime | None = None


class StreamProfile(StreamPart):
    """The subject as a user of Stream."""

    kind: Literal["profile"] = "profile"
    name: str | None = None
    image: str | None = None
    language: str | None = None
    invisible: bool | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    last_active_at: AwareDatetime | None = None
    deactivated_at: AwareDatetime | None = None
    people_muted: int | None = None
    people_blocked: int | None = None
    conversations_muted: int | None = None
    devices: tuple[StreamDevice, ...] = ()


class Conversation(StreamPart):
    """Where a message is. The name is left out of portability: somebody else may have given it."""

    id: str | None = None
    type: str | None = None
    name: str | None = None


class Attachment(StreamPart):
    """A file or a link in a message. Stream's links to files end after some days."""

    type: str | None = None
    name: str | None = None
    url: str | None = None
    media_type: str | None = None
    size: int | None = None  # bytes


class Quoted(StreamPart):
    """A message that the subject quoted: which one, whose, from when. Never its text."""

    id: str | None = None
    author: str | None = None
    sent_at: AwareDatetime | None = None


class Reacted(StreamPart):
    """How often others and the subject reacted to a message in one way."""

    type: str
    count: int


class StreamMessage(StreamPart):
    """A message that the subject wrote. One that is deleted and still held is told, with the time."""

    kind: Literal["message"] = "message"
    id: str | None = None
    conversation: Conversation
    text: str | None = None
    sent_at: AwareDatetime | None = None
    edited_at: AwareDatetime | None = None
    deleted_at: AwareDatetime | None = None
    mentions: tuple[str, ...] = ()  # names
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    quotes: Quoted | None = None
    reactions: tuple[Reacted, ...] = ()


class StreamReaction(StreamPart):
    """A reaction of the subject, to a message of whomever."""

    kind: Literal["reaction"] = "reaction"
    type: str
    score: int | None = None
    at: AwareDatetime | None = None
    to: str | None = None


class StreamCall(StreamPart):
    """A call that the subject was in."""

    kind: Literal["call"] = "call"
    id: str | None = None
    type: str | None = None
    created_at: AwareDatetime | None = None
    starts_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None


AnyPart = Annotated[StreamProfile | StreamMessage | StreamReaction | StreamCall, Field(discriminator="kind")]


# --- what is not told


class Ground(StrEnum):
    """Why something is not in the copy: our word, and words for the subject."""

    OTHERS = ("others", "it is about other people (Art. 15(4) and 20(4) GDPR)")
    MODERATION = (
        "moderation",
        "how reports, blocks and bans are handled protects those who reported (Art. 15(4) GDPR)",
    )
    INTERNAL = ("internal", "a setting of the chat system that says nothing about you as a person")
    REPEATED = (
        "repeated",
        "it repeats what is in this copy, or is made from it or from what a link in it leads to",
    )
    SECRET = ("secret", "whoever has it could act on your device or in your name")
    UNKNOWN = ("unknown", "a field that we do not know and so can't judge; ask, and a person looks at it")
    UNREADABLE = ("unreadable", "it has a form that we can't read; ask, and a person looks at it")
    NOT_PORTABLE = ("not_portable", "you did not provide it; the access copy has it (Art. 20(1) GDPR)")

    plainly: str

    def __new__(cls, word: str, plainly: str) -> Self:
        """A member that is its word."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.plainly = plainly
        return member


@dataclass(frozen=True)
class WithheldAtStream:
    """A field of Stream's that is never told, whatever stands in it."""

    where: str
    name: str
    ground: Ground


@dataclass(frozen=True)
class Omission:
    """How many times something was left out of a copy. `what` is a word of ours, never Stream's."""

    what: str
    ground: Ground
    count: int


class StreamReason(StrEnum):
    """Why Stream's part of a copy, or some of it, is missing: our word, and words for the subject."""

    NOT_THERE = (
        "not_there",
        "Stream has no user of yours: nothing was ever written there, or it was deleted there.",
    )
    REFUSED = (
        "refused",
        "Stream refused the export; it makes none of more than 10,000 messages or reactions.",
    )
    FAILED = (
        "failed",
        "Stream could not make the export; it makes none of more than 10,000 messages or reactions.",
    )
    NEVER_READY = ("never_ready", "Stream did not finish the export within a day.")
    TASK_GONE = ("task_gone", "Stream forgot that the export was asked for.")
    FILE_GONE = ("file_gone", "Stream no longer has the file that it made.")
    LINK_REFUSED = (
        "link_refused",
        "Stream named a place for the file that is not its own; we did not go there.",
    )
    TOO_LARGE = ("too_large", "The file is larger than what can be put into this package.")
    NOTHING_FOUND = ("nothing_found", "The file that Stream made has nothing that we could read as yours.")
    PERHAPS_CUT = (
        "perhaps_cut",
        "The export holds as many messages or reactions as Stream puts into one; there may be more.",
    )

    plainly: str

    def __new__(cls, word: str, plainly: str) -> Self:
        """A member that is its word."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.plainly = plainly
        return member


# Asking for a new export may bring what an earlier one did not.
WORTH_ASKING_AGAIN = frozenset(
    {StreamReason.FAILED, StreamReason.NEVER_READY, StreamReason.TASK_GONE, StreamReason.FILE_GONE}
)


@dataclass(frozen=True)
class MissingAtStream:
    """Something that could not be had. It is told with the copy: a gap is never silent."""

    reason: StreamReason

    @property
    def plainly(self) -> str:
        """In words for the subject."""
        return self.reason.plainly

    @property
    def is_worth_asking_again(self) -> bool:
        """Whether `start` once more may help."""
        return self.reason in WORTH_ASKING_AGAIN
