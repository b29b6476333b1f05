"""What a subject decided about each purpose."""

from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.core.clock import Instant
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Table
from chalicelib.notices.model import NoticeVersion
from chalicelib.privacy.periods import UNTIL_ERASURE
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source


class ConsentState(StrEnum):
    """Where a consent stands; a purpose that nothing was said about has none."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class Method(StrEnum):
    """How a choice came to be."""

    EXPLICIT = "explicit"  # the subject said so
    GPC = "gpc"  # Global Privacy Control said so, which an explicit choice outweighs


class Consent(BaseModel):
    """A decision about one purpose, and the notice that was on the screen then."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: ConsentState
    since: Instant
    notice_version: NoticeVersion | None = None  # a signal is no answer to a notice
    method: Method = Method.EXPLICIT


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
    version: Annotated[int, NOT_PERSONAL] = 1

    @property
    def consented(self) -> AbstractSet[Purpose]:
        """Purposes with a consent in force."""
        return {p for p, consent in self.consents.items() if consent.state is ConsentState.GIVEN}

    @property
    def objected(self) -> AbstractSet[Purpose]:
        """Purposes that the subject objected to."""
        return self.objections.keys()

    @property
    def restricted(self) -> AbstractSet[Purpose]:
        """Purposes that are restricted one by one."""
        return self.restrictions.keys()
