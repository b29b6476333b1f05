"""The version that applies to one account, decided from its records without I/O.

A new version applies to an account from the day on which it takes effect, but never before the notice period
has passed since it was announced to the account (NOT-1). If an announcement failed, the version before keeps
applying. An accepted version applies at once, even before it takes effect. The first version of a kind
applies to every account, because no account is older.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.consents.notices.model import Acceptance, Announcement, FirstNotice, Notice, NoticeVersion
from chalicelib.core.settings import Settings


@dataclass(frozen=True)
class Announced:
    """A version that was announced to an account, when, and when it applies by itself."""

    notice: Notice
    announced_at: datetime
    applies_from: datetime


@dataclass(frozen=True)
class Standing:
    """One account's acceptances and announcements of the published versions of one kind.

    `versions` contains the first version of the kind.
    """

    versions: tuple[Notice, ...]
    accepted: Mapping[NoticeVersion, Acceptance]
    announced: Mapping[NoticeVersion, Announcement]

    def applies_from(self, notice: Notice) -> datetime | None:
        """Return when a version applies without acceptance; None if it is not announced yet."""
        if isinstance(notice, FirstNotice):
            return notice.effective_at
        announcement = self.announced.get(notice.version)
        if announcement is None or announcement.announced_at is None:
            return None
        return max(notice.effective_at, announcement.announced_at + Settings.notice_period)

    def current(self, now: datetime) -> Notice:
        """The newest version that applies."""
        return max((v for v in self.versions if self._applies(v, now)), key=lambda v: v.effective_at)

    def due(self, now: datetime) -> Notice | None:
        """The version that applies, if the account has not accepted it; else None."""
        current = self.current(now)
        return None if current.version in self.accepted else current

    def announced_versions(self) -> tuple[Announced, ...]:
        """The versions that were announced to the account."""
        known = ((notice, self.announced.get(notice.version)) for notice in self.versions)
        return tuple(
            Announced(notice, announcement.announced_at, since)
            for notice, announcement in known
            if announcement and announcement.announced_at and (since := self.applies_from(notice))
        )

    def has_taken_effect(self, notice: Notice, now: datetime) -> bool:
        """Return whether a version is in effect and applies; one accepted early is not in effect yet."""
        return notice.effective_at <= now and self._applies(notice, now)

    def _applies(self, notice: Notice, now: datetime) -> bool:
        since = self.applies_from(notice)
        return notice.version in self.accepted or (since is not None and since <= now)
