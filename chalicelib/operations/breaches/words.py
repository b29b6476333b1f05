"""What operators write and decide about a breach: closed lists, bounded texts, bodies of requests."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import BaseModel, Field, StringConstraints

from chalicelib.core.clock import Instant
from chalicelib.core.http import Body
from chalicelib.core.ids import StaffId, UserId
from chalicelib.operations.breaches.clocks import DeadlineRule
from chalicelib.privacy.purposes import Category

LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
NoticeText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Count = Annotated[int, Field(ge=0, le=10**12)]

MAX_LISTED = 300  # user ids of one call; the limit of a request's size allows no more


class PeopleAffected(StrEnum):
    """The categories of people whose data a breach concerns."""

    USERS = "users"
    FORMER_USERS = "former_users"
    NON_USERS = "non_users"  # people named in users' content, or invited ones
    STAFF = "staff"


class BreachRisk(StrEnum):
    """The assessed risk to people, which decides who is notified."""

    UNLIKELY = "unlikely"  # no notification; the breach is recorded (Art. 33(1) and (5))
    RISK = "risk"  # authorities are notified
    HIGH = "high"  # authorities and the people affected are notified (Art. 34(1))
    HIGH_EXEMPT = "high_exempt"  # authorities only: a condition of Art. 34(3) is met, as the reasons state

    @property
    def needs_authority(self) -> bool:
        """Return whether the authorities have to be notified under the general rule."""
        return self is not BreachRisk.UNLIKELY


class Audience(StrEnum):
    """The accounts whose owners are notified."""

    ALL = "all"
    COUNTRY = "country"  # those whose owner declared a country
    LISTED = "listed"  # those whose user ids operators listed


class BreachFinding(Body):
    """What is known about a breach. A later finding adds to the earlier ones, and replaces none."""

    what: LongText = Field(description="What happened, or what was found out")
    categories: tuple[Category, ...] = Field((), max_length=40, description="Categories of data")
    people: tuple[PeopleAffected, ...] = Field((), max_length=4)
    people_count: Count | None = Field(None, description="Approximate number of people")
    record_count: Count | None = Field(None, description="Approximate number of records of data")
    consequences: LongText | None = Field(None, description="Likely consequences for the people")
    measures: LongText | None = Field(None, description="Measures taken or proposed")
    countries: tuple[CountryCode, ...] = Field(
        (), max_length=40, description="Declared countries of the people affected; Serbia is always included"
    )
    communications_in: tuple[CountryCode, ...] = Field(
        (), max_length=40, description="Those of the countries in which Regulation 611/2013 applies"
    )


class NewBreach(BreachFinding):
    """A breach, as it is known at its discovery."""

    discovered_at: Instant = Field(description="When we became aware of it; never in the future")


def rule_of(finding: BreachFinding, country: str) -> DeadlineRule:
    """Return the rule that applies in a country, as an operator stated."""
    stated = country in finding.communications_in
    return DeadlineRule.COMMUNICATIONS if stated else DeadlineRule.GENERAL


class BreachWords(BaseModel, frozen=True, extra="forbid"):
    """The texts of a notice in one language (Art. 34(2)); they name no person."""

    nature: NoticeText
    consequences: NoticeText
    measures: NoticeText
    advice: NoticeText


class NewAssessment(Body):
    """An assessment that another operator must approve."""

    max_bytes: ClassVar[int] = 48 * 1024  # the texts of two languages

    risk: BreachRisk
    reasons: LongText
    audience: Audience | None = Field(None, description="Needed for a high risk, and only then")
    country: CountryCode | None = Field(None, description="Needed for the audience `country`")
    texts: dict[str, BreachWords] | None = Field(None, description="By language; for a high risk")


class AuthorityNotification(Body):
    """The statement that an authority was notified, outside this system."""

    country: CountryCode
    notified_at: Instant
    reference: ShortText = Field(description="The reference that the authority gave, or of our letter")
    complete: bool = Field(description="false: particulars follow")
    delay: LongText | None = Field(None, description="Reasons for the delay; required if it is late")


class AffectedUsers(Body):
    """User ids of people affected; a repeated id is harmless."""

    user_ids: tuple[UserId, ...] = Field(min_length=1, max_length=MAX_LISTED)


class Closing(Body):
    """The conclusion with which a breach is closed."""

    conclusion: LongText


class AuthorityReport(BaseModel, frozen=True):
    """One notification of an authority, as recorded."""

    country: str
    notified_at: Instant
    reference: str
    complete: bool
    delay: str | None = None
    by: StaffId
    recorded_at: Instant


class Assessment(BaseModel, frozen=True):
    """An assessment of the risk; proposed by one operator, approved by another."""

    risk: BreachRisk
    reasons: str
    audience: Audience | None = None
    country: str | None = None
    texts: dict[str, BreachWords] | None = None
    rendering: str | None = None  # SHA-256 of the notice in all languages, as it was when it was proposed
    proposed_by: StaffId
    proposed_at: Instant
    approved_by: StaffId | None = None
    approved_at: Instant | None = None


class Conclusion(BaseModel, frozen=True):
    """Why a breach was closed, by whom and when."""

    text: str
    by: StaffId
    at: Instant
