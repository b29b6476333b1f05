"""Subjects object to processing that rests on legitimate interests, and operators weigh it (Art. 21 GDPR)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.consents import store as consents
from chalicelib.consents.model import Purposes
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.languages import Language
from chalicelib.privacy.purposes import LegalBasis, Purpose, Refusal, permits, refusal
from chalicelib.rights.answers import decisions as answers
from chalicelib.rights.objection.intake import OBJECTIONABLE
from chalicelib.rights.request import duties, store
from tests.support.clouds import cloud
from tests.support.world.builders import a_fault, an_event
from tests.support.world.world import Reply, User, World

COMPELLING = "A21CompellingGrounds"


def objects(mila: User, *purposes: str, **more: Any) -> dict[str, Any]:
    reply = mila.exercises("objection", purposes=list(purposes), **more)
    assert reply.status == 202, reply.text
    found: dict[str, Any] = reply.json
    return found


def decisions(mila: User) -> Purposes | None:
    return consents.read(AccountId(mila.account_id))


def refused(mila: User) -> dict[Purpose, Refusal]:
    found = decisions(mila)
    return {p: why for p in OBJECTIONABLE if (why := refusal(found, p))}


def decides(world: World, request: dict[str, Any], status: str, reason: str | None = None) -> Reply:
    """Have one operator propose a decision, and another approve it."""
    proposed = world.an_operator("jovan").proposes(
        request["rights_request_id"], status, reason, "Because of this."
    )
    return (
        world.an_operator("ana").approves(request["rights_request_id"])
        if proposed.status == 200
        else proposed
    )


@pytest.mark.promise("RGT-5")
def test_objection_to_diagnostics_drops_the_next_batch(mila: User) -> None:
    mila.consents("analytics")
    assert mila.submits_usage(a_fault()).json["accepted"] == 1
    request = objects(mila, "diagnostics", reason="They tire me.")
    assert (request["status"], request["restraint"]["purposes"]) == ("received", ["diagnostics"])
    assert mila.submits_usage(a_fault(), an_event()).json == {"accepted": 1, "dropped": {"objected": 1}}


@pytest.mark.promise("RGT-5")
def test_security_and_claims_go_on_while_the_objection_is_weighed(mila: User) -> None:
    request = objects(mila, "legal_claims", "security", "diagnostics")
    assert refused(mila) == {Purpose.DIAGNOSTICS: Refusal.OBJECTED}
    assert request["restraint"]["purposes"] == ["security", "legal_claims", "diagnostics"]


def test_purposes_based_on_legitimate_interests_can_be_objected_to() -> None:
    assert set(OBJECTIONABLE) == {Purpose.SECURITY, Purpose.LEGAL_CLAIMS, Purpose.DIAGNOSTICS}
    assert all(purpose.basis is LegalBasis.LEGITIMATE_INTERESTS for purpose in OBJECTIONABLE)


@pytest.mark.parametrize(
    ("purposes", "code"),
    [
        (None, "missing"),
        ([], "too_short"),
        (["nothing"], "not_a_choice"),
        (["marketing"], "other_right"),
        (["personalised_ads", "diagnostics"], "other_right"),
        (["service"], "other_basis"),
        (["analytics"], "other_basis"),
    ],
)
def test_objection_that_does_not_fit_is_refused(mila: User, purposes: list[str] | None, code: str) -> None:
    more: dict[str, Any] = {"purposes": purposes} if purposes is not None else {}
    reply = mila.exercises("objection", **more)
    assert [error["code"] for error in reply.json["errors"]] == [code]
    assert cloud.records("rights_request") == cloud.records("purposes") == []


@pytest.mark.promise("RGT-5")
def test_cancelled_objection_ends_with_its_cancellation(world: World, mila: User) -> None:
    request = objects(mila, "diagnostics")
    cancelled = mila.calls("POST", f"/v1/rights-requests/{request['rights_request_id']}/cancel").json
    assert (cancelled["status"], cancelled["restraint"]["ended_at"]) == ("cancelled", "2026-11-24T12:00:00Z")
    assert refused(mila) == {}
    stored = store.read(RightsRequestId(request["rights_request_id"]))
    assert stored
    assert duties.wakes_at(stored, world.now) is None  # no worker has anything left to do


@pytest.mark.promise("RGT-5", "STR-13")
def test_upheld_objection_stops_what_was_weighed(world: World, mila: User) -> None:
    request = objects(mila, "security", "diagnostics")
    assert decides(world, request, "completed").status == 200
    assert refused(mila) == {Purpose.DIAGNOSTICS: Refusal.OBJECTED, Purpose.SECURITY: Refusal.OBJECTED}
    text = mila.request(request["rights_request_id"])["decision"]["text"]
    parts = text.split("\n\n")
    assert "Because of this." in parts
    assert any(part.startswith("Our chat provider cannot separate") for part in parts)


@pytest.mark.promise("RGT-5", "STR-13")
@pytest.mark.parametrize("purpose", ["security", "legal_claims"])
def test_answer_does_not_say_that_security_or_claims_stopped(world: World, mila: User, purpose: str) -> None:
    request = objects(mila, purpose)
    assert decides(world, request, "completed").status == 200
    english = mila.request(request["rights_request_id"])["decision"]["text"]
    assert "We stopped" not in english
    assert "We cannot switch off the security of the service" in english
    answered = store.read(RightsRequestId(request["rights_request_id"]))
    assert answered
    serbian = answers.text(answered, "privacy@test.example", Language.SERBIAN_LATIN)
    assert "Prekinuli smo" not in serbian
    assert "ne možemo da isključimo samo za jedan nalog" in serbian


@pytest.mark.promise("RGT-5")
def test_answer_says_that_diagnostics_stopped(world: World, mila: User) -> None:
    request = objects(mila, "diagnostics")
    assert decides(world, request, "completed").status == 200
    assert mila.request(request["rights_request_id"])["decision"]["text"].startswith(
        "We stopped the processing"
    )


@pytest.mark.promise("RGT-5")
def test_repeated_objection_returns_the_one_that_was_upheld(world: World, mila: User) -> None:
    request = objects(mila, "security", "diagnostics")
    assert mila.exercises("objection", purposes=["diagnostics"]).problem == "already_open"
    decides(world, request, "completed")
    for purposes in (["diagnostics"], ["security", "diagnostics"]):
        again = mila.exercises("objection", purposes=purposes)
        assert (again.status, again.json["rights_request_id"], again.json["status"]) == (
            202,
            request["rights_request_id"],
            "completed",
        )
        assert again.json["receipt"] == request["receipt"]
    assert mila.exercises("objection", purposes=["legal_claims"]).json["status"] == "received"


@pytest.mark.promise("RGT-5", "STR-13")
def test_partly_refused_objection_stops_only_what_had_stopped(world: World, mila: User) -> None:
    request = objects(mila, "security", "diagnostics")
    assert decides(world, request, "partially_completed", COMPELLING).status == 200
    assert refused(mila) == {Purpose.DIAGNOSTICS: Refusal.OBJECTED}
    shown = mila.request(request["rights_request_id"])
    assert "close chat" in shown["decision"]["text"]
    assert (shown["decision"]["reason_code"], shown["restraint"]["purposes"]) == (COMPELLING, ["diagnostics"])


@pytest.mark.parametrize("purpose", ["security", "diagnostics"])
def test_objection_without_parts_cannot_be_refused_in_part(world: World, mila: User, purpose: str) -> None:
    request = objects(mila, purpose)
    assert decides(world, request, "partially_completed", COMPELLING).problem == "invalid_request"


@pytest.mark.promise("RGT-5")
def test_refused_objection_stays_in_force_until_it_was_announced(world: World, mila: User) -> None:
    request = objects(mila, "diagnostics")
    assert decides(world, request, "refused", COMPELLING).status == 200
    assert refused(mila) == {Purpose.DIAGNOSTICS: Refusal.OBJECTED}
    assert [step["name"] for step in mila.request(request["rights_request_id"])["steps"]] == [
        "announce",
        "end_restraint",
    ]


@pytest.mark.promise("RGT-5")
def test_objection_cannot_be_refused_without_a_ground(world: World, mila: User) -> None:
    request = objects(mila, "diagnostics")
    assert decides(world, request, "refused").problem == "invalid_request"
    assert refused(mila) == {Purpose.DIAGNOSTICS: Refusal.OBJECTED}
    assert mila.request(request["rights_request_id"])["status"] == "received"


@pytest.mark.promise("RGT-5")
def test_one_operator_alone_cannot_resume_the_processing(world: World, mila: User) -> None:
    request, jovan = objects(mila, "diagnostics"), world.an_operator("jovan")
    jovan.proposes(request["rights_request_id"], "refused", COMPELLING)
    approved = jovan.approves(request["rights_request_id"])
    assert approved.problem == "own_proposal"
    assert refused(mila) == {Purpose.DIAGNOSTICS: Refusal.OBJECTED}


@pytest.mark.promise("RGT-5")
@pytest.mark.parametrize("right", ["restriction", "access"])
def test_compelling_grounds_refuse_no_other_right(world: World, mila: User, right: str) -> None:
    more: dict[str, Any] = {"ground": "a"} if right == "restriction" else {}
    request = mila.is_stepped_up().exercises(right, **more).json
    assert decides(world, request, "refused", COMPELLING).problem == "invalid_request"


@pytest.mark.promise("RGT-5")
def test_subject_ends_an_upheld_objection(world: World, mila: User) -> None:
    request = objects(mila, "security")
    decides(world, request, "completed")
    lifted = mila.calls("POST", f"/v1/rights-requests/{request['rights_request_id']}/lift")
    assert (lifted.status, lifted.json["status"]) == (200, "completed")
    assert refused(mila) == {}
    found = decisions(mila)
    assert found
    assert (found.restraints, found.objections) == ({}, {})
    assert permits(found, Purpose.SECURITY)


@pytest.mark.promise("RGT-5")
def test_operators_see_the_reason_of_an_objection(world: World, mila: User) -> None:
    request = objects(mila, "security", reason="I live in hiding.")
    assert world.an_operator("jovan").case(request["rights_request_id"])["reason"] == "I live in hiding."
