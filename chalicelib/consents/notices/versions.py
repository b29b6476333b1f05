"""All versions of the notices, and which one applies to an account. No version is changed or removed.

A version is published from its `published_at` on. A new version takes a commit and a deployment. Only on
stage `local`, RU4M_NOTICES adds versions, so that the local cloud can show an announcement; core/settings
refuses it on other stages. There, our newest version of each kind applies from the beginning, so that
developers of an app meet what it describes; the links of 2024 apply if RU4M_NOTICES has that version.

Which version applies to an account follows from its records, without I/O. A new version applies to an account
from the day on which it takes effect, but never before the notice period has passed since it was announced to
the account (NOT-1). If an announcement failed, the version before keeps applying. An accepted version applies
at once, even before it takes effect. The first version of a kind applies to every account, because no account
is older.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from pydantic import TypeAdapter

from chalicelib.consents.notices.model import (
    TEMPORARILY,
    Acceptance,
    FirstNotice,
    Notice,
    NoticeKind,
    NoticeVersion,
)
from chalicelib.core import clock
from chalicelib.core.settings import Settings, Stage, settings
from chalicelib.messages.campaigns.model import AccountNotice
from chalicelib.privacy.purposes import Practice

# The records of both kinds are read in one batched read of 100 keys, two per version.
_MAX_PER_KIND = 24

_MAY_2024 = datetime(2024, 5, 8, tzinfo=UTC)
_DECEMBER_2026, _JANUARY_2027 = datetime(2026, 12, 14, tzinfo=UTC), datetime(2027, 1, 15, tzinfo=UTC)

# The links of 2024.
PUBLISHED: tuple[Notice, ...] = (
    FirstNotice(
        kind=NoticeKind.TERMS,
        version=NoticeVersion("terms-2024-05-08"),
        published_at=_MAY_2024,
        effective_at=_MAY_2024,
        url="https://ru4m.com/terms/2024-05-08",
        changes="First version. Says that messages travel through Stream.",
    ),
    FirstNotice(
        kind=NoticeKind.PRIVACY,
        version=NoticeVersion("privacy-2024-05-08"),
        published_at=_MAY_2024,
        effective_at=_MAY_2024,
        url="https://ru4m.com/privacy/2024-05-08",
        changes="First version.",
        messages_kept=TEMPORARILY,
    ),
)
# Those with frozen pages.
FROZEN: tuple[Notice, ...] = (
    Notice(
        kind=NoticeKind.TERMS,
        version=NoticeVersion("terms-2027-01-15"),
        published_at=_DECEMBER_2026,
        effective_at=_JANUARY_2027,
        url="",
        changes="",
        digest="df217ff47edbd95b2cf3e59f233a5c94c3a20d355b90910de87337abb68af90b",
    ),
    Notice(
        kind=NoticeKind.PRIVACY,
        version=NoticeVersion("privacy-2027-01-15"),
        published_at=_DECEMBER_2026,
        effective_at=_JANUARY_2027,
        url="",
        changes="",
        digest="069bed2060e853f7be4fcb994cf946cfa71b5d904fc0bdab55c131444a36d5b5",
        practices=frozenset(Practice),
        messages_kept=TEMPORARILY,
    ),
)


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
    announced: Mapping[NoticeVersion, AccountNotice]

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


def committed() -> tuple[Notice, ...]:
    """All versions that this release has."""
    return PUBLISHED + FROZEN


def every() -> tuple[Notice, ...]:
    """All versions, including those that are not published yet."""
    if settings().stage is Stage.LOCAL:
        return _checked(_on_local(PUBLISHED, FROZEN, settings().local_notices))
    return _checked(committed())


def of_stage(stage: str) -> tuple[Notice, ...]:
    """All versions that the functions of a stage have, for commands that run in none of them."""
    return _on_local(PUBLISHED, FROZEN, "") if stage == Stage.LOCAL else committed()


def of_kind(kind: NoticeKind) -> tuple[Notice, ...]:
    """All versions of a kind."""
    return tuple(notice for notice in every() if notice.kind is kind)


def published(kind: NoticeKind) -> tuple[Notice, ...]:
    """The versions of a kind that are published by now."""
    now = clock.now()
    return tuple(notice for notice in of_kind(kind) if notice.published_at <= now)


def in_effect(kind: NoticeKind, at: datetime, notices: Iterable[Notice]) -> Notice:
    """The version of a kind that is in effect at an instant."""
    begun = (notice for notice in notices if notice.kind is kind and notice.effective_at <= at)
    return max(begun, key=lambda notice: notice.effective_at)


def describes(practice: Practice) -> bool:
    """Whether the privacy policy that is in effect now says that we do this."""
    return practice in in_effect(NoticeKind.PRIVACY, clock.now(), every()).practices


@cache
def _on_local(links: tuple[Notice, ...], ours: tuple[Notice, ...], text: str) -> tuple[Notice, ...]:
    """The added versions, and of each kind our newest other one, from the beginning, in place of the link."""
    added = _local(text)
    kept = [one for one in ours if one.version not in {other.version for other in added}]
    newest = {one.kind: one for one in sorted(kept, key=lambda one: one.effective_at)}
    begun = {"published_at": _MAY_2024, "effective_at": _MAY_2024}
    first = (FirstNotice(**dict(one) | begun) for one in newest.values())
    return (*first, *(one for one in links if not (one.is_first and one.kind in newest)), *added)


@cache
def _local(text: str) -> tuple[Notice, ...]:
    return TypeAdapter(tuple[Notice, ...]).validate_json(text) if text else ()


@cache
def _checked(notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
    """The same versions, if they are consistent.

    Raises:
        ValueError: two have the same name or time, a kind has no first version or one that is not first, or
            it has too many versions.
    """
    if any(n > 1 for n in Counter(notice.version for notice in notices).values()):
        raise ValueError("two versions have the same name")
    for kind in NoticeKind:
        first, *later = sorted((n for n in notices if n.kind is kind), key=lambda n: n.effective_at)
        days = {notice.effective_at for notice in (first, *later)}
        if not first.is_first or any(n.is_first for n in later) or len(days) <= len(later):
            raise ValueError(f"{kind}: one version comes first, and each takes effect at a time of its own")
        if len(later) >= _MAX_PER_KIND:
            raise ValueError(f"{kind}: more versions than one read can look up")
    return notices
