"""Versions of notices for tests, and accounts to which they were announced."""

from datetime import UTC, datetime, timedelta

from chalicelib.consents.notices import versions
from chalicelib.consents.notices.model import (
    Notice,
    NoticeKind,
    NoticeVersion,
)
from chalicelib.core import table
from chalicelib.core.ids import AccountId
from chalicelib.messages.campaigns import store
from chalicelib.messages.campaigns.model import AccountNotice, CampaignKind
from chalicelib.privacy.purposes import Practice
from tests.support import patches
from tests.support.world.world import User

DAY = timedelta(days=1)


def a_version(day: str, kind: NoticeKind = NoticeKind.TERMS, announced_for: timedelta = 30 * DAY) -> Notice:
    """Return a version that takes effect on a day, published some time before; it offers every consent."""
    effective_at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return Notice(
        kind=kind,
        version=NoticeVersion(f"{kind}-{day}"),
        published_at=effective_at - announced_for,
        effective_at=effective_at,
        url=f"https://ru4m.com/{kind}/{day}",
        changes="What changes is told here.",
        practices=frozenset({Practice.COUNTING_USE} if kind is NoticeKind.PRIVACY else ()),
    )


def publish(*added: Notice) -> None:
    """Publish more versions, as a deployment does."""
    patches.current().setattr(versions, "PUBLISHED", (*versions.PUBLISHED, *added))


def record_announcement(user: User, version: NoticeVersion, at: datetime) -> None:
    """Store that a version was announced to a user at an instant."""
    shown = AccountNotice.in_app(CampaignKind.ANNOUNCEMENT, version).model_copy(update={"announced_at": at})
    table.write(store.creation(AccountId(user.account_id), shown))
