"""Subjects restrict the processing of their data, and end that (Art. 18 GDPR)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import AccountState
from chalicelib.consents import store as consents
from chalicelib.consents.model import Purposes
from chalicelib.consents.notices.service import offered
from chalicelib.core import chain
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.transactions import commit
from chalicelib.privacy.purposes import Purpose, Refusal, permits, refusal
from chalicelib.privacy.restraint import Restraint, RestraintKind
from chalicelib.rights import service
from chalicelib.rights.request import restraints, store
from chalicelib.rights.request.evidence import history_of
from chalicelib.rights.restriction.intake import RESTRICTABLE
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_parts import freeze, stored_account
from tests.support.cases.guests import enters, requests
from tests.support.cases.restrictions import work
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.world.builders import a_fault, an_event
from tests.support.world.world import NOON, Reply, User, World


def restricts(mila: User, **body: Any) -> dict[str, Any]:
    reply = mila.exercises("restriction", **{"ground": "a", **body})
    assert reply.status == 202, reply.text
    found: dict[str, Any] = reply.json
    return found


def lifts(mila: User, request: dict[str, Any]) -> Reply:
    return mila.calls("POST", f"/v1/rights-requests/{request['rights_request_id']}/lift")


def decisions(mila: User) -> Purposes | None:
    return consents.read(AccountId(mila.account_id))


def state(mila: User) -> AccountState:
    return stored_account(mila.account_id).state


def events(request: dict[str, Any]) -> list[str]:
    return [entry.event for entry in chain.entries(history_of(RightsRequestId(request["rights_request_id"])))]


@pytest.mark.promise("RGT-4", "STR-3")
def test_restriction_of_all_takes_effect_with_its_response(world: World, mila: User) -> None:
    request = restricts(mila)
    assert request["status"] == "received"
    assert request["restraint"] == {"purposes": [], "ground": "a", "began_at": "2026-11-24T12:00:00Z"}
    assert state(mila) is AccountState.RESTRICTED
    assert mila.mints_a_chat_token().problem == "restricted"
    assert mila.submits_usage(an_event()).problem == "restricted"
    other = world.a_user()
    assert other.gets(f"/v1/users/{mila.user_id}").status == 404
    found = decisions(mila)
    stopped = {purpose for purpose in Purpose if refusal(found, purpose) is Refusal.RESTRICTED}
    assert stopped == {*RESTRICTABLE, Purpose.SERVICE}


@pytest.mark.promise("RGT-4", "STR-3")
def test_restriction_of_all_revokes_chat_tokens_issued_before(mila: User) -> None:
    assert stored_account(mila.account_id).revoked_before is None
    restricts(mila)
    assert stored_account(mila.account_id).revoked_before == NOON - timedelta(seconds=4)


@pytest.mark.promise("RGT-4")
def test_restricted_purpose_stops_alone_and_is_answered_at_once(mila: User) -> None:
    mila.consents("analytics")
    request = restricts(mila, ground="d", purposes=["analytics"])
    assert (request["status"], request["restraint"]["purposes"]) == ("completed", ["analytics"])
    assert request["decision"]["outcome"] == "completed"
    assert state(mila) is AccountState.ACTIVE
    assert mila.submits_usage(an_event(), a_fault()).json == {"accepted": 1, "dropped": {"restricted": 1}}


@pytest.mark.promise("RGT-4")
def test_subject_ends_a_restriction_of_all_in_one_call(mila: User) -> None:
    request = restricts(mila)
    ended = lifts(mila, request)
    assert (ended.status, ended.json["status"]) == (200, "cancelled")
    assert ended.json["restraint"]["ended_at"] == "2026-11-24T12:00:00Z"
    assert state(mila) is AccountState.ACTIVE
    assert mila.gets("/v1/profile").status == 200
    assert lifts(mila, request).json == ended.json
    assert events(request) == ["received", "cancelled"]


@pytest.mark.promise("RGT-4")
def test_subject_ends_an_answered_restriction_of_a_purpose(mila: User) -> None:
    mila.consents("analytics")
    request = restricts(mila, purposes=["analytics"])
    ended = lifts(mila, request).json
    assert (ended["status"], "ended_at" in ended["restraint"]) == ("completed", True)
    assert permits(decisions(mila), Purpose.ANALYTICS, offered())
    assert lifts(mila, request).json == ended
    assert events(request) == ["received", "lifted"]


@pytest.mark.promise("RGT-4")
def test_ending_one_restriction_leaves_overlapping_ones_in_force(world: World, mila: User) -> None:
    first = restricts(mila, purposes=["analytics", "marketing"])
    world.advance(timedelta(minutes=10))
    second = restricts(mila, purposes=["marketing"], ground="d")
    whole = restricts(mila)
    lifts(mila, first)
    found = decisions(mila)
    assert found
    assert found.restrictions == {Purpose.MARKETING: NOON + timedelta(minutes=10)}
    assert found.wholly_restricted
    assert state(mila) is AccountState.RESTRICTED
    lifts(mila, whole)
    assert state(mila) is AccountState.ACTIVE
    lifts(mila, second)
    found = decisions(mila)
    assert found
    assert (found.restraints, found.restrictions, found.wholly_restricted) == ({}, {}, False)


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"ground": None}, "/ground", "not_a_choice"),
        ({"purposes": []}, "/purposes", "too_short"),
        ({"purposes": ["something"]}, "/purposes", "not_a_choice"),
        ({"purposes": ["security"]}, "/purposes", "not_restrictable"),
        ({"purposes": ["service"]}, "/purposes", "not_separable"),
    ],
)
def test_restriction_that_does_not_fit_is_refused(
    mila: User, body: dict[str, Any], pointer: str, code: str
) -> None:
    reply = mila.exercises("restriction", **{"ground": "a", **body})
    assert (reply.status, reply.problem) == (400, "invalid_request")
    assert [(error["pointer"], error["code"]) for error in reply.json["errors"]] == [(pointer, code)]
    assert cloud.records("rights_request") == cloud.records("purposes") == []
    assert state(mila) is AccountState.ACTIVE


def test_second_restriction_of_all_is_refused_while_one_is_open(mila: User) -> None:
    request = restricts(mila)
    again = mila.exercises("restriction", ground="b")
    assert (again.problem, again.json["open_rights_request_id"]) == (
        "already_open",
        request["rights_request_id"],
    )


def test_repeated_call_restricts_once(mila: User) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = mila.exercises("restriction", key, ground="a")
    assert mila.exercises("restriction", key, ground="a").json == first.json
    assert events(first.json) == ["received"]


@pytest.mark.promise("RGT-4")
def test_restricted_frozen_account_thaws_into_the_restriction(mila: User) -> None:
    frozen = freeze(mila.account_id)
    request = restricts(mila)
    account = stored_account(mila.account_id)
    assert account.frozen
    assert (account.state, account.frozen.before) == (AccountState.FROZEN, AccountState.RESTRICTED)
    commit(*accounts.thawing(stored_account(mila.account_id), account.frozen))
    assert state(mila) is AccountState.RESTRICTED
    lifts(mila, request)
    assert state(mila) is AccountState.ACTIVE
    assert frozen.before is AccountState.ACTIVE


@pytest.mark.promise("RGT-4")
def test_restriction_ended_while_frozen_is_not_restored_by_a_thaw(mila: User) -> None:
    request = restricts(mila)
    freeze(mila.account_id)
    lifts(mila, request)
    account = stored_account(mila.account_id)
    assert account.frozen
    assert (account.state, account.frozen.before) == (AccountState.FROZEN, AccountState.ACTIVE)


@pytest.mark.promise("RGT-4")
def test_freeze_between_read_and_write_does_not_lose_the_restriction(mila: User) -> None:
    just_before(store, "create", lambda: freeze(mila.account_id))
    restricts(mila)
    account = stored_account(mila.account_id)
    assert account.frozen
    assert account.frozen.before is AccountState.RESTRICTED


def test_consent_given_between_read_and_write_stays(mila: User) -> None:
    just_before(store, "create", lambda: mila.consents("marketing"))
    restricts(mila, purposes=["analytics"])
    found = decisions(mila)
    assert found
    assert (set(found.in_force), set(found.restrictions)) == ({Purpose.MARKETING}, {Purpose.ANALYTICS})


def test_request_that_restricts_nothing_cannot_be_lifted(mila: User) -> None:
    request = mila.is_stepped_up().exercises("access").json
    assert (lifts(mila, request).status, lifts(mila, request).problem) == (409, "not_now")


@pytest.mark.promise("RGT-4")
def test_restriction_that_is_answered_while_it_is_lifted_ends(
    mila: User, world: World, stream: Emulator
) -> None:
    request = restricts(mila)
    answered = just_before(service, "apply_move", lambda: work(world, request["rights_request_id"]))
    assert lifts(mila, request).status == 200
    assert not answered[0].is_open
    assert state(mila) is AccountState.ACTIVE


@pytest.mark.promise("RGT-4")
def test_lifting_is_never_limited(mila: User) -> None:
    request = restricts(mila)
    for _ in range(30):
        assert lifts(mila, request).status == 200


@pytest.mark.promise("RGT-11")
def test_letter_restricts_as_the_app_does(world: World, mila: User) -> None:
    entered = world.an_operator("jovan").enters(mila.user_id, "restriction", ground="c")
    assert entered.status == 201, entered.text
    assert state(mila) is AccountState.RESTRICTED
    assert lifts(mila.is_stepped_up(), entered.json).status == 200


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("named_by", ["user_id", "phone"])
def test_freeze_by_telephone_keeps_a_thief_with_a_session_out(
    world: World, mila: User, named_by: str
) -> None:
    entered = enters(
        world.an_operator("jovan"),
        "restriction",
        received_by="telephone",
        without_access=True,
        ground="b",
        **{named_by: getattr(mila, named_by)},
    )
    assert (entered.status, entered.json["status"]) == (201, "received")
    assert state(mila) is AccountState.RESTRICTED
    assert stored_account(mila.account_id).revoked_before == NOON - timedelta(seconds=4)
    assert mila.gets("/v1/profile").problem == mila.mints_a_chat_token().problem == "restricted"
    cancels = f"/v1/rights-requests/{entered.json['rights_request_id']}/cancel"
    assert lifts(mila, entered.json).problem == "step_up_required"
    assert mila.calls("POST", cancels).problem == "step_up_required"
    assert state(mila) is AccountState.RESTRICTED


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("by", ["operator", "guest"])
def test_owner_who_signs_in_again_ends_a_protective_freeze(world: World, mila: User, by: str) -> None:
    if by == "operator":
        operator = world.an_operator("jovan")
        made = enters(operator, "restriction", user_id=mila.user_id, without_access=True, ground="b").json
    else:
        made = requests(world, "restriction", phone=mila.phone, ground="b").json
    assert state(mila) is AccountState.RESTRICTED
    world.advance(timedelta(days=2))
    owner = mila.signs_in_again()
    assert owner.gets("/v1/profile").problem == "restricted"
    assert lifts(owner, made).problem == "step_up_required"
    ended = lifts(owner.is_stepped_up(), made)
    assert (ended.status, ended.json["status"]) == (200, "cancelled")
    assert owner.gets("/v1/profile").status == 200
    assert lifts(owner.signs_in_again(), made).json == ended.json


@pytest.mark.promise("RGT-4")
@pytest.mark.parametrize("status", ["completed", "partially_completed"])
def test_operators_cannot_answer_for_the_procedure_of_a_restriction(
    world: World, mila: User, status: str
) -> None:
    request = restricts(mila)
    reason = None if status == "completed" else "JustificationA12ManifestlyUnfounded"
    assert (
        world.an_operator("jovan").proposes(request["rights_request_id"], status, reason).problem
        == "invalid_request"
    )


@pytest.mark.promise("RGT-4")
def test_purpose_of_contested_data_is_restricted_until_its_request_ends(mila: User) -> None:
    found, request_id = restraints.read(AccountId(mila.account_id)), RightsRequestId.new()
    assert found
    commit(restraints.contesting(found, request_id, [Purpose.ANALYTICS]))
    contested = decisions(mila)
    assert contested
    assert contested.restricted == {Purpose.ANALYTICS}
    assert all(permits(contested, purpose) for purpose in (Purpose.SERVICE, Purpose.NOTIFICATIONS))
    commit(*restraints.ending(AccountId(mila.account_id), request_id))
    ended = decisions(mila)
    assert ended
    assert ended.restricted == set()


@pytest.mark.promise("RGT-4")
def test_restraint_covers_all_only_as_a_restriction_without_purposes() -> None:
    for kind in RestraintKind:
        for purposes in ((), (Purpose.DIAGNOSTICS,)):
            restraint = Restraint(kind=kind, since=NOON, purposes=purposes)
            assert restraint.covers_all is (kind is RestraintKind.RESTRICTION and not purposes)


@pytest.mark.promise("RGT-4")
@pytest.mark.parametrize("end", ["cancel", "lift"])
def test_restricted_account_ends_its_restriction_in_either_way(mila: User, end: str) -> None:
    request_id = restricts(mila)["rights_request_id"]
    assert mila.calls("POST", f"/v1/rights-requests/{request_id}/{end}").status == 200
    assert mila.gets("/v1/profile").status == 200


@pytest.mark.promise("RGT-4")
def test_other_users_do_not_see_a_restricted_account(world: World) -> None:
    vera, mila = world.a_user(), world.a_user()
    vera.meets(mila)
    assert vera.gets(f"/v1/users/{mila.user_id}").status == 200
    restricts(mila)
    assert vera.gets(f"/v1/users/{mila.user_id}").status == 404
    assert vera.gets("/v1/contacts").json["items"] == []
    assert vera.opens(mila).problem == "unknown_member"
