"""Turns lines of Stream's export into parts of a copy, by stream/export/parts's allow-list. No I/O.

The owner of each line, message and reaction is read from it. Data that is not the subject's own is never
disclosed, whatever file it is in. Fields that stream/export/parts does not know are counted. Each value
is checked for its type.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

from chalicelib.core.ids import UserId
from chalicelib.stream.export.parts import (
    KNOWN,
    LINE,
    AnyPart,
    Attachment,
    Conversation,
    Ground,
    Omission,
    Quoted,
    Reacted,
    StreamCall,
    StreamCopyKind,
    StreamDevice,
    StreamMessage,
    StreamProfile,
    StreamReaction,
)

T = TypeVar("T")
JsonObject: TypeAlias = dict[str, Any]


class FieldReader:
    """Reads fields of one object; a value of the wrong type is read as None and counted."""

    def __init__(self, entry: JsonObject, unreadable: Callable[[], None]) -> None:
        self._entry = entry
        self._unreadable = unreadable

    def __call__(self, name: str, read: Callable[[object], T | None]) -> T | None:
        """The value of a field, or None if it is absent or cannot be read."""
        value = self._entry.get(name)
        if value is None:
            return None
        found = read(value)
        if found is None:
            self._unreadable()
        return found


def parsed(line: bytes | bytearray) -> JsonObject | None:
    """The JSON object in a line, or None."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def text(value: object) -> str | None:
    """A text that can be encoded; a lone surrogate, which JSON allows, becomes a question mark."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else None


def number(value: object) -> int | None:
    """An integer; true and false are none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def flag(value: object) -> bool | None:
    """A boolean, without conversion."""
    return value if isinstance(value, bool) else None


def length(value: object) -> int | None:
    """The number of entries of a list."""
    return len(value) if isinstance(value, list) else None


