"""Which version applies to one account: pure, over what is on record about it.

A new version applies to an account from the day on which it takes effect, but never before the notice
period has passed since the account was told of it (NOT-1). Whoever was never told, because telling
broke, stays under the version before. Accepting a version makes it apply, also early; the first version
of a kind applies to everybody, since nobody has an account from before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.settings import Settings
from chalicelib.notices.model import Acceptance, Announcement, FirstNotice, Notice, NoticeVersion


@dataclass(frozen=True)
class Announced:
    """A version that an account was told of, when, and when it starts to apply by itself."""

    notice: Notice
    told_at: datetime
    applies_from: datetime


@dataclass(frozen=True)
class Standing:
    """What is on record about one account and the published versions of one kind, of which one is first."""

    versions: tuple[Notice, ...]
    accepted: Mapping[NoticeVersion, Acceptance]
    announced: Mapping[NoticeVersion, Announcement]

    def applies_from(self, notice: Notice) -> datetime | None:
        """When a version starts to apply by itself, without being accepted; None: not told of it yet."""
        if isinstance(notice, FirstNotice):
            return notice.effective_at
        announcement = self.announced.get(notice.version)
        if announcement is None or announcement.told_at is None:
            return None
        return max(notice.effective_at, announcement.told_at + Settings.notice_period)

    def current(self, now: datetime) -> Notice:
        """The newest version that applies."""
        return max((v for v in self.versions if self._applies(v, now)), key=lambda v: v.effective_at)

    def due(self, now: datetime) -> Notice | None:
        """The version whose acceptance is missing, if one is."""
        current = self.current(now)
        return None if current.version in self.accepted else current

    def told(self) -> tuple[Announced, ...]:
        """The versions that the account was told of."""
        known = ((notice, self.announced.get(notice.version)) for notice in self.versions)
        return tuple(
            Announced(notice, announcement.told_at, since)
            for notice, announcement in known
            if announcement and announcement.told_at and (since := self.applies_from(notice))
        )

    def _applies(self, notice: Notice, now: datetime) -> bool:
        since = self.applies_from(notice)
        return notice.version in self.accepted or (since is not None and since <= now)
