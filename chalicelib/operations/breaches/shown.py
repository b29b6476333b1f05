"""The notices of breaches to one account, as its owner reads them in the app.

An account reads the texts once its own notice exists, whether that went by mail or not; an account that no
notice reached learns nothing of a breach. No member of staff is named.
"""

from chalicelib.consents.notices.model import NoticeChannel
from chalicelib.core.clock import Instant
from chalicelib.core.http import View
from chalicelib.core.ids import AccountId, BreachId
from chalicelib.core.languages import Language
from chalicelib.core.settings import settings
from chalicelib.operations.breaches import store
from chalicelib.operations.breaches.subject_notices import store as notices
from chalicelib.operations.breaches.subject_notices.letter import read_in
from chalicelib.operations.breaches.words import BreachWords


class BreachNoticeView(View):
    """A breach of personal data of which the caller was notified (Art. 34 GDPR)."""

    id: BreachId
    discovered_at: Instant
    announced_at: Instant
    channel: NoticeChannel
    contact_email: str
    texts: dict[Language, BreachWords]


class BreachNoticeList(View):
    """Notices of breaches, newest first."""

    items: tuple[BreachNoticeView, ...]
    next: str | None = None


def to_account(account_id: AccountId) -> tuple[BreachNoticeView, ...]:
    """The notices that an account got, newest first; at most 100.

    Raises:
        Unavailable: the table does not answer.
    """
    found = notices.notices(account_id)
    letters = store.letters([notice.breach_id for notice in found]) if found else {}
    views = [
        BreachNoticeView(
            id=notice.breach_id,
            discovered_at=letter.discovered_at,
            announced_at=notice.announced_at,
            channel=notice.channel,
            contact_email=settings().contact_email,
            texts={language: read_in(letter.texts, language) for language in Language},
        )
        for notice in found
        if (letter := letters.get(notice.breach_id)) and notice.announced_at
    ]
    return tuple(sorted(views, key=lambda view: view.announced_at, reverse=True))
