"""The rules of notices: which versions are current, announced to an account, or accepted."""

from collections.abc import Iterable
from contextlib import suppress
from typing import ClassVar

from chalicelib.consents.notices import frozen, store, versions
from chalicelib.consents.notices.model import (
    Acceptance,
    AnnouncementView,
    Notice,
    NoticeKind,
    NoticeVersion,
)
from chalicelib.consents.notices.store import AcceptedBefore, acceptance_of  # noqa: F401 - offered to other rooms
from chalicelib.consents.notices.versions import Standing, describes  # noqa: F401 - offered to other rooms
from chalicelib.core import clock
from chalicelib.core.errors import ConflictingRequest, Forbidden, Schemas, existing
from chalicelib.core.ids import AccountId
from chalicelib.core.languages import Language
from chalicelib.core.needs import Several
from chalicelib.core.transactions import Write
from chalicelib.messages.campaigns import service as campaigns
from chalicelib.messages.campaigns.model import AccountNotice, CampaignKind
from chalicelib.privacy.purposes import Purpose


class TermsOutdated(ConflictingRequest):
    """The version that was shown is not current; `current` names the current one of each kind."""

    title = "The terms or the privacy policy have changed; show the current versions"
    shows: ClassVar[Schemas] = {
        "current": {
            "type": "object",
            "required": ["terms", "privacy"],
            "properties": {"terms": {"type": "string"}, "privacy": {"type": "string"}},
        }
    }


class TermsNotAccepted(Forbidden):
    """The user has not accepted the terms that apply; `missing` names their version (STR-4)."""

    title = "The current terms must be accepted first"
    shows: ClassVar[Schemas] = {"missing": {"type": "string", "description": "The version to accept"}}


def published() -> tuple[Notice, ...]:
    """All versions published by now, newest first."""
    shown = (notice for kind in NoticeKind for notice in versions.published(kind))
    return tuple(sorted(shown, key=lambda notice: notice.effective_at, reverse=True))


def announceable() -> tuple[Notice, ...]:
    """The versions to announce: all but the first of each kind, and those that were replaced."""
    return tuple(n for n in published() if not n.is_first and n.effective_at >= current(n.kind).effective_at)


def current(kind: NoticeKind) -> Notice:
    """The version of a kind that is in effect now; new users are shown this one."""
    return versions.in_effect(kind, clock.now(), versions.every())


def offered() -> frozenset[Purpose]:
    """The purposes whose consents may be given and used now, by the privacy policy in effect."""
    return current(NoticeKind.PRIVACY).offers


def currents() -> tuple[Notice, ...]:
    """The version of each kind that is in effect now."""
    return tuple(current(kind) for kind in NoticeKind)


def check_published(terms: NoticeVersion, privacy: NoticeVersion) -> None:
    """Refuse versions of the terms or the privacy policy that are not published.

    Raises:
        TermsOutdated: with the versions to show.
    """
    shown = {(NoticeKind.TERMS, terms), (NoticeKind.PRIVACY, privacy)}
    if not shown <= {(notice.kind, notice.version) for notice in published()}:
        raise _outdated()


def check_current(terms: NoticeVersion, privacy: NoticeVersion) -> None:
    """Refuse a new account that was not shown the current versions.

    Raises:
        TermsOutdated: with the versions to show.
    """
    if (terms, privacy) != (current(NoticeKind.TERMS).version, current(NoticeKind.PRIVACY).version):
        raise _outdated()


def check_shown(standing: Standing, shown: NoticeVersion) -> None:
    """Refuse to sign in a user who was shown an older version than the one that applies to them.

    The version in effect is always allowed, because the app shows it, also to a user who accepted a coming
    version early.

    Raises:
        TermsOutdated: with the versions to show.
    """
    applies, today = standing.current(clock.now()), current(shown.kind)
    oldest = min(applies.effective_at, today.effective_at)
    if shown not in {notice.version for notice in standing.versions if notice.effective_at >= oldest}:
        raise _outdated()


def _outdated() -> TermsOutdated:
    return TermsOutdated(current={n.kind.value: n.version for n in currents()})


# The caller's standing for each kind of notice, in the caller's batched read.
STANDINGS: dict[NoticeKind, Several[Standing]] = {
    kind: store.standing(kind, lambda *of: campaigns.key(CampaignKind.ANNOUNCEMENT, *of))
    for kind in NoticeKind
}
# The only standing that a chat token needs.
TERMS: Several[Standing] = STANDINGS[NoticeKind.TERMS]


def require_terms(standing: Standing) -> None:
    """Refuse a user who has not accepted the terms that apply to them.

    The terms say that messages travel through Stream.

    Raises:
        TermsNotAccepted: with the missing version.
    """
    if missing := standing.due(clock.now()):
        raise TermsNotAccepted(missing=missing.version)


def has_taken_effect(standing: Standing, version: NoticeVersion) -> bool:
    """Return whether an account was notified of a changed version, or accepted it, and it is in effect.

    The first version of a kind changed nothing.
    """
    return any(
        notice.version == version and not notice.is_first and standing.has_taken_effect(notice, clock.now())
        for notice in standing.versions
    )


def acceptances(account_id: AccountId, *accepted: NoticeVersion) -> list[Write]:
    """The writes that record first acceptances of versions; for a transaction."""
    now = clock.now()
    return [store.creation(account_id, Acceptance(version=version, accepted_at=now)) for version in accepted]


def first_announcements(account_id: AccountId) -> list[Write]:
    """The writes that announce coming versions to a new account, in the app.

    A coming version is published and not in effect yet. A run may have passed the id of the new account.
    """
    now = clock.now()
    coming = (notice.version for notice in published() if notice.effective_at > now)
    shown = (AccountNotice.in_app(CampaignKind.ANNOUNCEMENT, version) for version in coming)
    return [campaigns.creation(account_id, notice) for notice in shown]


def accept(account_id: AccountId, version: NoticeVersion, standing: Standing) -> None:
    """Record an acceptance, also of a coming version; repeating it changes nothing.

    Raises:
        NotFound: no such version is published.
        TermsOutdated: a newer version already applies to this user.
    """
    now = clock.now()
    notice = existing(next((n for n in standing.versions if n.version == version), None))
    if notice.effective_at < standing.current(now).effective_at:
        raise _outdated()
    with suppress(AcceptedBefore):
        store.create_acceptance(account_id, Acceptance(version=version, accepted_at=now))


def announced_to(standings: Iterable[Standing], language: Language) -> tuple[AnnouncementView, ...]:
    """The versions that were announced to an account, the latest first."""
    views = (
        AnnouncementView.showing(
            announced.notice,
            url=frozen.url_of(announced.notice),
            changes=frozen.changes_of(announced.notice, language),
            announced_at=announced.announced_at,
            applies_at=announced.applies_from,
            accepted=announced.notice.version in standing.accepted,
        )
        for standing in standings
        for announced in standing.announced_versions()
    )
    return tuple(sorted(views, key=lambda view: view.applies_at, reverse=True))
