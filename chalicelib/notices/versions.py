"""The versions. Adding one here publishes it from its `published_at` on; none is ever changed or removed.

On stage `local`, and there only, RU4M_NOTICES adds more (core/settings refuses it elsewhere), so that the
local cloud can show an announcement. What people are bound by is changed by a commit and a deployment.
"""

from collections import Counter
from datetime import UTC, datetime
from functools import cache

from pydantic import TypeAdapter

from chalicelib.core import clock
from chalicelib.core.settings import settings
from chalicelib.notices.model import FirstNotice, Notice, NoticeKind, NoticeVersion

# What is on record of both kinds is read by key, two keys a version; one batched read takes 100.
_MOST_OF_A_KIND = 24

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
    ),
)


def every() -> tuple[Notice, ...]:
    """All versions, also those whose `published_at` is still to come."""
    return _checked(PUBLISHED + _local(settings().local_notices))


def of_kind(kind: NoticeKind) -> tuple[Notice, ...]:
    """All versions of a kind."""
    return tuple(notice for notice in every() if notice.kind is kind)


def published(kind: NoticeKind) -> tuple[Notice, ...]:
    """Those of a kind that are published by now."""
    now = clock.now()
    return tuple(notice for notice in of_kind(kind) if notice.published_at <= now)


@cache
def _local(text: str) -> tuple[Notice, ...]:
    return TypeAdapter(tuple[Notice, ...]).validate_json(text) if text else ()


@cache
def _checked(notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
    """The same versions, if they can be told apart.

    Raises:
        ValueError: two have the same name or day, a first one is missing or not first, or there are too many.
    """
    if any(n > 1 for n in Counter(notice.version for notice in notices).values()):
        raise ValueError("two versions have the same name")
    for kind in NoticeKind:
        first, *later = sorted((n for n in notices if n.kind is kind), key=lambda n: n.effective_at)
        days = {notice.effective_at for notice in (first, *later)}
        if not first.is_first or any(n.is_first for n in later) or len(days) <= len(later):
            raise ValueError(f"{kind}: one version comes first, and each takes effect at a time of its own")
        if len(later) >= _MOST_OF_A_KIND:
            raise ValueError(f"{kind}: more versions than one read can look up")
    return notices
