"""The rules of notices: which versions are current, who has accepted them."""

from typing import ClassVar

from chalicelib.core import clock
from chalicelib.core.errors import Conflict, Forbidden, NotFound, Schemas
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Need
from chalicelib.core.table import Create
from chalicelib.notices import store, versions
from chalicelib.notices.model import Acceptance, Notice, NoticeKind, NoticeVersion
from chalicelib.notices.store import AcceptedBefore, acceptance_of

__all__ = [
    "TERMS_ACCEPTANCE",
    "AcceptedBefore",
    "TermsNotAccepted",
    "TermsOutdated",
    "accept",
    "acceptance_of",
    "acceptances",
    "check_current",
    "current",
    "currents",
    "published",
    "require_terms",
]  # fmt: skip


class TermsOutdated(Conflict):
    """What was shown is not current any more; `current` names the version of each kind."""

    code = "terms_outdated"
    title = "The terms or the privacy policy changed; show the current ones"
    shows: ClassVar[Schemas] = {
        "current": {
            "type": "object",
            "required": ["terms", "privacy"],
            "properties": {"terms": {"type": "string"}, "privacy": {"type": "string"}},
        }
    }


class TermsNotAccepted(Forbidden):
    """The current terms are not accepted yet; `missing` names the version (STR-4)."""

    code = "terms_not_accepted"
    title = "The current terms have to be accepted first"
    shows: ClassVar[Schemas] = {"missing": {"type": "string", "description": "The version to accept"}}


def published() -> tuple[Notice, ...]:
    """All versions that are published by now, newest first."""
    now = clock.now()
    shown = (notice for notice in versions.PUBLISHED if notice.published_at <= now)
    return tuple(sorted(shown, key=lambda notice: notice.effective_at, reverse=True))


def current(kind: NoticeKind) -> Notice:
    """The version of a kind that is in effect now."""
    now = clock.now()
    return next(n for n in published() if n.kind is kind and n.effective_at <= now)


def currents() -> tuple[Notice, ...]:
    """The version in effect of each kind."""
    return tuple(current(kind) for kind in NoticeKind)


def check_current(terms: NoticeVersion, privacy: NoticeVersion) -> None:
    """Refuse a signup that was shown something else than what is current.

    Raises:
        TermsOutdated: with the versions to show.
    """
    if (terms, privacy) != (current(NoticeKind.TERMS).version, current(NoticeKind.PRIVACY).version):
        raise TermsOutdated(current={n.kind.value: n.version for n in currents()})


# The acceptance that a chat token asks for, in the caller's batched read.
TERMS_ACCEPTANCE: Need[Acceptance | None] = Need(
    lambda claims: store.key(claims.account_id, current(NoticeKind.TERMS).version), store.read
)


def require_terms(acceptance: Acceptance | None) -> None:
    """Refuse what needs the current terms, which say that messages travel through Stream.

    Raises:
        TermsNotAccepted: with the missing version.
    """
    if acceptance is None:
        raise TermsNotAccepted(missing=current(NoticeKind.TERMS).version)


def acceptances(account_id: AccountId, *accepted: NoticeVersion) -> list[Create]:
    """The writes that record first acceptances of versions; for a transaction."""
    now = clock.now()
    return [store.creation(account_id, Acceptance(version=version, accepted_at=now)) for version in accepted]


def accept(account_id: AccountId, version: NoticeVersion) -> None:
    """Record an acceptance; doing it again changes nothing.

    Raises:
        NotFound: no such version is published.
    """
    if version not in {notice.version for notice in published()}:
        raise NotFound
    store.put(account_id, Acceptance(version=version, accepted_at=clock.now()))
