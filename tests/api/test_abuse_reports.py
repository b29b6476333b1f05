"""Tests reports of abuse, as users make and follow them (SAF-1, ADR 114)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AbuseReportId, UserId
from chalicelib.privacy.purposes import Practice
from infra.stream_emulator import Emulator
from tests.support.cases.abuse import (
    appeals,
    decides,
    own_reports,
    reports,
    reports_message,
    says,
    stored_report,
)
from tests.support.cases.erasure_parts import erase
from tests.support.clouds import cloud
from tests.support.world.limits import allow
from tests.support.world.practices import describe
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("SAF-1")


@pytest.fixture(autouse=True)
def offered(world: World) -> None:
    describe(Practice.REPORTING)


@pytest.fixture
def talk(two: list[User]) -> str:
    """Return the conversation of two users."""
    mila, jovan = two
    return str(mila.opens(jovan).json["conversation_id"])


def test_reporter_gets_a_receipt_with_the_day_of_the_decision(two: list[User]) -> None:
    mila, jovan = two
    made = reports(mila, jovan)
    assert made.status == 201
    assert made.json == {
        "abuse_report_id": made.json["abuse_report_id"],
        "user_id": jovan.user_id,
        "reason": "harassment",
        "status": "received",
        "reported_at": "2026-11-24T12:00:00Z",
        "due_at": "2026-11-25T12:00:00Z",
        "messages": [],
    }
    assert own_reports(mila) == [made.json]
    assert made.headers["location"] == f"/v1/reports/{made.json['abuse_report_id']}"
    assert mila.gets(made.headers["location"]).json == made.json


@pytest.mark.parametrize("reason", ["child_safety", "threat_to_life"])
def test_report_about_a_danger_is_due_within_an_hour(two: list[User], reason: str) -> None:
    mila, jovan = two
    assert reports(mila, jovan, reason).json["due_at"] == "2026-11-24T13:00:00Z"


@pytest.mark.promise("STR-12")
def test_message_is_copied_before_its_author_deletes_it(two: list[User], talk: str) -> None:
    mila, jovan = two
    says(jovan, talk)
    report = reports_message(mila, jovan, talk)
    assert report["messages"] == [{"message_id": "m-1", "state": "copied"}]
    assert jovan.calls("DELETE", f"/v1/conversations/{talk}/messages/m-1").status == 204
    (copy,) = stored_report(report["abuse_report_id"]).messages
    assert (copy.text, copy.files) == ("Pay, or else", 0)


@pytest.mark.promise("SEC-1")
def test_report_and_copies_are_sealed(two: list[User], talk: str) -> None:
    mila, jovan = two
    says(jovan, talk, text="the words of Jovan")
    reports_message(mila, jovan, talk, text="the words of Mila")
    assert "the words of" not in str(cloud.items_of("rights"))


@pytest.mark.parametrize("message_id", ["never-sent", "mine"])
def test_message_that_the_user_did_not_write_is_not_available(
    two: list[User], talk: str, message_id: str
) -> None:
    mila, jovan = two
    says(mila, talk, "mine")
    (message,) = reports_message(mila, jovan, talk, message_id)["messages"]
    assert message["state"] == "not_available"


def test_message_of_another_conversation_is_not_available(world: World, two: list[User], talk: str) -> None:
    mila, jovan = two
    group = mila.calls("POST", "/v1/conversations", body={"members": [jovan.user_id], "name": "Two"})
    says(jovan, group.json["conversation_id"], "elsewhere")
    (message,) = reports_message(mila, jovan, talk, "elsewhere")["messages"]
    assert message["state"] == "not_available"


def test_deleted_message_is_not_available(two: list[User], talk: str) -> None:
    mila, jovan = two
    says(jovan, talk)
    assert jovan.calls("DELETE", f"/v1/conversations/{talk}/messages/m-1").status == 204
    (message,) = reports_message(mila, jovan, talk)["messages"]
    assert message["state"] == "not_available"


def test_messages_of_a_conversation_of_others_cannot_be_named(
    world: World, two: list[User], talk: str
) -> None:
    stranger, (_, jovan) = world.a_user(), two
    says(jovan, talk)
    refused = reports(stranger, jovan, conversation_id=talk, message_ids=["m-1"])
    assert (refused.status, refused.problem) == (404, "not_found")
    assert cloud.items_of("rights") == []


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "text"),
        ({"message_ids": ["m-1"]}, "message_ids"),
        ({"conversation_id": "cv_0a1b2c3d4e5f6g7h8j9kmnpqrs", "text": "They"}, "message_ids"),
    ],
)
def test_report_of_nothing_or_half_a_place_is_refused(
    two: list[User], sent: dict[str, object], field: str
) -> None:
    mila, jovan = two
    body = {"user_id": jovan.user_id, "reason": "spam", **sent}
    refused = mila.calls("POST", "/v1/reports", body=body)
    assert refused.json["errors"][0]["pointer"] == f"/{field}"


@pytest.mark.parametrize("message_id", ["../m-1", "", "a" * 256, "m 1"])
def test_forged_message_id_is_refused(two: list[User], talk: str, message_id: str) -> None:
    mila, jovan = two
    refused = reports(mila, jovan, conversation_id=talk, message_ids=[message_id])
    assert (refused.status, refused.problem) == (400, "invalid_request")


def test_twenty_first_message_is_refused(two: list[User], talk: str) -> None:
    mila, jovan = two
    ids = [f"m-{number}" for number in range(21)]
    assert reports(mila, jovan, conversation_id=talk, message_ids=ids).problem == "invalid_request"


def test_own_account_cannot_be_reported(two: list[User]) -> None:
    mila, _ = two
    assert reports(mila, mila).json["errors"][0]["pointer"] == "/user_id"


def test_unknown_and_erased_users_cannot_be_reported(two: list[User]) -> None:
    mila, jovan = two
    assert reports(mila, UserId.new()).problem == "not_found"
    erase(jovan)
    assert reports(mila, jovan).problem == "not_found"


def test_outage_of_stream_delays_only_the_copies(two: list[User], talk: str, stream: Emulator) -> None:
    mila, jovan = two
    says(jovan, talk)
    stream.fault(path="^/messages/", status=500)
    made = reports(mila, jovan, conversation_id=talk, message_ids=["m-1"])
    assert made.status == 201
    assert made.json["messages"] == [{"message_id": "m-1", "state": "waiting"}]


def test_same_key_makes_one_report(two: list[User]) -> None:
    mila, jovan = two
    key = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
    first, again = (reports(mila, jovan, headers=key) for _ in range(2))
    assert first.json == again.json
    assert len(own_reports(mila)) == 1


def test_reports_of_a_day_are_limited(two: list[User]) -> None:
    mila, jovan = two
    allow(abuse_reports_day=1)
    assert reports(mila, jovan).status == 201
    refused = reports(mila, jovan)
    assert (refused.status, refused.json["limit"]) == (429, "abuse_reports")


@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_frozen_and_restricted_users_can_report(world: World, two: list[User], state: str) -> None:
    mila, jovan = two
    world.set_state(mila, state)
    assert reports(mila, jovan).status == 201


def test_report_of_another_user_is_not_shown(two: list[User]) -> None:
    mila, jovan = two
    place = f"/v1/reports/{reports(mila, jovan).json['abuse_report_id']}"
    assert jovan.gets(place).problem == "not_found"
    assert jovan.gets(f"/v1/reports/{AbuseReportId.new()}").problem == "not_found"
    assert own_reports(jovan) == []


def test_nothing_is_taken_before_the_policy_describes_reports(two: list[User]) -> None:
    describe()
    mila, jovan = two
    assert reports(mila, jovan).problem == "not_offered"


def test_reporter_reads_whether_we_acted(world: World, two: list[User]) -> None:
    mila, jovan = two
    report = reports(mila, jovan).json["abuse_report_id"]
    assert decides(world.an_operator("alice"), report).status == 201
    (shown,) = own_reports(mila)
    assert (shown["status"], shown["acted"]) == ("decided", True)
    assert shown["appeal_ends_at"] == "2027-05-24T12:00:00Z"
    assert "no harassment" in shown["text"]
    assert jovan.user_id not in shown["text"]


def test_reporter_appeals_once_against_a_dismissal(world: World, two: list[User]) -> None:
    mila, jovan = two
    report = reports(mila, jovan).json["abuse_report_id"]
    place = f"/reports/{report}"
    assert appeals(mila, place).problem == "appeal_too_late"
    decides(world.an_operator("alice"), report, measures=[])
    assert own_reports(mila)[0]["acted"] is False
    appealed = appeals(mila, place).json
    assert (appealed["status"], appealed["appeal"]["due_at"]) == ("appealed", "2026-12-08T12:00:00Z")
    assert appeals(mila, place).problem == "appealed_already"
    assert appeals(jovan, place).problem == "not_found"


def test_report_is_kept_ninety_days_after_the_time_to_appeal(world: World, two: list[User]) -> None:
    mila, jovan = two
    report = reports(mila, jovan).json["abuse_report_id"]
    decides(world.an_operator("alice"), report)
    (stored,) = (item for item in cloud.items_of("rights") if item["kind"]["S"] == "abuse_report")
    appeal_ends = datetime(2027, 5, 24, 12, tzinfo=UTC)
    assert int(stored["expires_at"]["N"]) == clock.to_epoch(appeal_ends + 90 * DAY)


def test_key_of_another_report_is_refused(two: list[User]) -> None:
    mila, jovan = two
    key = {"Idempotency-Key": "5b0c1c0e-3f53-4b7b-9d6f-0d2a6a1f6a11"}
    reports(mila, jovan, headers=key)
    assert reports(mila, jovan, "child_safety", headers=key).problem == "idempotency_mismatch"
