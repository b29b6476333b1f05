"""What Stream reported about the deletion of a user, by kind of data. No I/O, and no SDK.

Invariants:

- Each word says what Stream reported, or that it reported nothing. We see only that Stream no longer finds a
  user. We do not see its messages, files and backups.
- Stream reports one result per user, not per kind. A kind counts as deleted only if the request named it and
  Stream reported success for this user.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.core.explanations import ExplainedEnum
from chalicelib.core.settings import ErasureExtent


class StreamDataKind(StrEnum):
    """A kind of data that a deletion at Stream may include."""

    USER = "user"
    MESSAGES = "messages"  # with reactions
    FILES = "files"
    CALLS = "calls"  # of two
    CONVERSATIONS = "conversations"  # of two


class StreamReport(ExplainedEnum):
    """What Stream reported about a kind of data: a word, and a sentence for the subject."""

    DELETED = ("deleted", "Stream reported that it was deleted.")
    DELETED_BEFORE = ("deleted_before", "Stream reported that the user had already been deleted.")
    NO_USER = ("no_user", "Stream reported that it has no such user.")
    NOT_FOUND = ("not_found", "Stream reported that it finds no such user, and no result of the deletion.")
    UNCONFIRMED = ("unconfirmed", "Stream did not report whether it was deleted.")
    KEPT = ("kept", "Stream was not asked to delete it; the other members keep their own messages.")


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
