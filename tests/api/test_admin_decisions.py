"""Decisions by operators: one proposes, another one approves, and both are recorded."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from chalicelib.core import chain
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.request import declaration, store
from chalicelib.rights.request.evidence import history_of
from chalicelib.rights.request.terms import RefusalReason, Right, Status
from tests.support.cases.scripted import stored
from tests.support.clouds import cloud
from tests.support.faults.outages import OUTAGES, named
from tests.support.faults.races import just_before
from tests.support.world.operators import DONE, Operator
from tests.support.world.world import User, World

UNFOUNDED = "JustificationA12ManifestlyUnfounded"
UNKNOWN = "JustificationA12IdentityFailure"


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user().is_stepped_up()


def evidence(request_id: str) -> list[tuple[str, Any]]:
    """The evidence of a request without inspections, which tests/api/test_staff.py covers."""
    entries = chain.entries(history_of(RightsRequestId(request_id)))
    return [(entry.event, entry.data) for entry in entries if entry.event != "inspected"]


# --- access control


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    "arn",
    [
        None,
        "",
        "arn:aws:iam::123456789012:root",
        "arn:aws:sts::123456789012:federated-user/alice",
        "arn:aws:sts::123456789012:assumed-role/Operators/alice",
        "arn:aws:iam::999999999999:user/alice",
        "arn:aws:iam::123456789012:user/",
        "alice",
    ],
)
def test_caller_without_a_personal_identity_is_refused(world: World, asked: str, arn: str | None) -> None:
    path = f"/admin/v1/rights-requests/{asked}"
    for method, tail in (("GET", ""), ("DELETE", "/proposal"), ("POST", "/identity-check")):
        assert world.call(method, path + tail, arn=arn).problem == "forbidden"
    assert stored(asked).version == 1


@pytest.mark.promise("SEC-1")
def test_session_of_the_app_is_not_an_operator(mila: User, asked: str) -> None:
    assert mila.gets(f"/admin/v1/rights-requests/{asked}").problem == "forbidden"


def through_identity_center(world: World, name: str, permission_set: str = "Operators") -> Operator:
    role = f"AWSReservedSSO_{permission_set}_0123456789abcdef"
    return Operator(world, f"arn:aws:sts::123456789012:assumed-role/{role}/{name}")


def test_session_of_identity_center_is_an_operator(world: World, asked: str) -> None:
    assert through_identity_center(world, "carol@ru4m.example").shows(asked).status == 200


@pytest.mark.promise("RGT-10")
def test_one_person_under_two_permission_sets_does_not_approve_alone(world: World, asked: str) -> None:
    proposing, approving = (
        through_identity_center(world, name, permission_set)
        for name, permission_set in (("carol", "Operators"), ("Carol", "Administrators"))
    )
    assert proposing.proposes(asked, "refused", UNFOUNDED).status == 200
    assert approving.approves(asked).problem == "own_proposal"
    assert through_identity_center(world, "dora").approves(asked).status == 200


@pytest.mark.promise("RGT-10")
def test_role_session_with_a_chosen_name_does_not_approve(world: World, alice: Operator, asked: str) -> None:
    alice.proposes(asked, "refused", UNFOUNDED)
    tag = alice.shows(asked).headers["etag"]
    chosen = Operator(world, "arn:aws:sts::123456789012:assumed-role/Operators/somebody-else")
    assert chosen.approves(asked, tag).problem == "forbidden"
    assert stored(asked).is_open


@pytest.mark.promise("SEC-1")
def test_accepted_operators_are_configurable(
    world: World, alice: Operator, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.new_container(OPERATORS="arn:aws:iam::123456789012:user/privacy/*")
    assert alice.shows(asked).problem == "forbidden"
    assert world.an_operator("privacy/alice").shows(asked).status == 200
    monkeypatch.undo()
    cloud.new_container()


@pytest.mark.promise("SEC-1")
def test_operator_limit_does_not_affect_another_operator(
    world: World, alice: Operator, bob: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.new_container(LIMIT_OPERATOR_CALLS_PER_MINUTE="2")
    replies = [alice.lists() for _ in range(3)]
    assert [reply.problem for reply in replies] == [None, None, "too_many_requests"]
    assert bob.lists().status == 200
    monkeypatch.undo()
    cloud.new_container()


@pytest.mark.parametrize("outage", OUTAGES, ids=named)
def test_operators_are_not_limited_while_their_counter_is_unreachable(
    alice: Operator, asked: str, outage: Exception
) -> None:
    with cloud.failing("dynamodb", "UpdateItem", outage):
        assert alice.asks_identity(asked).status == 200


@pytest.mark.promise("SEC-1")
def test_operator_is_named_in_the_evidence_and_not_in_the_log(
    world: World, alice: Operator, asked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    alice.proposes(asked, "completed")
    alice.withdraws(asked)
    assert [said["by"] for _, said in evidence(asked)[1:]] == [alice.staff_id, alice.staff_id]
    assert "alice" not in world.log.getvalue() + capsys.readouterr().out


# --- proposing and approving


@pytest.mark.promise("RGT-10")
def test_decision_is_proposed_by_one_operator_and_approved_by_another(
    mila: User, alice: Operator, bob: Operator, asked: str
) -> None:
    proposed = alice.proposes(asked, "refused", UNFOUNDED, "This was answered last week.")
    assert proposed.json["status"] == "awaiting_review"
    assert "decision" not in mila.request(asked)
    decided = bob.approves(asked)
    assert (decided.status, decided.json["status"]) == (200, "refused")
    decision = mila.request(asked)["decision"]
    outcome, reason, explained, remedies = decision.pop("text").split("\n\n")
    assert decision == {"outcome": "refused", "reason_code": UNFOUNDED, "kept": []}
    assert outcome.startswith("We refused your request for a copy of your data")
    assert "Art. 12(5) GDPR" in reason
    assert explained == "This was answered last week."
    assert "Commissioner" in remedies
    assert evidence(asked)[1:] == [
        ("proposed", {"by": alice.staff_id, "status": "refused", "reason": UNFOUNDED}),
        (
            "decided",
            {
                "by": bob.staff_id,
                "proposed_by": alice.staff_id,
                "status": "refused",
                "reason": UNFOUNDED,
                "late": 0,
            },
        ),
    ]


@pytest.mark.promise("RGT-10")
def test_proposer_cannot_approve_their_own_proposal(mila: User, alice: Operator, asked: str) -> None:
    alice.proposes(asked, "refused", UNFOUNDED)
    assert alice.approves(asked).problem == "own_proposal"
    assert mila.request(asked)["status"] == "awaiting_review"


@pytest.mark.promise("RGT-10")
def test_plan_is_suspended_while_a_proposal_waits(alice: Operator, asked: str) -> None:
    alice.proposes(asked, "refused", UNFOUNDED)
    assert stored(asked).run_at is None
    alice.withdraws(asked)
    again = stored(asked)
    assert (again.status, again.run_at, again.proposal) == (Status.IN_PROGRESS, again.received_at, None)
    assert again.decision_text is None


def test_decision_is_announced_and_the_prepared_copy_is_deleted(
    alice: Operator, bob: Operator, asked: str
) -> None:
    alice.proposes(asked, "refused", UNFOUNDED)
    bob.approves(asked)
    assert [step.name for step in stored(asked).steps] == ["announce", "discard"]
    assert cloud.queued()[-1] == asked


def test_right_can_be_exercised_again_after_a_decision(
    mila: User, alice: Operator, bob: Operator, asked: str
) -> None:
    alice.proposes(asked, "completed")
    bob.approves(asked)
    assert mila.exercises("access").status == 202


def test_running_step_cannot_overwrite_a_proposal(alice: Operator, asked: str) -> None:
    at_work = stored(asked)
    alice.proposes(asked, "refused", UNFOUNDED)
    with pytest.raises(store.MovedMeanwhile):
        store.move(at_work, at_work.model_copy(update={"status": Status.COMPLETED}))


def test_approval_of_an_outdated_version_is_refused(alice: Operator, bob: Operator, asked: str) -> None:
    alice.proposes(asked, "completed")
    shown = bob.shows(asked).headers["etag"]
    alice.withdraws(asked)
    alice.proposes(asked, "refused", UNFOUNDED)
    assert bob.approves(asked, shown).problem == "changed_meanwhile"
    assert bob.calls("POST", f"/{asked}/approval").problem == "precondition_required"
    assert stored(asked).is_open


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("tags", ["*", '"1", "2", "3", "4"', '"2", *'])
def test_approval_without_exactly_one_etag_is_refused(
    alice: Operator, bob: Operator, asked: str, tags: str
) -> None:
    alice.proposes(asked, "refused", UNFOUNDED)
    assert bob.approves(asked, tags).problem == "precondition_required"
    assert stored(asked).is_open


def test_approval_without_a_proposal_is_refused(bob: Operator, asked: str) -> None:
    assert bob.approves(asked).problem == "nothing_proposed"


def test_repeated_proposal_and_approval_change_nothing(alice: Operator, bob: Operator, asked: str) -> None:
    for _ in range(2):
        assert alice.proposes(asked, "refused", UNFOUNDED).status == 200
    tag = bob.shows(asked).headers["etag"]
    for _ in range(2):
        assert bob.approves(asked, tag).json["status"] == "refused"
    assert [event for event, _ in evidence(asked)] == ["received", "proposed", "decided"]


def test_withdrawing_twice_is_like_withdrawing_once(alice: Operator, bob: Operator, asked: str) -> None:
    alice.proposes(asked, "completed")
    for _ in range(2):
        assert bob.withdraws(asked).status == 200
    assert [event for event, _ in evidence(asked)] == ["received", "proposed", "proposal_withdrawn"]


def test_second_proposal_is_refused_while_one_waits(alice: Operator, bob: Operator, asked: str) -> None:
    alice.proposes(asked, "completed")
    assert bob.proposes(asked, "completed").problem == "proposed_already"
    assert alice.proposes(asked, "completed", text="Otherwise.").problem == "proposed_already"
    proposal = bob.case(asked)["proposal"]
    assert DONE in proposal.pop("letter")
    assert proposal == {
        "status": "completed",
        "text": DONE,
        "by": alice.staff_id,
        "at": "2026-11-24T12:00:00Z",
    }


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("reason", [None, "because", "JustificationA12Complexity"])
@pytest.mark.parametrize("status", ["refused", "partially_completed"])
def test_full_or_partial_refusal_needs_a_reason_of_the_list(
    alice: Operator, asked: str, status: str, reason: str | None
) -> None:
    refused = alice.proposes(asked, status, reason)
    assert refused.problem == "invalid_request"
    assert refused.json["errors"][0]["pointer"] == "/reason"
    assert stored(asked).proposal is None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"status": "completed", "text": DONE, "reason": UNFOUNDED}, "/reason"),
        ({"status": "completed"}, "/text"),
        ({"status": "completed", "text": " "}, "/text"),
        ({"status": "completed", "text": "x" * 2001}, "/text"),
        ({"status": "cancelled", "text": DONE, "reason": UNFOUNDED}, "/status"),
        ({"status": "in_progress", "text": DONE, "reason": UNFOUNDED}, "/status"),
    ],
)
def test_proposal_other_than_an_answer_is_refused(
    alice: Operator, asked: str, body: dict[str, str], pointer: str
) -> None:
    refused = alice.calls("PUT", f"/{asked}/proposal", body=body)
    assert (refused.problem, refused.json["errors"][0]["pointer"]) == ("invalid_request", pointer)
    assert stored(asked).version == 1


# --- permitted answers to a right

IN_GENERAL = {"JustificationA12IdentityFailure", UNFOUNDED, "JustificationA12ManifestlyExcessive"}
OF_ERASURE = {
    "JustificationA17LegallyRequired",
    "JustificationA17LegalClaims",
    "JustificationA17FreedomOfExpression",
    "JustificationA17PublicInterest",
    "JustificationA17PublicHealth",
    "JustificationA17Archiving",
}
GROUNDS = {
    "access": IN_GENERAL | {"A15RightsOfOthers"},
    "portability": IN_GENERAL | {"A20NotPortable", "A20RightsOfOthers"},
    "rectification": IN_GENERAL | {"A16Accurate"},
    "erasure": IN_GENERAL | OF_ERASURE,
    "restriction": IN_GENERAL | {"A18NoGround"},
    "objection": IN_GENERAL | {"A21CompellingGrounds", "A21LegalClaims", "A21OtherBasis"},
    "marketing_objection": set(),
    "consent_withdrawal": set(),
}

# What a request for a right has to name.
NEEDED: dict[str, dict[str, Any]] = {
    "restriction": {"ground": "a"},
    "objection": {"purposes": ["diagnostics"]},
    "rectification": {"changes": {"session_device": "none"}, "reason": "I own no phone."},
}


def test_every_right_and_every_reason_is_in_the_table_of_grounds() -> None:
    assert set(GROUNDS) == set(Right)
    assert set().union(*GROUNDS.values()) == set(RefusalReason)


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("right", list(Right))
def test_right_is_refused_only_on_its_legal_grounds(world: World, alice: Operator, right: str) -> None:
    letter = alice.enters(world.a_user().user_id, right, **NEEDED.get(right, {})).json["rights_request_id"]
    taken = set()
    for reason in RefusalReason:
        refused = alice.proposes(letter, "refused", reason)
        if refused.problem is None:
            taken.add(reason)
            alice.withdraws(letter)
        elif refused.problem != "too_late":  # not answered by its intake
            assert refused.json["errors"][0]["pointer"] == "/reason"
    assert taken == GROUNDS[right]


@pytest.mark.promise("RGT-6")
def test_objection_to_marketing_is_never_refused(world: World, alice: Operator) -> None:
    letter = alice.enters(world.a_user().user_id, "marketing_objection").json["rights_request_id"]
    assert stored(letter).status is Status.COMPLETED  # by its intake
    assert alice.proposes(letter, "refused", UNFOUNDED).problem == "too_late"
    assert stored(letter).proposal is None


# --- a decision is final


@pytest.mark.promise("RGT-10")
def test_later_proof_of_identity_does_not_change_a_decision(
    mila: User, alice: Operator, bob: Operator, asked: str
) -> None:
    alice.asks_identity(asked)
    alice.proposes(asked, "refused", UNKNOWN)
    bob.approves(asked)
    before = stored(asked)
    assert alice.notes_identity(asked).problem == "too_late"
    assert stored(asked) == before
    assert mila.request(asked)["status"] == "refused"


@pytest.mark.promise("RGT-10")
def test_concurrent_proof_of_identity_does_not_change_a_decision(
    alice: Operator, bob: Operator, asked: str
) -> None:
    alice.asks_identity(asked)
    alice.proposes(asked, "refused", UNKNOWN)
    approved = just_before(store, "move", lambda: bob.approves(asked))
    assert alice.notes_identity(asked).problem == "too_late"
    assert approved[0].status == 200
    assert (stored(asked).status, stored(asked).refusal) == (Status.REFUSED, RefusalReason.IDENTITY_FAILURE)


def test_second_of_two_concurrent_approvals_is_too_late(
    world: World, alice: Operator, bob: Operator, asked: str
) -> None:
    alice.proposes(asked, "refused", UNFOUNDED)
    tag = bob.shows(asked).headers["etag"]
    carol = world.an_operator("carol")
    first = just_before(store, "move", lambda: carol.approves(asked, tag))
    assert bob.approves(asked, tag).problem == "too_late"
    assert first[0].status == 200
    assert evidence(asked)[-1][1]["by"] == carol.staff_id


def test_approval_after_a_cancellation_is_refused(
    mila: User, alice: Operator, bob: Operator, asked: str
) -> None:
    alice.proposes(asked, "refused", UNFOUNDED)
    cancel = f"/v1/rights-requests/{asked}/cancel"
    just_before(store, "move", lambda: mila.calls("POST", cancel))
    assert bob.approves(asked).problem == "too_late"
    after = stored(asked)
    assert (after.status, after.proposal, after.decision_text) == (Status.CANCELLED, None, None)


@pytest.mark.parametrize("act", ["proposes", "withdraws", "asks_identity", "notes_identity", "extends"])
def test_decided_request_cannot_be_changed(alice: Operator, bob: Operator, asked: str, act: str) -> None:
    alice.proposes(asked, "completed")
    bob.approves(asked)
    before, more = stored(asked), {"proposes": ("completed",), "extends": (30,)}.get(act, ())
    assert getattr(alice, act)(asked, *more).problem == "too_late"
    assert stored(asked) == before


@pytest.mark.promise("RGT-11")
def test_request_awaiting_verification_can_only_be_refused(
    alice: Operator, bob: Operator, asked: str
) -> None:
    alice.asks_identity(asked)
    assert alice.proposes(asked, "completed").problem == "not_now"
    assert alice.proposes(asked, "refused", UNKNOWN).json["status"] == "awaiting_verification"
    assert bob.approves(asked).json["status"] == "refused"


# --- late refusals


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize(
    ("proposed", "late"),
    [(("refused", UNFOUNDED), 1), (("partially_completed", UNFOUNDED), 1), (("completed",), 0)],
)
def test_refusal_after_the_first_period_is_late_even_if_it_was_extended(
    world: World,
    alice: Operator,
    bob: Operator,
    asked: str,
    capsys: pytest.CaptureFixture[str],
    proposed: tuple[str, ...],
    late: int,
) -> None:
    alice.extends(asked, 60)
    world.advance(31 * DAY)
    alice.proposes(asked, *proposed)
    bob.approves(asked)
    assert evidence(asked)[-1][1]["late"] == late
    assert ("RightsRefusedLate" in capsys.readouterr().out) == bool(late)


def test_refusal_on_the_last_day_is_in_time(world: World, alice: Operator, bob: Operator, asked: str) -> None:
    world.advance(30 * DAY + timedelta(hours=10))
    alice.proposes(asked, "refused", UNFOUNDED)
    bob.approves(asked)
    assert evidence(asked)[-1][1]["late"] == 0


def test_approval_checks_again_that_the_law_knows_the_ground(
    alice: Operator, bob: Operator, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert alice.proposes(asked, "refused", UNFOUNDED).status == 200
    later = replace(declaration.of(Right.ACCESS), refusals=frozenset())  # of another release
    monkeypatch.setitem(cast("dict[Right, Any]", declaration.declared()), Right.ACCESS, later)
    assert bob.approves(asked).json["errors"][0]["pointer"] == "/reason"
    assert stored(asked).is_open