def instant(value: object) -> datetime | None:
    """An RFC 3339 time with an offset, as Stream's unversioned paths write it."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


class Redaction:
    """Redacts the lines of one export for one subject, and counts what it omits."""

    def __init__(self, subject: UserId, shape: StreamCopyKind) -> None:
        self._subject = subject
        self._portable = shape is StreamCopyKind.PORTABILITY
        self._omitted: Counter[tuple[str, Ground]] = Counter()
        self.most_entries = 0  # of the longest list of messages or reactions; a full list may have been cut

    @property
    def omissions(self) -> tuple[Omission, ...]:
        """The counts of what was omitted so far."""
        return tuple(Omission(what, ground, count) for (what, ground), count in sorted(self._omitted.items()))

    def parts(self, line: bytes | bytearray) -> Iterator[AnyPart]:
        """The parts of the copy in a line; none if the line is not the subject's."""
        content = parsed(line)
        user = content.get("user") if content else None
        if content is None or not isinstance(user, dict):
            self._omit("line", Ground.UNREADABLE)
            return
        if user.get("id") != self._subject:
            self._omit("line", Ground.OTHERS)
            return
        self._omit("line", Ground.UNKNOWN, len(content.keys() - LINE))
        yield self._profile(user)
        messages = self._entries("message", content.get("messages"), self._is_own)
        reactions = self._entries("reaction", content.get("reactions"), self._is_own)
        lists = (content.get("messages"), content.get("reactions"))
        self.most_entries = max(self.most_entries, *(length(entries) or 0 for entries in lists))
        own_ids = {message["id"] for message in messages if isinstance(message.get("id"), str)}
        yield from (self._message(message, own_ids) for message in messages)
        yield from filter(None, (self._reaction(reaction, own_ids) for reaction in reactions))
        yield from (self._call(call) for call in self._entries("call", content.get("calls")))

    def _profile(self, user: JsonObject) -> StreamProfile:
        self._count_unknown("profile", user)
        of = self._reader("profile", user)
        profile = StreamProfile(
            name=of("name", text),
            image=of("image", text),
            language=of("language", text) or None,
            invisible=of("invisible", flag),
            created_at=of("created_at", instant),
            updated_at=of("updated_at", instant),
            last_active_at=of("last_active", instant),
            deactivated_at=of("deactivated_at", instant),
        )
        if self._portable:
            return profile
        devices = self._entries("device", user.get("devices"))
        more = {
            "people_muted": of("mutes", length),
            "people_blocked": of("blocked_user_ids", length),
            "conversations_muted": of("channel_mutes", length),
            "devices": tuple(self._device(device) for device in devices),
        }
        return profile.model_copy(update=more)

    def _device(self, device: JsonObject) -> StreamDevice:
        self._count_unknown("device", device)
        of = self._reader("device", device)
        return StreamDevice(provider=of("push_provider", text), added_at=of("created_at", instant))

    def _message(self, message: JsonObject, own_ids: set[str]) -> StreamMessage:
        self._count_unknown("message", message)
        of = self._reader("message", message)
        mentioned = self._entries("mentioned person", message.get("mentioned_users"))
        attached = self._entries("attachment", message.get("attachments"))
        reply_to = of("parent_id", text)
        return StreamMessage(
            id=of("id", text),
            conversation=self._conversation(message),
            text=of("text", text),
            sent_at=of("created_at", instant),
            edited_at=of("message_text_updated_at", instant),
            deleted_at=of("deleted_at", instant),
            mentions=tuple(
                filter(None, (self._reader("mentioned person", m)("name", text) for m in mentioned))
            ),
            attachments=tuple(self._attachment(attachment) for attachment in attached),
            reply_to=self._reference(reply_to, own_ids),
            quotes=self._quoted(message, own_ids),
            reactions=() if self._portable else self._reacted(message),
        )

    def _conversation(self, message: JsonObject) -> Conversation:
        """The conversation from the channel if present, else from the message's own `type:id`."""
        channel = self._object("conversation", message.get("channel"))
        of = self._reader("conversation", channel)
        kind, _, channel_id = (self._reader("message", message)("cid", text) or "").partition(":")
        return Conversation(
            id=of("id", text) or channel_id or None,
            type=of("type", text) or kind or None,
            name=None if self._portable else of("name", text),
        )

    def _attachment(self, attachment: JsonObject) -> Attachment:
        self._count_unknown("attachment", attachment)
        of = self._reader("attachment", attachment)
        names = (of(name, text) for name in ("title", "name", "fallback"))
        urls = (of(name, text) for name in ("asset_url", "image_url", "title_link", "og_scrape_url"))
        return Attachment(
            type=of("type", text),
            name=next(filter(None, names), None),
            url=next(filter(None, urls), None),
            media_type=of("mime_type", text),
            size=of("file_size", number),
        )

    def _quoted(self, message: JsonObject, own_ids: set[str]) -> Quoted | None:
        """The reference to a quoted message; none of its other fields is read."""
        quoted = self._object("quoted message", message.get("quoted_message"))
        quoted_id = self._reader("message", message)("quoted_message_id", text)
        if not quoted and not quoted_id:
            return None
        self._omit("quoted message", Ground.OTHERS)
        if self._portable:
            return Quoted(id=quoted_id) if quoted_id in own_ids else None
        of = self._reader("quoted message", quoted)
        author = self._object("quoted message", quoted.get("user"))
        return Quoted(
            id=quoted_id or of("id", text),
            author=self._reader("quoted message", author)("name", text),
            sent_at=of("created_at", instant),
        )

    def _reacted(self, message: JsonObject) -> tuple[Reacted, ...]:
        counts = self._object("message", message.get("reaction_counts"))
        of = self._reader("message", counts)
        found = ((text(kind), of(kind, number)) for kind in counts)
        return tuple(Reacted(type=kind, count=count) for kind, count in found if kind and count is not None)

    def _reaction(self, reaction: JsonObject, own_ids: set[str]) -> StreamReaction | None:
        self._count_unknown("reaction", reaction)
        of = self._reader("reaction", reaction)
        kind = of("type", text)
        if not kind:
            self._omit("reaction", Ground.UNREADABLE)
            return None
        to = self._reference(of("message_id", text), own_ids)
        return StreamReaction(type=kind, score=of("score", number), at=of("created_at", instant), to=to)

    def _call(self, call: JsonObject) -> StreamCall:
        self._count_unknown("call", call)
        of = self._reader("call", call)
        return StreamCall(
            id=of("id", text),
            type=of("type", text),
            created_at=of("created_at", instant),
            starts_at=of("starts_at", instant),
            ended_at=of("ended_at", instant),
        )

    def _reference(self, message_id: str | None, own_ids: set[str]) -> str | None:
        if self._portable and message_id and message_id not in own_ids:
            self._omit("reference to a message", Ground.OTHERS)
            return None
        return message_id

    def _is_own(self, entry: JsonObject) -> bool:
        """Return whether every field that identifies the author identifies the subject."""
        user = entry.get("user")
        named = [user.get("id")] if isinstance(user, dict) else []
        named += [entry["user_id"]] if "user_id" in entry else []
        return bool(named) and all(author == self._subject for author in named)

    def _entries(
        self, what: str, value: object, is_disclosed: Callable[[JsonObject], bool] = lambda _: True
    ) -> list[JsonObject]:
        """The objects of a list that are disclosed; other entries are counted as omitted."""
        if value is None:
            return []
        if not isinstance(value, list):
            self._omit(what, Ground.UNREADABLE)
            return []
        objects = [entry for entry in value if isinstance(entry, dict)]
        self._omit(what, Ground.UNREADABLE, len(value) - len(objects))
        disclosed = [entry for entry in objects if is_disclosed(entry)]
        self._omit(what, Ground.OTHERS, len(objects) - len(disclosed))
        return disclosed

    def _object(self, what: str, value: object) -> JsonObject:
        if isinstance(value, dict):
            return value
        if value is not None:
            self._omit(what, Ground.UNREADABLE)
        return {}

    def _reader(self, what: str, entry: JsonObject) -> FieldReader:
        return FieldReader(entry, lambda: self._omit(what, Ground.UNREADABLE))

    def _count_unknown(self, what: str, entry: JsonObject) -> None:
        self._omit(what, Ground.UNKNOWN, len(entry.keys() - KNOWN[what]))

    def _omit(self, what: str, ground: Ground, count: int = 1) -> None:
        if count:
            self._omitted[what, ground] += count
