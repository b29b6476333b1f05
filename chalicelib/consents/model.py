"""A subject's decisions about each purpose, and their representation in the API.

`decided` is the rule, without I/O: it returns the new consent, or None if the choice changes nothing.
Accepting terms is not consent; only an explicit `given` is (RGT-7). A signal (GPC) applies only while the
subject has not decided. An explicit decision takes precedence over it, whichever came first.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from chalicelib.consents.ages import ReachedAge
from chalicelib.consents.notices.model import NoticeVersion
from chalicelib.core.clock import MINUTE, Instant
from chalicelib.core.errors import ConflictingRequest, Forbidden, Schemas, Unprocessable
from chalicelib.core.http import Body, View
from chalicelib.core.ids import AccountId, ConsentRecordId, PathText, RightsRequestId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import UNTIL_ERASURE, After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Refusal, Source
from chalicelib.privacy.restraint import Restraint


class NoticeOutdated(ConflictingRequest):
    """Consent was given under an outdated notice; `current` names the version to show."""

    title = "The privacy notice has changed; show the current version and ask again"
    shows: ClassVar[Schemas] = {"current": {"type": "string", "description": "The version to show"}}


_THRESHOLD: Schemas = {
    "threshold": {"type": "integer", "minimum": 1, "maximum": 150, "description": "In years"}
}


class NotOffered(ConflictingRequest):
    """No practice of the privacy policy in effect uses consent for this purpose, so none can be given.

    With `threshold`: by the date of birth in the profile, the subject is too young to consent.
    """

    title = "The privacy policy in effect does not offer this yet"
    may_show: ClassVar[Schemas] = _THRESHOLD


class PurposeNotPermitted(Forbidden):
    """The user has not consented to this purpose, or objected to it or restricted it; `reason` says which."""

    title = "The user does not permit this purpose now"
    shows: ClassVar[Schemas] = {
        "reason": {"type": "string", "enum": [*Refusal], "description": "Why the purpose is not permitted"}
    }


class AgeUnknown(Unprocessable):
    """Consent needs a date of birth, or the statement that the user is old enough."""

    title = "Ask the user whether they have reached the age of `threshold`, and send `of_age`"
    shows: ClassVar[Schemas] = _THRESHOLD


class WouldEndConsents(ConflictingRequest):
    """The change would end consents, which the user has to confirm."""

    title = "This change ends consents; ask the user, and send it again with `end_consents=true` in the query"
    shows: ClassVar[Schemas] = {
        "purposes": {
            "type": "array",
            "description": "The purposes whose consents would end",
            "items": {"$ref": "#/components/schemas/Purpose"},
        }
    }


# The purposes that need consent, in the order in which the app lists them.
ASKED_FOR: tuple[Purpose, ...] = tuple(p for p in Purpose if p.basis is LegalBasis.CONSENT)
_BY_WORD: dict[str, Purpose] = {purpose.value: purpose for purpose in ASKED_FOR}
# How long after a withdrawal data may still arrive: a request that was admitted before it takes seconds,
# and events may be dated at most five minutes ahead.
SETTLE = 10 * MINUTE
# The purposes that Global Privacy Control refuses.
GPC_REFUSES: tuple[Purpose, ...] = (Purpose.MARKETING, Purpose.PERSONALISED_ADS)


class ConsentPurpose(PathText):
    """A purpose that needs consent. Other purposes have another legal basis."""

    __slots__ = ()
    pattern = re.compile(f"({'|'.join(ASKED_FOR)})")

    @property
    def purpose(self) -> Purpose:
        """The purpose as a member of `Purpose`."""
        return _BY_WORD[self]


class ConsentState(StrEnum):
    """The state of a consent. A purpose without a decision has no state."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class Method(StrEnum):
    """The way in which a decision was made."""

    EXPLICIT = "explicit"  # by the subject
    GPC = "gpc"  # by Global Privacy Control; an explicit choice takes precedence


