"""Tests the certificate that is built from the notes of the steps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import AccountId, Pseudonym, TombstoneId, UserId
from chalicelib.core.settings import ErasureExtent
from chalicelib.rights.erasure import statement
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import DeletedKind, DeletionPlace, ErasureNotes, StreamAnswer
from chalicelib.rights.request.terms import Right
from chalicelib.stream.model import StreamReport
from tests.support.cases.certificates import BEGUN, REQUEST, REQUESTED

_STEPS = ("captured", "deleted", "asked", "reported", "verified", "key_deleted", "completed")


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("late", _STEPS)
@pytest.mark.parametrize("by", [20 * MINUTE, -20 * MINUTE, -30 * DAY], ids=str)
def test_instants_of_a_certificate_are_in_order_although_a_clock_was_wrong(late: str, by: timedelta) -> None:
    at = {step: BEGUN + n * MINUTE for n, step in enumerate(_STEPS)}
    at[late] += by
    request = RightsRequest(
        request_id=REQUEST,
        account_id=AccountId.new(),
        user_id=UserId.new(),
        right=Right.ERASURE,
        received_at=REQUESTED,
    )
    notes = ErasureNotes(
        captured_at=at["captured"],
        tombstone=TombstoneId.new(),
        claims_until=BEGUN + 30 * DAY,
        deleted=(DeletedKind(DeletionPlace.CLAIMS, "claim", 3, at["deleted"], at["deleted"]),),
        stream_answer=StreamAnswer(
            StreamReport.DELETED, ErasureExtent.KEEP_CONVERSATIONS, None, at["asked"], at["reported"]
        ),
        verified_at=at["verified"],
        key_deleted_at=at["key_deleted"],
    )
    said = statement.of(request, notes, Pseudonym.new(), at["completed"])
    (records,) = said.deleted
    for order in (
        (said.requested_at, said.begun_at, records.first_at, records.last_at, said.verified_at),
        (said.begun_at, said.stream.asked_at, said.stream.reported_at, said.verified_at),
        (said.verified_at, said.key_deleted_at, said.completed_at),
    ):
        assert list(order) == sorted(order)
