"""The Ledger says how a request that a restored table lacks was received and closed. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.chain import ChainEntry, NewEntry
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.request import evidence
from chalicelib.rights.request.terms import ReceivedBy, RefusalReason, Right, Status
from chalicelib.rights.restored import history
from chalicelib.rights.restored.history import ClosingEvidence, ReceiptEvidence, RequestHistory

RECEIVED = {
    "right": "erasure", "received_by": "letter", "by": "subject", "received_at": "2026-11-20T00:00:00Z"
}  # fmt: skip


def of(*events: tuple[str, dict[str, Any]]) -> RequestHistory:
    chain, until = evidence.history_of(RightsRequestId.new()), clock.now() + DAY
    entries: list[ChainEntry] = []
    for event, said in events:
        before = entries[-1] if entries else None
        entries.append(ChainEntry.following(chain, before, NewEntry(event, said, until)))
    return history.of(entries)


def test_first_entry_states_right_channel_and_day() -> None:
    day = datetime(2026, 11, 20, tzinfo=UTC)
    assert of(("received", RECEIVED)).received == ReceiptEvidence(Right.ERASURE, ReceivedBy.LETTER, day)


@pytest.mark.parametrize("said", [{}, RECEIVED | {"right": "unknown"}, RECEIVED | {"received_at": "today"}])
def test_first_entry_that_says_too_little_is_no_receipt(said: dict[str, Any]) -> None:
    assert of(("received", said)) == RequestHistory()


def test_cancellation_and_refusal_close_a_request() -> None:
    refused = {"status": "refused", "reason": RefusalReason.LEGAL_CLAIMS, "late": 0}
    assert of(("received", RECEIVED), ("cancelled", {})).closing == ClosingEvidence(Status.CANCELLED)
    assert of(("given_up_for_erasure", {})).closing == ClosingEvidence(Status.CANCELLED)
    assert of(("superseded", {})).closing == ClosingEvidence(Status.CANCELLED)
    voided = of(("voided", {})).closing
    assert voided is not None
    assert (voided.status, voided.voided_at is None) == (Status.CANCELLED, False)
    decided = of(("decided", refused)).closing
    assert decided == ClosingEvidence(Status.REFUSED, RefusalReason.LEGAL_CLAIMS)


def test_procedure_that_ended_is_an_answer_and_no_closing() -> None:
    found = of(("received", RECEIVED), ("deliver_done", {}), ("announce_done", {}))
    assert (found.is_answered, found.closing) == (True, None)
    assert of(("certify_done", {})).is_answered