class Consent(BaseModel, frozen=True, extra="forbid"):
    """The last decision about one purpose, its time, and the notice that was shown."""

    state: ConsentState
    since: Instant
    notice_version: NoticeVersion | None = None  # None for a signal: it does not answer a notice
    method: Method = Method.EXPLICIT
    record_id: ConsentRecordId = Field(default_factory=ConsentRecordId.new)  # of its evidence
    # If consent was given again without a withdrawal in between: when it was first given.
    unbroken_since: Instant | None = None

    @property
    def covers_since(self) -> datetime:
        """The earliest time of data that this consent covers, if it is given."""
        return self.unbroken_since or self.since


@dataclass(frozen=True)
class Choice:
    """A decision to apply."""

    purpose: Purpose
    state: ConsentState
    notice_version: NoticeVersion | None = None
    method: Method = Method.EXPLICIT
    age: ReachedAge | None = None  # of a consent that is given


def decided(before: Consent | None, choice: Choice, at: datetime) -> Consent | None:
    """Return the consent after a choice, or None if the choice changes nothing.

    Giving consent again under a newer notice is a change: the processing under that notice relies on it. So
    is giving it with a new statement of the age, which has to be on record.
    """
    if before is not None and not _is_change(before, choice):
        return None
    gives_again = before and before.state is choice.state is ConsentState.GIVEN
    return Consent(
        state=choice.state,
        since=at,
        notice_version=choice.notice_version,
        method=choice.method,
        unbroken_since=before.covers_since if before and gives_again else None,
    )


def _is_change(before: Consent, choice: Choice) -> bool:
    if choice.method is Method.GPC:
        return False
    if before.method is Method.GPC or before.state is not choice.state:
        return True
    is_new = before.notice_version != choice.notice_version or (choice.age is not None and choice.age.is_new)
    return choice.state is ConsentState.GIVEN and is_new


class RenewalProgress(
    Record,
    table=Table.CHALLENGES,
    kind="renewal_progress",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.JOB, since="touched_at"),
):
    """The lease of the worker that renews evidence in one shard, and when all that was due was processed.

    `fence` grows with every lease, so a worker with an older lease can no longer change this record.
    A lease that ended by itself is abandoned: its worker was killed.
    """

    shard: Annotated[str, NOT_PERSONAL]
    touched_at: Annotated[Instant, NOT_PERSONAL]
    fence: Annotated[int, NOT_PERSONAL] = 0
    leased_until: Annotated[Instant | None, NOT_PERSONAL] = None
    # All accounts that were due at this instant were processed, or failed for a reason of their own.
    done_as_of: Annotated[Instant | None, NOT_PERSONAL] = None


