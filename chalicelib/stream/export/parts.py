"""What a copy discloses of Stream's export, and the grounds and reasons of its gaps. No I/O.

The steps of a copy call `stream/export/service`:

    ask_stream    asked = export_tasks.start(user_id)       StreamExportTask, or MissingAtStream
    await_stream  state = export_tasks.poll(asked)          Pending, Ready, or MissingAtStream
    assemble      with export_tasks.fetch_copy(ready, user_id, StreamCopyKind.ACCESS) as chat:
                      chat.parts(), chat.ndjson(), chat.counts, chat.omissions, chat.missing

`StreamExportTask` and `Ready` hold a random task id and an instant, so they may be stored in a request's
notes. The manifest lists `withheld(shape)` (fields that are never disclosed, with grounds),
`StreamCopy.omissions` (counts of what was omitted from this copy), and each `MissingAtStream` (data that
Stream did not provide, with a reason for the subject). Parts are pydantic models, so they have a schema.

Invariants:

- A field is disclosed only if it is listed here and stream/export/redaction reads it. A field that Stream
  adds, or that a client wrote into an object of its own, is counted as unknown and not disclosed, because it
  is unclear whom it concerns.
- The list of withheld fields is the same for every subject. If it depended on the data, it would reveal that
  the subject was reported or secretly banned.
- Every line, entry or value that is omitted or cannot be read is counted.

Ids: those of the subject's own messages, calls and conversations are disclosed, since the app and Stream use
them, and the subject needs them to exercise rights at Stream. The id of another person's message stays in an
access copy as a reference, without its text. No other id of other people is disclosed, only their names where
the subject sees them in its chats.

A portability copy (Art. 20 GDPR) holds what the subject provided and what was observed of its use. It has no
names of conversations, no reactions of others, and no references to messages of others (Art. 20(4)).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field

from chalicelib.privacy.purposes import ExplainedEnum

# Stream's limit for the messages, and for the reactions, in a user's export.
MAX_EXPORTED = 10_000


class StreamCopyKind(StrEnum):
    """The right that a copy serves."""

    ACCESS = "access"
    PORTABILITY = "portability"


# --- disclosed


class StreamPart(BaseModel, frozen=True, extra="forbid"):
    """A part of the copy. Times keep Stream's precision, because they order the messages."""


class StreamDevice(StreamPart):
    """A device that gets notifications from Stream, without its id, which allows sending them."""

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
    """The conversation of a message. Portability omits the name, which others may have given."""

    id: str | None = None
    type: str | None = None
    name: str | None = None


class Attachment(StreamPart):
    """A file or a link in a message. Stream's links to files expire after some days."""

    type: str | None = None
    name: str | None = None
    url: str | None = None
    media_type: str | None = None
    size: int | None = None  # bytes


class Quoted(StreamPart):
    """A reference to a quoted message: its id, author's name and time, never its text."""

    id: str | None = None
    author: str | None = None
    sent_at: AwareDatetime | None = None


class Reacted(StreamPart):
    """The number of reactions of one type to a message, by all users."""

    type: str
    count: int


class StreamMessage(StreamPart):
    """A message of the subject; also a deleted one that Stream still holds, with that time."""

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
    """A reaction of the subject to any message."""

    kind: Literal["reaction"] = "reaction"
    type: str
    score: int | None = None
    at: AwareDatetime | None = None
    to: str | None = None


class StreamCall(StreamPart):
    """A call in which the subject took part."""

    kind: Literal["call"] = "call"
    id: str | None = None
    type: str | None = None
    created_at: AwareDatetime | None = None
    starts_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None


AnyPart = Annotated[StreamProfile | StreamMessage | StreamReaction | StreamCall, Field(discriminator="kind")]


# --- withheld, omitted or missing


class Ground(ExplainedEnum):
    """Why data is not in the copy: a code, and an explanation for the subject."""

    OTHERS = ("others", "it is about other people (Art. 15(4) and 20(4) GDPR, Art. 26 and 36 ZZPL)")
    MODERATION = (
        "moderation",
        (
            "how reports, blocks and bans are handled protects those who reported (Art. 15(4) GDPR, Art. 26 "
            "ZZPL)"
        ),
    )
    INTERNAL = ("internal", "a setting of the chat system that says nothing about you as a person")
    REPEATED = (
        "repeated",
        "it repeats what is in this copy, or is made from it or from what a link in it leads to",
    )
    SECRET = ("secret", "a person who has it could act on your device or in your name")
    UNKNOWN = ("unknown", "a field that we do not know and cannot assess; ask us, and a person will check it")
    UNREADABLE = ("unreadable", "it has a form that we cannot read; ask us, and a person will check it")
    NOT_PORTABLE = (
        "not_portable",
        "you did not provide it; the access copy has it (Art. 20(1) GDPR, Art. 36 ZZPL)",
    )


@dataclass(frozen=True)
class WithheldAtStream:
    """A field of Stream's that is never disclosed, whatever its value."""

    where: str
    name: str
    ground: Ground


@dataclass(frozen=True)
class Omission:
    """The number of omitted values of a kind of data. `what` is our own term, never Stream's."""

    what: str
    ground: Ground
    count: int


