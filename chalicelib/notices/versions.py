"""The versions. Adding one here publishes it from its `published_at` on; none is ever changed or removed."""

from datetime import UTC, datetime

from chalicelib.notices.model import FirstNotice, Notice, NoticeKind, NoticeVersion

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