class Purposes(
    Record,
    table=Table.ACCOUNTS,
    kind="purposes",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=UNTIL_ERASURE,
    key_class=KeyClass.SUBJECT,
):
    """All current decisions of one subject; `privacy/purposes.permits` applies them."""

    account_id: Annotated[AccountId, NOT_PERSONAL]
    consents: Annotated[dict[Purpose, Consent], personal(Category.PRIVACY_PREFERENCES, Source.PROVIDED)] = (
        Field(default_factory=dict)
    )
    objections: Annotated[dict[Purpose, Instant], personal(Category.PRIVACY_PREFERENCES, Source.PROVIDED)] = (
        Field(default_factory=dict)
    )
    restrictions: Annotated[
        dict[Purpose, Instant], personal(Category.PRIVACY_PREFERENCES, Source.PROVIDED)
    ] = Field(default_factory=dict)
    wholly_restricted: Annotated[bool, personal(Category.PRIVACY_PREFERENCES, Source.PROVIDED)] = False
    # By the request that caused each; the three fields above are their sum (`consents/restraints`).
    restraints: Annotated[
        dict[RightsRequestId, Restraint], personal(Category.PRIVACY_PREFERENCES, Source.PROVIDED)
    ] = Field(default_factory=dict)
    # Pending events: withdrawals that are not on record yet, because the newest entry of the history was
    # altered.
    owed: Annotated[tuple[dict[str, Any], ...], personal(Category.PRIVACY_PREFERENCES, Source.PROVIDED)] = ()
    # Purposes with withdrawn consent whose data is not deleted yet, by time of withdrawal (ADR 28).
    to_delete: Annotated[dict[Purpose, Instant], personal(Category.PRIVACY_PREFERENCES, Source.PROVIDED)] = (
        Field(default_factory=dict)
    )
    # The age, in years, that the subject stated to have reached.
    of_age: Annotated[int | None, personal(Category.DATE_OF_BIRTH, Source.PROVIDED)] = None
    version: Annotated[int, NOT_PERSONAL] = 1
    # When the consents in force were last recorded again; None: each is recorded where it was given.
    carried_over_at: Annotated[Instant | None, NOT_PERSONAL] = None

    @property
    def in_force(self) -> dict[Purpose, Consent]:
        """The consents in force."""
        return {p: consent for p, consent in self.consents.items() if consent.state is ConsentState.GIVEN}

    @property
    def consented(self) -> Mapping[Purpose, datetime]:
        """Purposes with a consent in force, and since when without interruption."""
        return {purpose: consent.covers_since for purpose, consent in self.in_force.items()}

    @property
    def deletion_due(self) -> datetime | None:
        """The time from which data of the earliest withdrawal can be deleted; None if there is none."""
        return min(self.to_delete.values()) + SETTLE if self.to_delete else None

    @property
    def objected(self) -> AbstractSet[Purpose]:
        """The purposes to which the subject objected."""
        return self.objections.keys()

    @property
    def restricted(self) -> AbstractSet[Purpose]:
        """The purposes restricted individually, those of contested data included."""
        return self.restrictions.keys()


def none_decided(account_id: AccountId) -> Purposes:
    """The decisions of a subject without any; the first stored version follows it."""
    return Purposes(account_id=account_id, version=0)


class ConsentDecision(Body):
    """A decision about one purpose.

    Giving consent requires the version of the notice that was shown, and that the user is old enough.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"state": {"const": "given"}}},
            "then": {"required": ["notice_version"]},
        }
    )

    state: ConsentState
    notice_version: Annotated[
        NoticeVersion | None,
        Field(
            validate_default=True,
            description="Version of the privacy notice that was shown: `version` in GET /v1/notices/current",
            examples=["privacy-2024-05-08"],
        ),
    ] = None
    of_age: Annotated[
        bool,
        Field(
            description="The user says that they have reached the age from which they consent alone. Send it "
            "with `given`, if 422 `age_unknown` asked for it"
        ),
    ] = False

    @field_validator("notice_version")
    @classmethod
    def _shown_before_given(cls, value: NoticeVersion | None, info: ValidationInfo) -> NoticeVersion | None:
        if value is None and info.data.get("state") is ConsentState.GIVEN:
            raise PydanticCustomError("missing", "Required when consent is given")
        return value


class Signals(Body):
    """Global Privacy Control, as set in the app. false means no signal and changes nothing."""

    gpc: bool


class ConsentView(View):
    """The consent for one purpose. `unknown`: no decision was made, so the use is not permitted."""

    purpose: Purpose
    state: ConsentState | Literal["unknown"]
    decided_at: Instant | None = None
    notice_version: NoticeVersion | None = None
    method: Method | None = None

    @classmethod
    def of(cls, purpose: Purpose, consent: Consent | None) -> Self:
        """Build the view of a consent, or of its absence."""
        if consent is None:
            return cls(purpose=purpose, state="unknown")
        return cls.showing(consent, purpose=purpose, decided_at=consent.since)


class ConsentList(View):
    """The purposes that are offered, and those about which the user once decided."""

    items: tuple[ConsentView, ...]

    @classmethod
    def of(cls, purposes: Purposes | None, offered: AbstractSet[Purpose]) -> Self:
        """Build the list; `offered` are the purposes to which consent can be given now."""
        consents = purposes.consents if purposes else {}
        shown = (purpose for purpose in ASKED_FOR if purpose in offered or purpose in consents)
        return cls(items=tuple(ConsentView.of(purpose, consents.get(purpose)) for purpose in shown))