class StreamReason(ExplainedEnum):
    """Why Stream's part of a copy is missing or incomplete: a code, and a text for the subject."""

    NOT_THERE = (
        "not_there",
        "Stream has no user for your account: none was created, or it was deleted there.",
    )
    REFUSED = (
        "refused",
        "Stream refused the export. It exports at most 10,000 messages and 10,000 reactions.",
    )
    FAILED = (
        "failed",
        "Stream could not make the export. It exports at most 10,000 messages and 10,000 reactions.",
    )
    NEVER_READY = ("never_ready", "Stream did not finish the export within a day.")
    TASK_GONE = ("task_gone", "Stream no longer knows the export that we requested.")
    FILE_GONE = ("file_gone", "Stream no longer has the file that it made.")
    LINK_REFUSED = (
        "link_refused",
        "Stream's link to the file led to a host that is not Stream's, so we did not open it.",
    )
    TOO_LARGE = ("too_large", "The file is too large for this package.")
    NOTHING_FOUND = (
        "nothing_found",
        "The file from Stream contains no data that we could identify as yours.",
    )
    PERHAPS_CUT = (
        "perhaps_cut",
        "The export reached Stream's limit of messages or reactions, so there may be more of them.",
    )


# Reasons after which a new export may succeed.
WORTH_ASKING_AGAIN = frozenset(
    {StreamReason.FAILED, StreamReason.NEVER_READY, StreamReason.TASK_GONE, StreamReason.FILE_GONE}
)


@dataclass(frozen=True)
class MissingAtStream:
    """Data that could not be included. The copy always lists it."""

    reason: StreamReason

    @property
    def plainly(self) -> str:
        """The reason as a text for the subject."""
        return self.reason.plainly

    @property
    def is_worth_asking_again(self) -> bool:
        """Return whether a new export may succeed."""
        return self.reason in WORTH_ASKING_AGAIN


LINE = ("user", "messages", "reactions", "calls", "duration")
_DISCLOSED = {
    "profile": (
        "id name image language invisible created_at updated_at last_active deactivated_at mutes "
        "blocked_user_ids channel_mutes devices"
    ),
    "device": "push_provider created_at",
    "message": (
        "id cid channel text created_at message_text_updated_at deleted_at mentioned_users attachments "
        "parent_id quoted_message quoted_message_id reaction_counts"
    ),
    "attachment": "type title name fallback asset_url image_url title_link og_scrape_url mime_type file_size",
    "reaction": "type score created_at message_id",
    "call": "id type created_at starts_at ended_at",
}
_WITHHELD = {
    "profile": {
        Ground.MODERATION: "banned ban_expires shadow_banned",
        Ground.INTERNAL: (
            "role roles teams teams_role online revoke_tokens_issued_before deleted_at unread_count "
            "total_unread_count unread_channels unread_threads"
        ),
    },
    "device": {
        Ground.SECRET: "id voip",
        Ground.INTERNAL: "push_provider_name disabled disabled_reason",
        Ground.REPEATED: "user_id",
    },
    "message": {
        Ground.MODERATION: (
            "shadowed moderation moderation_details before_message_send_failed restricted_visibility"
        ),
        Ground.OTHERS: "latest_reactions thread_participants pinned pinned_at pinned_by pin_expires member",
        Ground.INTERNAL: "type silent show_in_channel command updated_at",
        Ground.REPEATED: (
            "user html i18n image_labels own_reactions reaction_scores reaction_groups reply_count "
            "deleted_reply_count"
        ),
    },
    "attachment": {
        Ground.REPEATED: (
            "author_name author_link author_icon text pretext thumb_url color footer footer_icon fields "
            "actions original_width original_height waveform_data giphy"
        ),
    },
    "reaction": {Ground.REPEATED: "user user_id updated_at"},
    "call": {
        Ground.OTHERS: "created_by session members blocked_user_ids custom",
        Ground.INTERNAL: (
            "cid channel_cid updated_at settings team backstage join_ahead_time_seconds current_session_id "
            "recording transcribing captioning thumbnails"
        ),
        Ground.SECRET: "ingress egress",
    },
}
_ALWAYS = (
    WithheldAtStream("conversation", "all but its id, type and name", Ground.OTHERS),
    WithheldAtStream("mentioned person", "all but the name", Ground.OTHERS),
    WithheldAtStream("quoted message", "its text and all but its id, author's name and time", Ground.OTHERS),
)
_NOT_PORTABLE = (
    WithheldAtStream("profile", "mutes, blocks and devices", Ground.NOT_PORTABLE),
    WithheldAtStream("conversation", "name", Ground.OTHERS),
    WithheldAtStream("quoted message", "the reference", Ground.OTHERS),
    WithheldAtStream(
        "message", "others' reactions, and which message of others it replies to", Ground.OTHERS
    ),
    WithheldAtStream("reaction", "which message of others it is to", Ground.OTHERS),
)

KNOWN = {
    what: frozenset(disclosed.split()).union(*(names.split() for names in _WITHHELD[what].values()))
    for what, disclosed in _DISCLOSED.items()
}


def withheld(shape: StreamCopyKind) -> tuple[WithheldAtStream, ...]:
    """The fields that copies of this kind withhold, with the ground; the same for every subject."""
    named = tuple(
        WithheldAtStream(what, name, ground)
        for what, grounds in _WITHHELD.items()
        for ground, names in grounds.items()
        for name in names.split()
    )
    return named + _ALWAYS + (_NOT_PORTABLE if shape is StreamCopyKind.PORTABILITY else ())
