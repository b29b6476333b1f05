"""The rules of notices: which versions are current, who was told of them, who has accepted them."""

from collections.abc import Iterable
from typing import ClassVar

from chalicelib.core import clock
from chalicelib.core.errors import ConflictingRequest, Forbidden, NotFound, Schemas
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Several
from chalicelib.core.table import Create
from chalicelib.notices import store, versions
from chalicelib.notices.model import (
    Acceptance,
    Announcement,
    AnnouncementView,
    Notice,
    NoticeChannel,
    NoticeKind,
    NoticeVersion,
    Telling,
)
from chalicelib.notices.standing import Standing
from chalicelib.notices.store import AcceptedBefore, acceptance_of

__all__ = [
    "STANDINGS",
    "TERMS",
    "AcceptedBefore",
    "TermsNotAccepted",
    "TermsOutdated",
    "accept",
    "acceptance_of",
    "acceptances",
    "announceable",
    "announced_to",
    "check_current",
    "check_published",
    "check_shown",
    "current",
    "currents",
    "first_announcements",
    "published",
    "require_terms",
    "shown_in_app",
]  # fmt: skip


class TermsOutdated(ConflictingRequest):
    """What was shown is not current any more; `current` names the version of each kind."""

    code = "terms_outdated"
    title = "The terms or the privacy policy have changed; show the current versions"
    shows: ClassVar[Schemas] = {
        "current": {
            "type": "object",
            "required": ["terms", "privacy"],
            "properties": {"terms": {"type": "string"}, "privacy": {"type": "string"}},
        }
    }


class TermsNotAccepted(Forbidden):
    """The terms that apply to this user are not accepted yet; `missing` names the version (STR-4)."""

    code = "terms_not_accepted"
    title = "The current terms must be accepted first"
    shows: ClassVar[Schemas] = {"missing": {"type": "string", "description": "The version to accept"}}


def published() -> tuple[Notice, ...]:
    """All versions that are published by now, newest first."""
    shown = (notice for kind in NoticeKind for notice in versions.published(kind))
    return tuple(sorted(shown, key=lambda notice: notice.effective_at, reverse=True))


def announceable() -> tuple[Notice, ...]:
    """The versions that everybody is told of: not first of their kind, and not replaced by a newer one."""
    return tuple(n for n in published() if not n.is_first and n.effective_at >= current(n.kind).effective_at)


def current(kind: NoticeKind) -> Notice:
    """The version of a kind that is in effect now; whoever signs up is shown this one."""
    now = clock.now()
    return next(n for n in published() if n.kind is kind and n.effective_at <= now)


def currents() -> tuple[Notice, ...]:
    """The version in effect of each kind."""
    return tuple(current(kind) for kind in NoticeKind)


def check_published(terms: NoticeVersion, privacy: NoticeVersion) -> None:
    """Refuse what nobody can have been shown: there is no such version of the terms or the privacy policy.

    Raises:
        TermsOutdated: with the versions to show.
    """
    shown = {(NoticeKind.TERMS, terms), (NoticeKind.PRIVACY, privacy)}
    if not shown <= {(notice.kind, notice.version) for notice in published()}:
        raise _outdated()


def check_current(terms: NoticeVersion, privacy: NoticeVersion) -> None:
    """Refuse a new account that was shown something else than what is current.

    Raises:
        TermsOutdated: with the versions to show.
    """
    if (terms, privacy) != (current(NoticeKind.TERMS).version, current(NoticeKind.PRIVACY).version):
        raise _outdated()


def check_shown(standing: Standing, shown: NoticeVersion) -> None:
    """Refuse to sign a known user in who was shown an older version than the one that applies to them.

    The current one always does, since that is what an app shows, also to somebody who accepted a coming
    one early.

    Raises:
        TermsOutdated: with the versions to show.
    """
    applies, today = standing.current(clock.now()), current(shown.kind)
    oldest = min(applies.effective_at, today.effective_at)
    if shown not in {notice.version for notice in standing.versions if notice.effective_at >= oldest}:
        raise _outdated()


def _outdated() -> TermsOutdated:
    return TermsOutdated(current={n.kind.value: n.version for n in currents()})


# What is on record about the caller and each kind of notice, in the caller's batched read.
STANDINGS: dict[NoticeKind, Several[Standing]] = {kind: store.standing(kind) for kind in NoticeKind}
# That is all that a chat token asks for.
TERMS: Several[Standing] = STANDINGS[NoticeKind.TERMS]


def require_terms(standing: Standing) -> None:
    """Refuse what needs the terms that apply to this user, which say that messages travel through Stream.

    Raises:
        TermsNotAccepted: with the missing version.
    """
    if missing := standing.due(clock.now()):
        raise TermsNotAccepted(missing=missing.version)


def acceptances(account_id: AccountId, *accepted: NoticeVersion) -> list[Create]:
    """The writes that record first acceptances of versions; for a transaction."""
    now = clock.now()
    return [store.creation(account_id, Acceptance(version=version, accepted_at=now)) for version in accepted]


def first_announcements(account_id: AccountId) -> list[Create]:
    """The writes that tell a new account, in the app, of what is published but not in effect yet.

    A walk over the accounts that is under way may have passed the place of the new one.
    """
    now = clock.now()
    coming = (notice.version for notice in published() if notice.effective_at > now)
    return [store.announcing(account_id, shown_in_app(version)) for version in coming]


def shown_in_app(version: NoticeVersion) -> Announcement:
    """An account is told by the notice in its app, which stands there from now on."""
    return Announcement(
        version=version, telling=Telling.TOLD, channel=NoticeChannel.IN_APP, told_at=clock.now()
    )


def accept(account_id: AccountId, version: NoticeVersion, standing: Standing) -> None:
    """Record an acceptance, also of a version that is still to take effect; a second one changes nothing.

    Raises:
        NotFound: no such version is published.
        TermsOutdated: a newer one applies to this user already.
    """
    now = clock.now()
    notice = next((n for n in standing.versions if n.version == version), None)
    if notice is None:
        raise NotFound
    if notice.effective_at < standing.current(now).effective_at:
        raise _outdated()
    store.put(account_id, Acceptance(version=version, accepted_at=now))


def announced_to(standings: Iterable[Standing]) -> tuple[AnnouncementView, ...]:
    """The versions that an account was told of, the latest first."""
    views = (
        AnnouncementView(
            kind=told.notice.kind,
            version=told.notice.version,
            told_at=told.told_at,
            applies_from=told.applies_from,
            url=told.notice.url,
            changes=told.notice.changes,
            accepted=told.notice.version in standing.accepted,
        )
        for standing in standings
        for told in standing.told()
    )
    return tuple(sorted(views, key=lambda view: view.applies_from, reverse=True))
