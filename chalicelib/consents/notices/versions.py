"""All versions of the notices. A version listed here is never changed or removed.

A version is published from its `published_at` on. A new version takes a commit and a deployment. Only on
stage `local`, RU4M_NOTICES adds versions, so that the local cloud can show an announcement; core/settings
refuses it on other stages.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

from pydantic import TypeAdapter

from chalicelib.consents.notices.model import TEMPORARILY, FirstNotice, Notice, NoticeKind, NoticeVersion
from chalicelib.core import clock
from chalicelib.core.settings import settings

# The records of both kinds are read in one batched read of 100 keys, two per version.
_MAX_PER_KIND = 24

_MAY_2024 = datetime(2024, 5, 8, tzinfo=UTC)

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


def every() -> tuple[Notice, ...]:
    """All versions, including those that are not published yet."""
    return _checked(PUBLISHED + _local(settings().local_notices))


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
