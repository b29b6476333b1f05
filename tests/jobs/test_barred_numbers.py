"""Tests that a long suspension outlives an erasure, as a hash of the number (SAF-1, ADR 116)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from chalicelib.accounts.bars import service as bars
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.table_names import Table
from chalicelib.privacy.purposes import Practice
from chalicelib.rights.erasure.certificates.model import Remaining
from chalicelib.safety.numbers.model import two_working_days_after
from tests.support.cases.abuse import approves, calls, decides, decisions_about, reports, suspends, work
from tests.support.cases.erasure_outcomes import certificate_of
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure
from tests.support.cases.erasure_requests import work as erase_by
from tests.support.cases.restores import Backup
from tests.support.clouds import cloud
from tests.support.world.builders import a_device, a_phone
from tests.support.world.operators import Operator
from tests.support.world.practices import describe
from tests.support.world.world import Reply, User, World

pytestmark = [pytest.mark.promise("SAF-1"), pytest.mark.usefixtures("services")]


DEVICE = a_device()


@pytest.fixture(autouse=True)
def offered(world: World) -> None:
    describe(Practice.REPORTING)


def erase_suspended(
    world: World, alice: Operator, bob: Operator, days: int = 60
) -> tuple[User, RightsRequestId]:
    """Return a user who was suspended and then erased, and the request."""
    jovan = a_subject(world)
    report = reports(world.a_user(), jovan).json["abuse_report_id"]
    proposed = suspends(alice, report, days=days)
    if proposed.json["state"] == "proposed":
        approves(bob, proposed.json["id"])
    request = asks_for_erasure(jovan)
    erase_by(world, request)
    return jovan, request


def signs_up(world: World, phone: str) -> tuple[str, str, Reply]:
    """Sign up; return challenge and code with the response."""
    challenge = world.asks_for_a_code(phone, DEVICE).json["challenge_id"]
    code = world.code_for(phone)
    return challenge, code, world.verifies(challenge, code)


def objects(world: World, challenge: str, code: str, ground: str = "new_number") -> Reply:
    body = {"code": code, "device_id": DEVICE["device_id"], "ground": ground, "text": "Mine since May."}
    return world.call("POST", f"/v1/signup/{challenge}/objection", body=body)


def answers(operator: Operator, objection: str, **said: Any) -> Reply:
    body = {"reason": "Contract 17/2026.", **said}
    return calls(operator, "POST", f"/number-objections/{objection}/answer", body)


def test_number_of_a_long_suspension_opens_no_account_until_it_would_have_ended(
    world: World, alice: Operator, bob: Operator
) -> None:
    jovan, _ = erase_suspended(world, alice, bob)
    *_, refused = signs_up(world, jovan.phone)
    assert (refused.status, refused.problem) == (403, "number_not_available")
    world.advance(60 * DAY)
    assert signs_up(world, jovan.phone)[2].status == 201


@pytest.mark.parametrize("days", [7, 30])
def test_suspension_of_thirty_days_ends_with_the_account(
    world: World, alice: Operator, bob: Operator, days: int
) -> None:
    jovan, request = erase_suspended(world, alice, bob, days)
    assert signs_up(world, jovan.phone)[2].status == 201
    assert Remaining.BARRED_NUMBER not in {one.what for one in certificate_of(request).remains}


@pytest.mark.promise("RGT-3")
def test_bar_is_a_hash_that_the_certificate_names(world: World, alice: Operator, bob: Operator) -> None:
    suspended_at = world.now
    jovan, request = erase_suspended(world, alice, bob)
    (bar,) = (item for item in cloud.all_items() if item["pk"]["S"].startswith("barred#"))
    inner = {"expires_at", "delete_at", "ends", "ends_at", "ends_from"}
    assert bar.keys() - inner == {"pk", "kind", "counts_from"}
    assert jovan.phone not in str(bar)
    assert jovan.account_id not in str(bar)
    (line,) = (one for one in certificate_of(request).remains if one.what is Remaining.BARRED_NUMBER)
    assert line.until == suspended_at + 60 * DAY


def test_bar_does_not_move_with_a_number(world: World, alice: Operator, bob: Operator) -> None:
    erase_suspended(world, alice, bob)
    assert signs_up(world, a_phone())[2].status == 201


def test_refused_code_can_be_used_for_an_objection(world: World, alice: Operator, bob: Operator) -> None:
    jovan, _ = erase_suspended(world, alice, bob)
    challenge, code, _ = signs_up(world, jovan.phone)
    received = objects(world, challenge, code)
    assert received.status == 202
    assert objects(world, challenge, code).json == received.json
    assert objects(world, challenge, "000000").problem == "wrong_code"


def test_operator_lifts_a_bar_by_a_contract(world: World, alice: Operator, bob: Operator) -> None:
    jovan, _ = erase_suspended(world, alice, bob)
    challenge, code, _ = signs_up(world, jovan.phone)
    objection = objects(world, challenge, code).json["number_objection_id"]
    shown = calls(alice, "GET", f"/number-objections/{objection}").json
    assert (shown["phone"], shown["text"]) == (jovan.phone, "Mine since May.")
    assert answers(alice, objection, because="contract").status == 200
    work()
    assert "You can open an account" in world.sent_messages()[-1][1]
    assert signs_up(world, jovan.phone)[2].status == 201
    assert answers(bob, objection).problem == "decided_before"


def test_objection_waits_in_the_inbox_until_it_is_answered(
    world: World, alice: Operator, bob: Operator
) -> None:
    jovan, _ = erase_suspended(world, alice, bob)
    challenge, code, _ = signs_up(world, jovan.phone)
    objection = objects(world, challenge, code).json["number_objection_id"]
    (entry,) = alice.waiting()
    assert (entry["id"], entry["needed"]) == (objection, "answer")
    answers(alice, objection)
    assert alice.waiting() == []


def test_many_dismissed_reports_hide_no_suspension(
    world: World, alice: Operator, bob: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.safety.store._PAGE", 2)
    jovan, reporter = a_subject(world), world.a_user()
    proposed = suspends(alice, reports(reporter, jovan).json["abuse_report_id"], days=60)
    approves(bob, proposed.json["id"])
    for _ in range(3):
        decides(alice, reports(reporter, jovan).json["abuse_report_id"], measures=[])
    (shown,) = decisions_about(jovan)
    assert shown["safety_decision_id"] == proposed.json["id"]
    erase_by(world, asks_for_erasure(jovan))
    assert signs_up(world, jovan.phone)[2].problem == "number_not_available"


def test_bar_that_is_kept_is_answered_with_remedies(world: World, alice: Operator, bob: Operator) -> None:
    jovan, _ = erase_suspended(world, alice, bob)
    challenge, code, _ = signs_up(world, jovan.phone)
    objection = objects(world, challenge, code, "interests").json["number_objection_id"]
    answers(alice, objection)
    work()
    number, text = world.sent_messages()[-1]
    assert number == jovan.phone
    assert "go to court" in text
    assert signs_up(world, jovan.phone)[2].problem == "number_not_available"
    listed = calls(alice, "GET", "/number-objections").text
    assert jovan.phone not in listed


def test_number_that_is_free_takes_no_objection(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone, DEVICE).json["challenge_id"]
    assert objects(world, challenge, world.code_for(phone)).problem == "number_is_free"


@pytest.mark.proof
@pytest.mark.promise("SEC-1")
def test_bar_is_placed_again_on_restored_claims(world: World, alice: Operator, bob: Operator) -> None:
    jovan = a_subject(world)
    report = reports(world.a_user(), jovan).json["abuse_report_id"]
    approves(bob, suspends(alice, report, days=60).json["id"])
    backup = Backup.made()
    erase_by(world, asks_for_erasure(jovan))
    with backup.restored(Table.CLAIMS) as restore:
        restore.replay()
        assert signs_up(world, jovan.phone)[2].problem == "number_not_available"


@pytest.mark.proof
def test_bar_that_was_lifted_does_not_come_back_by_a_restore(
    world: World, alice: Operator, bob: Operator
) -> None:
    jovan, _ = erase_suspended(world, alice, bob)
    challenge, code, _ = signs_up(world, jovan.phone)
    objection = objects(world, challenge, code).json["number_objection_id"]
    backup = Backup.made()
    answers(alice, objection, because="unused_line")
    with backup.restored(Table.CLAIMS) as restore:
        restore.replay()
        assert signs_up(world, jovan.phone)[2].status == 201


@pytest.mark.proof
def test_later_bar_of_a_number_stays_in_a_restore(world: World, alice: Operator, bob: Operator) -> None:
    jovan, _ = erase_suspended(world, alice, bob)
    challenge, code, _ = signs_up(world, jovan.phone)
    answers(alice, objects(world, challenge, code).json["number_objection_id"], because="interests")
    world.advance(DAY)
    bars.place_on_number(jovan.phone, world.now + 60 * DAY)
    with Backup.made().restored(Table.CLAIMS) as restore:
        restore.replay()
        assert signs_up(world, jovan.phone)[2].problem == "number_not_available"


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2026-12-01T10:00:00+00:00", "2026-12-03T10:00:00+00:00"),
        ("2026-12-03T10:00:00+00:00", "2026-12-07T10:00:00+00:00"),
        ("2026-12-05T10:00:00+00:00", "2026-12-08T10:00:00+00:00"),
    ],
)
def test_objection_is_due_after_two_days_of_the_office(at: str, due: str) -> None:
    assert two_working_days_after(datetime.fromisoformat(at)) == datetime.fromisoformat(due)
