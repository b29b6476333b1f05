"""Tests the rights that are answered at once: withdrawal of consent, objection to direct marketing."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from chalicelib.consents import store as decisions
from chalicelib.core import table
from chalicelib.core.chain import Chain
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import AccountId
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.model import Addresses
from chalicelib.privacy.purposes import Purpose
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.world.builders import a_phone, an_address
from tests.support.world.ledger import overwrite
from tests.support.world.world import User, World

BOTH = {Purpose.MARKETING, Purpose.PERSONALISED_ADS}


def answered(user: User, right: str, **more: Any) -> dict[str, Any]:
    taken = user.exercises(right, **more)
    assert taken.status == 202, taken.text
    body: dict[str, Any] = taken.json
    assert body["status"] == "completed"
    return body


def states(user: User) -> dict[str, str]:
    return {item["purpose"]: item["state"] for item in user.gets("/v1/consents").json["items"]}


def objected(user: User) -> set[Purpose]:
    found = decisions.read(AccountId(user.account_id))
    return set(found.objected) if found else set()


def suppressed(phone: str | None = None, email: str | None = None) -> set[Purpose]:
    return set(suppressions.suppressed(Addresses(phone, email)))


def events(user: User, purpose: str) -> list[str]:
    records = user.gets(f"/v1/consents/{purpose}/records").json["items"]
    return [record["event"]["event_state"] for record in records]


# Withdrawal of consent


@pytest.mark.promise("RGT-7")
def test_withdrawal_without_purposes_ends_all_consents_at_once(mila: User) -> None:
    for purpose in ("analytics", "marketing"):
        mila.consents(purpose)
    answered(mila, "consent_withdrawal")
    assert {name for name, state in states(mila).items() if state == "withdrawn"} == {
        "analytics",
        "marketing",
    }
    assert "given" not in states(mila).values()


@pytest.mark.promise("RGT-7")
def test_withdrawal_of_one_purpose_leaves_the_others(mila: User) -> None:
    for purpose in ("analytics", "marketing"):
        mila.consents(purpose)
    answered(mila, "consent_withdrawal", purposes=["analytics"])
    assert (states(mila)["analytics"], states(mila)["marketing"]) == ("withdrawn", "given")


@pytest.mark.promise("RGT-7")
def test_withdrawal_by_request_and_by_consents_leave_the_same_evidence(world: World, mila: User) -> None:
    vera = world.a_user()
    for user in (mila, vera):
        user.consents("analytics")
    answered(mila, "consent_withdrawal", purposes=["analytics"])
    vera.withdraws("analytics")
    assert events(mila, "analytics") == events(vera, "analytics") == ["ConsentWithdrawn", "ConsentGiven"]
    one, other = (decisions.read(AccountId(user.account_id)) for user in (mila, vera))
    assert one
    assert other
    assert one.to_delete == other.to_delete
    assert one.consents[Purpose.ANALYTICS].state == other.consents[Purpose.ANALYTICS].state


@pytest.mark.promise("RGT-7")
def test_withdrawal_of_what_is_not_given_changes_nothing_and_is_answered(mila: User) -> None:
    before = cloud.records("purposes")
    first = answered(mila, "consent_withdrawal")
    for _ in range(3):
        assert (
            answered(mila, "consent_withdrawal", purposes=["marketing"])["rights_request_id"]
            == first["rights_request_id"]
        )
    assert cloud.records("purposes") == before
    assert len(cloud.records("rights_request")) == 1
    assert states(mila)["marketing"] == "unknown"


def test_withdrawal_for_a_purpose_without_consent_is_refused(mila: User) -> None:
    refused = mila.exercises("consent_withdrawal", purposes=["analytics", "security"])
    assert refused.status == 400
    assert [error["pointer"] for error in refused.json["errors"]] == ["/purposes/1"]
    assert cloud.records("rights_request") == []


@pytest.mark.promise("RGT-7")
def test_withdrawal_is_in_force_although_the_history_was_altered(mila: User) -> None:
    mila.consents("analytics")
    mila.consents("marketing")
    (name,) = {
        item["pk"]["S"]
        for item in cloud.all_items()
        if "previous_delete_at" in item and item["pk"]["S"].startswith("consent#")
    }
    overwrite(Chain.parse(name), 2, payload='{"events":[]}')
    answered(mila, "consent_withdrawal")
    assert "given" not in states(mila).values()
    found = decisions.read(AccountId(mila.account_id))
    assert found
    assert {event["purpose"] for event in found.owed} == {"analytics", "marketing"}


@pytest.mark.promise("RGT-7")
def test_decision_during_the_intake_of_a_withdrawal_is_not_lost(mila: User) -> None:
    mila.consents("analytics")
    just_before(table, "transact", lambda: mila.consents("marketing"))
    answered(mila, "consent_withdrawal", purposes=["analytics"])
    assert (states(mila)["analytics"], states(mila)["marketing"]) == ("withdrawn", "given")


# Objection to direct marketing


@pytest.mark.promise("RGT-6", "USE-5")
def test_objection_to_marketing_takes_effect_in_one_call_without_step_up(mila: User) -> None:
    address = an_address()
    mila.has_email(address)
    mila.consents("marketing")
    request = answered(mila, "marketing_objection")
    assert request["decision"]["outcome"] == "completed"
    assert objected(mila) == BOTH
    assert suppressed(phone=mila.phone) == suppressed(email=address) == BOTH
    assert states(mila)["marketing"] == "withdrawn"


@pytest.mark.promise("RGT-6")
def test_objection_without_any_consent_is_on_record(mila: User) -> None:
    answered(mila, "marketing_objection")
    assert objected(mila) == BOTH
    assert states(mila)["marketing"] == "unknown"


@pytest.mark.promise("RGT-6")
@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_frozen_or_restricted_account_can_object_to_marketing(world: World, mila: User, state: str) -> None:
    world.set_state(mila, state)
    answered(mila, "marketing_objection")
    assert suppressed(phone=mila.phone) == BOTH


@pytest.mark.promise("RGT-6")
def test_repeated_objections_are_answered_and_write_no_further_decision(mila: User) -> None:
    first = answered(mila, "marketing_objection")
    before = (cloud.records("purposes"), cloud.records("suppression"))
    for _ in range(25):  # more than the daily limit of requests
        assert answered(mila, "marketing_objection") == first
    assert (cloud.records("purposes"), cloud.records("suppression")) == before
    assert len(cloud.records("rights_request")) == 1


@pytest.mark.promise("RGT-6")
def test_objection_after_a_consent_is_a_new_request(world: World, mila: User) -> None:
    first = answered(mila, "marketing_objection")
    mila.consents("marketing")
    world.advance(MINUTE)
    second = answered(mila, "marketing_objection")
    assert second["rights_request_id"] != first["rights_request_id"]
    assert objected(mila) == BOTH
    assert answered(mila, "marketing_objection")["rights_request_id"] == second["rights_request_id"]


@pytest.mark.promise("RGT-7")
def test_repeated_key_returns_its_own_request_after_a_later_withdrawal(world: World, mila: User) -> None:
    mila.consents("marketing")
    mila.consents("analytics")
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = mila.exercises("consent_withdrawal", key, purposes=["marketing"])
    world.advance(MINUTE)
    later = answered(mila, "consent_withdrawal", purposes=["analytics"])
    again = mila.exercises("consent_withdrawal", key, purposes=["marketing"])
    assert (again.status, again.json) == (202, first.json)
    assert again.json["rights_request_id"] != later["rights_request_id"]
    other = mila.exercises("consent_withdrawal", key, purposes=["analytics"])
    assert other.problem == "idempotency_mismatch"


@pytest.mark.promise("RGT-6")
def test_repeated_objection_by_letter_is_entered_all_the_same(world: World, mila: User) -> None:
    first = answered(mila, "marketing_objection")
    entered = world.an_operator("jovan").enters(mila.user_id, "marketing_objection")
    assert (entered.status, entered.json["rights_request_id"] == first["rights_request_id"]) == (201, False)


@pytest.mark.promise("RGT-6")
def test_later_consent_ends_the_objection_with_evidence(mila: User) -> None:
    address = an_address()
    mila.has_email(address)
    mila.consents("marketing")
    answered(mila, "marketing_objection")
    assert mila.consents("marketing").json["state"] == "given"
    assert objected(mila) == {Purpose.PERSONALISED_ADS}
    assert suppressed(phone=mila.phone) == suppressed(email=address) == {Purpose.PERSONALISED_ADS}
    assert events(mila, "marketing") == ["ConsentGiven", "ConsentWithdrawn", "ConsentGiven"]
    mila.consents("personalised_ads")
    assert cloud.records("suppression") == []


def test_consent_to_another_purpose_leaves_the_objection(mila: User) -> None:
    answered(mila, "marketing_objection")
    mila.consents("analytics")
    assert objected(mila) == BOTH
    assert suppressed(phone=mila.phone) == BOTH


@pytest.mark.promise("RGT-6")
def test_privacy_signal_does_not_end_an_objection(mila: User) -> None:
    answered(mila, "marketing_objection")
    mila.calls("POST", "/v1/consents/signals", body={"gpc": True})
    assert objected(mila) == BOTH


@pytest.mark.promise("RGT-6")
def test_objection_by_letter_has_the_effect_of_one_by_the_app(world: World, mila: User) -> None:
    mila.consents("marketing")
    letter = {
        "user_id": mila.user_id,
        "right": "marketing_objection",
        "received_by": "letter",
        "received_on": (world.now - 2 * DAY).date().isoformat(),
    }
    entered = world.an_operator("ana").calls("POST", body=letter)
    assert entered.status == 201, entered.text
    assert objected(mila) == BOTH
    assert suppressed(phone=mila.phone) == BOTH


@pytest.mark.promise("RGT-7")
def test_withdrawal_by_letter_has_the_effect_of_one_by_the_app(world: World, mila: User) -> None:
    mila.consents("marketing")
    letter = {
        "user_id": mila.user_id,
        "right": "consent_withdrawal",
        "purposes": ["marketing"],
        "received_by": "letter",
        "received_on": world.now.date().isoformat(),
    }
    assert world.an_operator("ana").calls("POST", body=letter).status == 201
    assert states(mila)["marketing"] == "withdrawn"


@pytest.mark.promise("RGT-6")
def test_objection_is_in_force_although_the_history_of_consents_was_altered(mila: User) -> None:
    mila.consents("marketing")
    (name,) = {
        item["pk"]["S"]
        for item in cloud.all_items()
        if "previous_delete_at" in item and item["pk"]["S"].startswith("consent#")
    }
    overwrite(Chain.parse(name), 1, payload='{"events":[]}')
    answered(mila, "marketing_objection")
    assert objected(mila) == BOTH
    assert states(mila)["marketing"] == "withdrawn"


@pytest.mark.promise("RGT-6")
def test_suppression_contains_neither_the_number_nor_an_account(world: World) -> None:
    phone, address = a_phone(), an_address()
    mila = world.a_user(phone=phone)
    mila.has_email(address)
    answered(mila, "marketing_objection")
    found = cloud.records("suppression")
    assert len(found) == 2
    for item in found:
        assert not any(text in str(item) for text in (phone, address, mila.account_id, mila.user_id))
        assert "expires_at" not in item
