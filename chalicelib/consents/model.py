"""What a subject decided about each purpose, and how the app says and sees it.

The rule of a decision is `decided`, without I/O: what is new about it, or nothing. Accepting terms is no
consent, and nothing but an explicit `given` makes one (RGT-7). A signal (GPC) speaks only where the
subject has said nothing; what they say outweighs it, before or after.
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

from chalicelib.core.clock import MINUTE, Instant
from chalicelib.core.errors import ConflictingRequest, Schemas
from chalicelib.core.http import Body, View
from chalicelib.core.ids import AccountId, ConsentRecordId
from chalicelib.core.table import Table
from chalicelib.notices.model import NoticeVersion
from chalicelib.privacy.periods import UNTIL_ERASURE
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source


class NoticeOutdated(ConflictingRequest):
    """Consent was given to another notice than the one that applies; `current` names the one to show."""

    code = "notice_outdated"
    title = "The privacy notice changed; show the current one and ask again"
    shows: ClassVar[Schemas] = {"current": {"type": "string", "description": "The version to show"}}


# What may be asked for, in the order in which the app lists it.
ASKED_FOR: tuple[Purpose, ...] = tuple(p for p in Purpose if p.basis is LegalBasis.CONSENT)
_BY_WORD: dict[str, Purpose] = {purpose.value: purpose for purpose in ASKED_FOR}
# How long after a withdrawal data may still come in: a request that was admitted before it lives for seconds,
# and the events that it stores are dated five minutes ahead at most.
SETTLE = 10 * MINUTE
# What Global Privacy Control refuses: the uses that it is about, by their purposes.
GPC_REFUSES: tuple[Purpose, ...] = (Purpose.MARKETING, Purpose.PERSONALISED_ADS)


class ConsentPurpose(str):
    """A purpose that waits for consent; the others have another basis, and nothing to decide here."""

    __slots__ = ()
    pattern: ClassVar[re.Pattern[str]] = re.compile(f"({'|'.join(ASKED_FOR)})")

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The purpose that a text names, or None."""
        return cls(text) if cls.pattern.fullmatch(text) else None

    @property
    def purpose(self) -> Purpose:
        """As the declarations know it."""
        return _BY_WORD[self]


class ConsentState(StrEnum):
    """Where a consent stands; a purpose that nothing was said about has none."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class Method(StrEnum):
    """How a choice came to be."""

    EXPLICIT = "explicit"  # the subject said so
    GPC = "gpc"  # Global Privacy Control said so, which an explicit choice outweighs


class Consent(BaseModel):
    """The last decision about one purpose, when it was made, and the notice that was on the screen then."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: ConsentState
    since: Instant
    notice_version: NoticeVersion | None = None  # a signal is no answer to a notice
    method: Method = Method.EXPLICIT
    record_id: ConsentRecordId = Field(default_factory=ConsentRecordId.new)  # of its evidence
    # Of a consent that was given again without a withdrawal in between: when it was first given.
    unbroken_since: Instant | None = None

    @property
    def covers_since(self) -> datetime:
        """From when on data may rest on it, if it is one that is given."""
        return self.unbroken_since or self.since


@dataclass(frozen=True)
class Choice:
    """What is to be decided."""

    purpose: Purpose
    state: ConsentState
    notice_version: NoticeVersion | None = None
    method: Method = Method.EXPLICIT


def decided(before: Consent | None, choice: Choice, at: datetime) -> Consent | None:
    """The consent after a choice, or None if the choice says nothing new.

    Giving again under a newer notice is new: it is what the newer notice rests on.
    """
    if before is not None and not _says_more(before, choice):
        return None
    gives_again = before and before.state is choice.state is ConsentState.GIVEN
    return Consent(
        state=choice.state,
        since=at,
        notice_version=choice.notice_version,
        method=choice.method,
        unbroken_since=before.covers_since if before and gives_again else None,
    )


def _says_more(before: Consent, choice: Choice) -> bool:
    if choice.method is Method.GPC:
        return False
    if before.method is Method.GPC or before.state is not choice.state:
        return True
    return choice.state is ConsentState.GIVEN and before.notice_version != choice.notice_version


