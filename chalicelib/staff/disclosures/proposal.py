"""What an operator proposes to disclose, and the rules for it.

- The request of an authority names its order or the law (NOT-3). A merger or sale names the notice that
  announced it (NOT-2). Every proposal says which data exactly, and why the ground applies (NOT-5).
- Only an authority can forbid to inform the subject. Such an order has a reference of its own, ends two years
  ahead at most, and ends a year before the record does, so that the subject can still learn of it.
"""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.consents.notices.model import NoticeKind, NoticeVersion
from chalicelib.core.clock import DAY, Instant
from chalicelib.core.durations import Duration
from chalicelib.core.errors import does_not_apply
from chalicelib.core.http import Body
from chalicelib.core.ids import UserId
from chalicelib.privacy import register
from chalicelib.privacy.periods import Period
from chalicelib.staff.disclosures.model import DisclosureGround, DisclosureKind

# How long an order may forbid to inform the subject, counted from its entry or renewal.
SECRET_AT_MOST = Duration.parse("P2Y")
_VISIBLE_AT_LEAST = 365 * DAY  # after the secrecy, until the record expires

AssessmentText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class NewDisclosure(Body):
    """A disclosure that another operator must approve."""

    user_id: UserId
    ground: DisclosureGround
    recipient: ShortText = Field(description="The authority or the other party")
    reference: ShortText | None = Field(None, description="The order or the law, for an authority's request")
    scope: tuple[str, ...] = Field(
        min_length=1, max_length=50, description="Kinds of records, as in the record of processing"
    )
    extract: AssessmentText = Field(description="Which data exactly, no more than necessary")
    reason: AssessmentText = Field(description="Why the ground applies; weighs the interests if voluntary")
    notice: NoticeVersion | None = Field(None, description="The notice that announced a merger or sale")
    secret_until: Instant | None = Field(None, description="Until when the order forbids to inform the user")
    secrecy_reference: ShortText | None = Field(None, description="The part of the order that forbids it")


def check(new: NewDisclosure, now: datetime) -> None:
    """Refuse a proposal that breaks a rule.

    Raises:
        InvalidRequest: with the field.
    """
    kind = new.ground.kind
    if kind is DisclosureKind.AUTHORITY_REQUEST and new.reference is None:
        raise does_not_apply("reference", "The request of an authority needs its order or the law")
    if (kind is DisclosureKind.MERGER_OR_SALE) is not (new.notice is not None):
        raise does_not_apply("notice", "Needed for a merger or sale, which it announced, and only then")
    if new.notice is not None and not _is_policy(new.notice):
        raise does_not_apply("notice", "A version of the privacy policy announces a merger or sale")
    if len(set(new.scope)) < len(new.scope) or not set(new.scope) <= register.kinds_about_users():
        raise does_not_apply("scope", "Kinds of the record of processing that are about users, each once")
    if (new.secret_until is None) is not (new.secrecy_reference is None):
        raise does_not_apply("secrecy_reference", "A secrecy needs its end and its reference")
    if new.secret_until is not None:
        check_secrecy(new.ground, new.secret_until, now, now)


def check_secrecy(ground: DisclosureGround, until: datetime, proposed_at: datetime, now: datetime) -> None:
    """Refuse a secrecy that no authority ordered, or whose end is too late or past.

    Raises:
        InvalidRequest: with the field.
    """
    if ground.kind is not DisclosureKind.AUTHORITY_REQUEST:
        raise does_not_apply("secret_until", "Only an authority can forbid to inform the user")
    latest = min(now + SECRET_AT_MOST, Period.DISCLOSURE.ends(proposed_at) - _VISIBLE_AT_LEAST)
    if not now < until <= latest:
        raise does_not_apply(
            "secret_until", "In the future, two years ahead at most, and a year before the record expires"
        )


def _is_policy(notice: NoticeVersion) -> bool:
    return NoticeVersion.parse(notice) is not None and notice.kind is NoticeKind.PRIVACY
