"""What the Ledger has of a request: how it was received, and how it was closed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from chalicelib.core import chain, clock
from chalicelib.core.batches import batched
from chalicelib.core.chain import ChainEntry
from chalicelib.core.clock import Instant
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.request import evidence
from chalicelib.rights.request.store import MAX_READ
from chalicelib.rights.request.terms import ReceivedBy, RefusalReason, Right, Status

_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
# The events by which a person closes a request, with its status; `decided` states the status itself.
_VOIDED = "voided"
_CANCELLED = frozenset({"cancelled", "superseded", "given_up_for_erasure", _VOIDED})
# The events of the steps that answer a request.
_ANSWERED = frozenset({"deliver_done", "certify_done"})


@dataclass(frozen=True)
class ReceiptEvidence:
    """How a request was received, as its first entry states it."""

    right: Right
    received_by: ReceivedBy
    received_at: datetime


@dataclass(frozen=True)
class ClosingEvidence:
    """How a person closed a request before the end of its procedure."""

    status: Status
    reason: RefusalReason | None = None
    voided_at: datetime | None = None


@dataclass(frozen=True)
class RequestHistory:
    """The readable entries of a request.

    `is_answered`: its procedure ended with the answer. `is_answered_at_once`: its intake answered it, and its
    effect was committed with it.
    """

    received: ReceiptEvidence | None = None
    closing: ClosingEvidence | None = None
    is_answered: bool = False
    is_answered_at_once: bool = False


def ids_touched_since(since: datetime) -> Iterator[list[RightsRequestId]]:
    """The ids of the requests with entries since an instant, as many at once as can be read together.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    for touched in batched(chain.chains_touched_since(since, evidence.CHAIN), MAX_READ):
        yield [request_id for one in touched if (request_id := RightsRequestId.parse(one.pseudonym))]


def read_history(request_id: RightsRequestId) -> RequestHistory:
    """Read the history of a request; altered entries are left out.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    found = chain.entries_as_of(evidence.history_of(request_id), clock.now())
    return of(filter(None, found))


def of(entries: Iterable[ChainEntry]) -> RequestHistory:
    """The history of entries, oldest first. Pure."""
    received, closing, is_answered, at_once = None, None, False, False
    for entry in entries:
        if entry.event == "received":
            received = _received(entry.data)
            at_once = "answer" in entry.data
        closing = _closing(entry) or closing
        is_answered = is_answered or entry.event in _ANSWERED
    return RequestHistory(received, closing, is_answered, at_once)


def _received(said: dict[str, Any]) -> ReceiptEvidence | None:
    try:
        return ReceiptEvidence(
            Right(said["right"]),
            ReceivedBy(said["received_by"]),
            _INSTANT.validate_python(said["received_at"]),
        )
    except (KeyError, ValueError, ValidationError):
        return None


def _closing(entry: ChainEntry) -> ClosingEvidence | None:
    if entry.event in _CANCELLED:
        return ClosingEvidence(Status.CANCELLED, voided_at=entry.at if entry.event == _VOIDED else None)
    if entry.event != "decided":
        return None
    said = entry.data
    reason = said.get("reason")
    return ClosingEvidence(Status(said["status"]), RefusalReason(reason) if reason else None)