class Purposes(
    Record,
    table=Table.ACCOUNTS,
    kind="purposes",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=UNTIL_ERASURE,
    key_class=KeyClass.SUBJECT,
):
    """All decisions of one subject as they are now; `privacy/purposes.permits` judges by them."""

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
    # Events of withdrawals that are not on record yet: nothing could follow the newest entry of the history.
    owed: Annotated[tuple[dict[str, Any], ...], personal(Category.PRIVACY_PREFERENCES, Source.PROVIDED)] = ()
    # Purposes whose consent was withdrawn then, and whose data is not deleted yet (ADR 28).
    to_delete: Annotated[dict[Purpose, Instant], personal(Category.PRIVACY_PREFERENCES, Source.PROVIDED)] = (
        Field(default_factory=dict)
    )
    version: Annotated[int, NOT_PERSONAL] = 1
    # When the consents in force were last put on record anew; None: each is where it was given.
    carried_over_at: Annotated[Instant | None, NOT_PERSONAL] = None
    # The place in the index of what `renew_consents` has to see to, if that is anything: shard and instant.
    renewal: Annotated[str | None, NOT_PERSONAL] = None
    renew_at: Annotated[Instant | None, NOT_PERSONAL] = None

    @property
    def in_force(self) -> dict[Purpose, Consent]:
        """The consents in force."""
        return {p: consent for p, consent in self.consents.items() if consent.state is ConsentState.GIVEN}

    @property
    def consented(self) -> Mapping[Purpose, datetime]:
        """Purposes with a consent in force, and since when it has been without a break."""
        return {purpose: consent.covers_since for purpose, consent in self.in_force.items()}

    @property
    def deletion_due(self) -> datetime | None:
        """When the data of the purpose that was withdrawn first can be deleted; None: nothing is left."""
        return min(self.to_delete.values()) + SETTLE if self.to_delete else None

    @property
    def objected(self) -> AbstractSet[Purpose]:
        """Purposes that the subject objected to."""
        return self.objections.keys()

    @property
    def restricted(self) -> AbstractSet[Purpose]:
        """Purposes that are restricted one by one."""
        return self.restrictions.keys()


class ConsentDecision(Body):
    """A choice about one purpose. Giving names the notice that was shown; withdrawing needs nothing more."""

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
            description="Of the privacy notice that was shown: `version` in GET /v1/notices/current",
            examples=["privacy-2024-05-08"],
        ),
    ] = None

    @field_validator("notice_version")
    @classmethod
    def _shown_before_given(cls, value: NoticeVersion | None, told: ValidationInfo) -> NoticeVersion | None:
        if value is None and told.data.get("state") is ConsentState.GIVEN:
            raise PydanticCustomError("missing", "Consent is given to a notice that was shown")
        return value


class Signals(Body):
    """What an app says in the place of a browser's header; false is no signal, and undoes nothing."""

    gpc: bool


class ConsentView(View):
    """Where the consent for one purpose stands; `unknown` where nothing was said, which permits nothing."""

    purpose: Purpose
    state: ConsentState | Literal["unknown"]
    since: Instant | None = None
    notice_version: NoticeVersion | None = None
    method: Method | None = None

    @classmethod
    def of(cls, purpose: Purpose, consent: Consent | None) -> Self:
        """For the app."""
        if consent is None:
            return cls(purpose=purpose, state="unknown")
        return cls(
            purpose=purpose,
            state=consent.state,
            since=consent.since,
            notice_version=consent.notice_version,
            method=consent.method,
        )


class ConsentList(View):
    """Every purpose that waits for consent."""

    items: tuple[ConsentView, ...]
    next: str | None = None

    @classmethod
    def of(cls, purposes: Purposes | None) -> Self:
        """All of them, decided or not."""
        consents = purposes.consents if purposes else {}
        return cls(items=tuple(ConsentView.of(purpose, consents.get(purpose)) for purpose in ASKED_FOR))
