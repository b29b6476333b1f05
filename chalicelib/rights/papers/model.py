"""The papers of a request: their states, and how long they are kept. Pure.

    waiting ──> processing ──> ready
       │            └────────> rejected
       └─ stays so if nothing is uploaded

The bytes are in S3, and last as long as the paper is in this record (ADR 101).
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel

from chalicelib.core.clock import DAY, MINUTE, Instant
from chalicelib.core.errors import ConflictingRequest
from chalicelib.core.ids import PaperId, RightsRequestId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period
from chalicelib.privacy.personal import NOT_PERSONAL, NotPersonal, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose

MAX_PAPERS = 6
MAX_BYTES = 5_000_000
FORM_LIFE = 10 * MINUTE
LINK_LIFE = 2 * MINUTE
# As long as proof of identity is awaited (request/model). So a paper is deleted 37 days after the first one
# was offered at the latest, also if a decision about the identity was missed.
UNDECIDED = 30 * DAY
# Runs that may begin on one paper. A paper that kills the worker is rejected at the next one.
MAX_ATTEMPTS = 3


class PaperState(StrEnum):
    """How far a paper has come."""

    WAITING = "waiting"
    PROCESSING = "processing"
    READY = "ready"
    REJECTED = "rejected"


class PaperFlaw(StrEnum):
    """Why a paper was rejected."""

    OTHER_TYPE = "other_type"  # neither a JPEG, PNG or WebP image nor a PDF, whatever its name is
    TOO_MANY_PIXELS = "too_many_pixels"
    UNREADABLE = "unreadable"  # damaged or gone, or its processing failed three times


class PaperType(StrEnum):
    """The media types of papers as they are kept."""

    JPEG = "image/jpeg"
    PDF = "application/pdf"


class NoMorePapers(ConflictingRequest):
    """The request has as many papers as it takes."""

    title = "No more papers can be uploaded for this request; send them by mail"


class IdentityPaper(BaseModel, frozen=True):
    """One paper. `kept_as`: the type of the bytes, once it is ready."""

    paper_id: PaperId
    state: PaperState = PaperState.WAITING
    offered_at: Instant
    attempts: int = 0
    flaw: PaperFlaw | None = None
    kept_as: PaperType | None = None

    @property
    def expires_at(self) -> datetime:
        """Until when the form that uploads it works."""
        return self.offered_at + FORM_LIFE

    @property
    def is_settled(self) -> bool:
        """Return whether its state is final."""
        return self.state in {PaperState.READY, PaperState.REJECTED}

    def begun(self) -> Self:
        """The paper with another attempt at it; rejected if it had all of them."""
        if self.attempts >= MAX_ATTEMPTS:
            return self.settled(PaperFlaw.UNREADABLE)
        return self.model_copy(update={"state": PaperState.PROCESSING, "attempts": self.attempts + 1})

    def settled(self, outcome: PaperFlaw | PaperType) -> Self:
        """The paper in its final state."""
        if isinstance(outcome, PaperFlaw):
            return self.model_copy(update={"state": PaperState.REJECTED, "flaw": outcome})
        return self.model_copy(update={"state": PaperState.READY, "kept_as": outcome})


class IdentityPapers(
    Record,
    table=Table.RIGHTS,
    kind="identity_papers",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.IDENTITY_PAPERS, since="kept_since"),
):
    """The papers of a request. `kept_since`: when the identity was decided, or the end of `UNDECIDED`."""

    request_id: Annotated[RightsRequestId, NOT_PERSONAL]
    papers: Annotated[tuple[IdentityPaper, ...], NOT_PERSONAL] = ()
    version: Annotated[int, NotPersonal(withheld="internal state of our work on the papers")] = 0
    kept_since: Annotated[Instant, NOT_PERSONAL]

    def with_new(self, paper_id: PaperId, now: datetime) -> Self:
        """The papers with another one, which waits for its upload.

        If the identity was decided before and is awaited again, the earlier papers are dropped: they keep
        their end by that.

        Raises:
            NoMorePapers: the request has as many as it takes.
        """
        decided = self.kept_since <= now
        if len(self.papers) >= MAX_PAPERS and not decided:
            raise NoMorePapers
        kept, since = ((), now + UNDECIDED) if decided else (self.papers, self.kept_since)
        new = IdentityPaper(paper_id=paper_id, offered_at=now)
        return self.changed(papers=(*kept, new), kept_since=since)

    def paper(self, paper_id: PaperId) -> IdentityPaper | None:
        """One of the papers; None if there is none with this id."""
        return next((one for one in self.papers if one.paper_id == paper_id), None)

    def with_paper(self, paper: IdentityPaper) -> Self:
        """The papers with another state of one."""
        papers = tuple(paper if one.paper_id == paper.paper_id else one for one in self.papers)
        return self.changed(papers=papers)

    def decided(self, now: datetime) -> Self:
        """The papers from the decision about the identity on; it never lengthens their period."""
        return self.changed(kept_since=min(now, self.kept_since))

    def changed(self, **changes: object) -> Self:
        """The record with other values of fields, as its next version."""
        return self.model_copy(update={**changes, "version": self.version + 1})
