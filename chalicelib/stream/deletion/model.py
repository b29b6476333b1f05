"""The deletion of a user at Stream: its task, and what Stream reported by kind of data. No I/O, and no SDK.

Invariants:

- Each word says what Stream reported, or that it reported nothing. We see only that Stream no longer finds a
  user. We do not see its messages, files and backups.
- The words of both enums are signed in certificates, stored for years and read again. So a word never changes
  and is never removed; a better wording is a new member (rights/erasure/certificates/words).
- Stream reports one result per user, not per kind. A kind counts as deleted only if the request named it and
  Stream reported success for this user.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.core.clock import Instant
from chalicelib.core.settings import ErasureExtent


class StreamDataKind(StrEnum):
    """A kind of data that a deletion at Stream may include."""

    USER = "the user: id, name and picture"
    MESSAGES = "messages that the user wrote"
    FILES = "files that the user uploaded"
    CALLS = "calls with one other person"
    CONVERSATIONS = "conversations with one other person"


class StreamReport(StrEnum):
    """What Stream reported about a kind of data, in the words of the certificate."""

    DELETED = "Stream reported that it was deleted"
    DELETED_BEFORE = "Stream reported that the user had been deleted before"
    NO_USER = "Stream reported that it has no such user"
    NOT_FOUND = "Stream reported, when it was asked again, that it finds no such user"
    UNCONFIRMED = "Stream did not report whether it was deleted"
    KEPT = "its deletion was not requested, because it also belongs to the other person"


@dataclass(frozen=True)
class StreamDeletionTask:
    """A deletion that was requested at Stream, or is to be requested. It may be stored."""

    task_id: str | None  # None: `at` is when to request it
    at: Instant
    attempts: int
    extent: ErasureExtent


@dataclass(frozen=True)
class StreamDeletion:
    """The end of a deletion: Stream no longer finds the user. It contains no personal data."""

    user: StreamReport
    extent: ErasureExtent

    @property
    def by_kind(self) -> Mapping[StreamDataKind, StreamReport]:
        """What Stream reported about each kind of data."""
        rest = self.user if self.user in _COVERS_ALL else StreamReport.UNCONFIRMED
        found = dict.fromkeys(StreamDataKind, rest) | {StreamDataKind.USER: self.user}
        if self.extent is ErasureExtent.KEEP_CONVERSATIONS:
            found[StreamDataKind.CONVERSATIONS] = StreamReport.KEPT
        return found

    @property
    def unconfirmed(self) -> tuple[StreamDataKind, ...]:
        """The kinds of which Stream did not say that they are deleted or that it has none."""
        return tuple(kind for kind, said in self.by_kind.items() if said is StreamReport.UNCONFIRMED)


# Reports about the user that also hold for its messages, files and calls. That a user was deleted before does
# not: the earlier task may have failed, or its result was lost.
_COVERS_ALL = frozenset({StreamReport.DELETED, StreamReport.NO_USER})
