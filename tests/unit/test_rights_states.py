"""Transitions between the statuses of a rights request, and their Data Privacy Vocabulary (DPV) terms."""

from datetime import UTC, datetime

import pytest

from chalicelib.core.ids import AccountId, RightsRequestId, UserId
from chalicelib.core.languages import Language
from chalicelib.rights.answers import decisions
from chalicelib.rights.answers.views import DpvView
from chalicelib.rights.request import states
from chalicelib.rights.request.deadline import Extension, ExtensionReason
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.states import CLOSED, MOVES, NotAMove
from chalicelib.rights.request.terms import Right, Status

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def a_request(**changes: object) -> RightsRequest:
    request = RightsRequest(
        request_id=RightsRequestId.new(),
        account_id=AccountId.new(),
        user_id=UserId.new(),
        right=Right.ACCESS,
        received_at=NOW,
    )
    return request.model_copy(update=changes)


def dpv_status(request: RightsRequest) -> str:
    return DpvView.of(request).status.removeprefix("dpv:")


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("closed", sorted(CLOSED))
def test_closed_status_is_final(closed: Status) -> None:
    for after in set(Status) - {closed}:
        with pytest.raises(NotAMove):
            states.check(closed, after)


def test_every_status_has_moves_and_a_dpv_term() -> None:
    assert MOVES.keys() == set(Status)
    for status in Status:
        assert dpv_status(a_request(status=status))


@pytest.mark.parametrize("right", sorted(Right))
def test_every_right_has_a_text_for_its_answer(right: Right) -> None:
    request = a_request(right=right, status=Status.COMPLETED)
    answered = decisions.text(request, "privacy@test.example", Language.ENGLISH)
    said = (
        "made",
        "deleted",
        "corrected",
        "stopped",
        "restricted",
        "direct marketing",
        "withdrew",
        "withdrawn",
    )
    assert any(word in answered for word in said)


def test_open_request_can_be_closed_unless_it_awaits_verification() -> None:
    for before in set(Status) - CLOSED - {Status.AWAITING_VERIFICATION}:
        assert MOVES[before] >= CLOSED


@pytest.mark.promise("RGT-11")
def test_request_awaiting_verification_cannot_be_completed() -> None:
    with pytest.raises(NotAMove):
        states.check(Status.AWAITING_VERIFICATION, Status.COMPLETED)


def test_keeping_a_status_is_always_allowed() -> None:
    for status in Status:
        states.check(status, status)


@pytest.mark.promise("RGT-10")
def test_dpv_status_of_an_extended_request_is_delayed_until_it_is_answered() -> None:
    longer = Extension(days=60, reason=ExtensionReason.COMPLEXITY, decided_at=NOW)
    waiting = a_request(status=Status.IN_PROGRESS, extension=longer)
    assert dpv_status(waiting) == "RequestActionDelayed"
    answered = waiting.model_copy(update={"status": Status.COMPLETED})
    assert dpv_status(answered) == "RequestFulfilled"


def test_every_right_has_the_dpv_term_of_its_gdpr_article() -> None:
    assert {right: DpvView.of(a_request(right=right)).right for right in Right} == {
        Right.ACCESS: "eu-gdpr:A15",
        Right.RECTIFICATION: "eu-gdpr:A16",
        Right.ERASURE: "eu-gdpr:A17",
        Right.RESTRICTION: "eu-gdpr:A18",
        Right.PORTABILITY: "eu-gdpr:A20",
        Right.OBJECTION: "eu-gdpr:A21",
        Right.MARKETING_OBJECTION: "eu-gdpr:A21",
        Right.CONSENT_WITHDRAWAL: "eu-gdpr:A7-3",
    }
