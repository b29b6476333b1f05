"""Requests without a session, by a code to a number or mailbox, and what an operator enters for such
people."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.transactions import commit
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.service import Addresses
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.request import store
from chalicelib.rights.request.model import IdentityProof
from chalicelib.rights.request.terms import Right, Status
from tests.support.cases.erasure_parts import freeze
from tests.support.cases.guests import asks, enters, proves, requests, verifies
from tests.support.cases.scripted import evidence, stored
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.world.builders import a_device, a_phone, an_address
from tests.support.world.limits import allow
from tests.support.world.world import User, World

BOTH = {Purpose.MARKETING, Purpose.PERSONALISED_ADS}


def unwanted(phone: str | None = None, email: str | None = None) -> set[Purpose]:
    return set(suppressions.suppressed(Addresses(phone, email)))


@pytest.fixture
def mila(world: World) -> User:
    """Return a user with a number and a mailbox."""
    return world.begin(mila_here)


def mila_here(world: World) -> User:
    user = world.a_user(device=a_device(device_id=str(uuid.uuid4())))
    user.has_had_email("mila@example.com")
    return user


# --- the code


@pytest.mark.promise("RGT-11", "ACC-1")
def test_answer_does_not_tell_whether_a_contact_is_known(world: World, mila: User) -> None:
    for known, unknown in (
        ({"phone": mila.phone}, {"phone": a_phone()}),
        ({"email": "mila@example.com"}, {"email": an_address()}),
    ):
        with cloud.counted() as first:
            one = asks(world, **known)
        with cloud.counted() as second:
            other = asks(world, **unknown)
        assert one.status == other.status == 202
        assert one.json.keys() == other.json.keys()
        assert first == second
        assert "BatchGetItem" not in first.tables  # no claim is read before the code is right


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize(
    "contact", [{}, {"phone": "+381601234567", "email": "mila@example.com"}], ids=["none", "both"]
)
def test_guest_names_a_number_or_a_mailbox(world: World, contact: dict[str, str]) -> None:
    refused = asks(world, **contact)
    assert (refused.status, refused.problem) == (400, "invalid_request")


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("field", [{"transfer_to": "https://a.example.org"}, {"waive_grace": True}])
def test_field_that_needs_a_session_is_refused_without_one(world: World, field: dict[str, Any]) -> None:
    right = "portability" if "transfer_to" in field else "erasure"
    refused = asks(world, right, phone=a_phone(), **field)
    pointers = [one["pointer"] for one in refused.json["errors"]]
    assert (refused.problem, pointers) == ("unexpected_field", [f"/{next(iter(field))}"])


@pytest.mark.promise("RGT-11")
def test_stranger_cannot_use_up_an_owners_codes(world: World, mila: User) -> None:
    for number in range(4):
        assert asks(world, phone=mila.phone, address=f"198.51.{number}.1").status == 202
    refused = asks(world, phone=mila.phone, address="198.51.9.1")
    assert (refused.status, refused.json["limit"]) == (429, "codes_to_guest")
    for _ in range(4):  # as many codes as ever to sign in: the sign-up used one
        assert world.asks_for_a_code(mila.phone).status == 202


def test_codes_by_mail_to_one_mailbox_are_limited(world: World) -> None:
    address = an_address()
    for number in range(4):
        assert asks(world, email=address, address=f"198.51.{number}.1").status == 202
    assert asks(world, email=address, address="198.51.9.1").json["limit"] == "codes_to_guest"


def test_codes_by_mail_to_all_mailboxes_are_limited(world: World) -> None:
    allow(codes_mailed_to_guests_hour=2)
    answers = [asks(world, email=an_address(), address=f"198.51.{n}.1") for n in range(3)]
    assert [answer.status for answer in answers] == [202, 202, 429]
    assert answers[2].json["limit"] == "codes_mailed_to_guests"


def test_five_wrong_codes_end_a_guest_challenge(world: World) -> None:
    phone = a_phone()
    challenge = asks(world, phone=phone).json["challenge_id"]
    code = world.code_for(phone)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for left in (4, 3, 2, 1, 0):
        assert verifies(world, challenge, wrong).json["attempts_left"] == left
    assert verifies(world, challenge, code).problem == "challenge_expired"
    assert cloud.records("rights_request") == []


def test_code_of_a_signup_makes_no_request(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    assert verifies(world, challenge, world.code_for(phone)).problem == "challenge_expired"


def test_same_code_again_returns_the_same_request_and_receipt(world: World) -> None:
    phone = a_phone()
    challenge = asks(world, phone=phone).json["challenge_id"]
    first = verifies(world, challenge, world.code_for(phone))
    again = verifies(world, challenge, world.code_for(phone))
    assert (first.status, again.json) == (202, first.json)
    assert len(cloud.records("rights_request")) == 1


def test_repeated_start_with_a_key_sends_one_code_and_makes_one_request(world: World) -> None:
    phone, key = a_phone(), {"Idempotency-Key": str(uuid.uuid4())}
    first = asks(world, phone=phone, headers=key)
    assert asks(world, phone=phone, headers=key).json == first.json
    assert len(world.messages_to(phone)) == 1
    assert asks(world, "erasure", phone=phone, headers=key).problem == "idempotency_mismatch"
    assert verifies(world, first.json["challenge_id"], world.code_for(phone)).json["right"] == "access"


@pytest.mark.promise("RGT-11", "RGT-6")
def test_objection_under_the_key_of_an_older_one_is_another_request(world: World, mila: User) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}

    def objects() -> str:
        challenge = asks(world, "marketing_objection", phone=mila.phone, headers=key).json["challenge_id"]
        return str(verifies(world, challenge, world.code_for(mila.phone)).json["rights_request_id"])

    first = objects()
    world.advance(DAY)
    mila.signs_in_again().consents("marketing")
    assert unwanted(phone=mila.phone) != BOTH
    assert objects() != first
    assert unwanted(phone=mila.phone) == BOTH


@pytest.mark.promise("RGT-11")
def test_code_whose_draft_was_not_stored_does_not_make_the_request_of_an_older_one(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    asks(world, "access", phone=mila.phone, headers=key)
    world.advance(DAY)
    monkeypatch.setattr("chalicelib.accounts.challenges.service.keep_draft", lambda *_: None)
    challenge = asks(world, "marketing_objection", phone=mila.phone, headers=key).json["challenge_id"]
    assert verifies(world, challenge, world.code_for(mila.phone)).problem == "challenge_expired"


# --- people without an account


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("right", list(Right))
@pytest.mark.parametrize("by", ["phone", "email"])
def test_each_right_of_a_person_without_an_account_is_recorded(world: World, right: str, by: str) -> None:
    contact = {"phone": a_phone()} if by == "phone" else {"email": an_address()}
    made = requests(world, right, **contact)
    assert made.status == 202, made.text
    assert (made.json["received_by"], made.json["without_account"]) == ("guest", True)
    assert (made.json["status"], made.json["right"]) == ("received", right)
    assert made.json["due_at"] == "2026-12-24T22:59:59Z"
    (event, said), *_ = evidence(made.json["rights_request_id"])
    assert (event, said["received_by"], said["by"]) == ("received", "guest", "subject")


@pytest.mark.promise("SEC-1")
def test_contact_of_a_guest_is_readable_nowhere(world: World) -> None:
    phone = a_phone()
    made = requests(world, phone=phone)
    assert made.status == 202
    for item in cloud.records("rights_request") + cloud.records("guest_draft") + cloud.records("challenge"):
        assert phone not in str(item)
    assert phone not in world.log.getvalue()


@pytest.mark.promise("RGT-11")
def test_two_guests_with_one_number_each_get_a_request(world: World) -> None:
    phone = a_phone()
    first, second = requests(world, phone=phone), requests(world, phone=phone)
    assert first.status == second.status == 202
    assert first.json["rights_request_id"] != second.json["rights_request_id"]


@pytest.mark.promise("RGT-6", "RGT-11")
@pytest.mark.parametrize("by", ["phone", "email"])
@pytest.mark.parametrize("channel", ["guest", "letter"])
def test_marketing_objection_without_an_account_outlives_a_later_signup(
    world: World, by: str, channel: str
) -> None:
    phone, address = a_phone(), an_address()
    contact = {"phone": phone} if by == "phone" else {"email": address}
    objects = requests(world, "marketing_objection", **contact) if channel == "guest" else None
    objects = objects or enters(world.an_operator("jovan"), "marketing_objection", **contact)
    assert objects.status in {201, 202}, objects.text
    assert unwanted(**contact) == BOTH
    said = evidence(objects.json["rights_request_id"])[0][1]
    assert set(said["objected"]) == BOTH
    world.advance(timedelta(days=300))
    newcomer = world.a_user(phone)
    newcomer.has_email(address)
    assert unwanted(**contact) == BOTH
    newcomer.consents("analytics")
    assert unwanted(**contact) == BOTH
    newcomer.consents("marketing")
    assert unwanted(**contact) == {Purpose.PERSONALISED_ADS}


@pytest.mark.promise("RGT-6")
def test_suppression_without_an_account_ends_after_24_months(world: World) -> None:
    phone = a_phone()
    requests(world, "marketing_objection", phone=phone)
    (item,) = cloud.records("suppression")
    assert phone not in str(item)
    assert item["unowned_since"]["S"] == "2026-11-24T12:00:00Z"
    assert datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC).date() == date(2028, 11, 24)


@pytest.mark.parametrize("right", sorted(set(Right) - {Right.MARKETING_OBJECTION}))
def test_other_rights_without_an_account_suppress_nothing(world: World, right: str) -> None:
    assert requests(world, right, phone=a_phone()).status == 202
    assert cloud.records("suppression") == []


@pytest.mark.promise("RGT-6")
def test_marketing_objection_with_a_wrong_code_suppresses_nothing(world: World) -> None:
    phone = a_phone()
    challenge = asks(world, "marketing_objection", phone=phone).json["challenge_id"]
    wrong = f"{(int(world.code_for(phone)) + 1) % 1_000_000:06d}"
    assert verifies(world, challenge, wrong).status != 202
    assert cloud.records("suppression") == []


@pytest.mark.promise("RGT-6")
def test_suppression_written_between_read_and_write_is_not_lost(world: World) -> None:
    phone = a_phone()
    only_one = suppressions.placing_without_account(Addresses(phone), clock.now(), [Purpose.PERSONALISED_ADS])
    just_before(store, "create", lambda: commit(*only_one))
    assert requests(world, "marketing_objection", phone=phone).status == 202
    assert unwanted(phone=phone) == BOTH
    assert len(cloud.records("rights_request")) == len(cloud.records("suppression")) == 1


@pytest.mark.promise("RGT-6")
def test_marketing_objection_of_a_guest_with_an_account_is_the_accounts(world: World, mila: User) -> None:
    made = requests(world, "marketing_objection", phone=mila.phone).json
    assert made["status"] == "completed"
    assert unwanted(phone=mila.phone) == unwanted(email="mila@example.com") == BOTH
    assert all("unowned_since" not in item for item in cloud.records("suppression"))


# --- locked-out users


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("right", ["access", "portability", "erasure"])
def test_copy_or_erasure_by_one_proof_waits_for_a_second(world: World, mila: User, right: str) -> None:
    made = requests(world, right, phone=mila.phone).json
    assert made["status"] == "awaiting_verification"
    assert made["identity"] == {"proofs": ["number"], "needed": 2, "refused_at": "2026-12-24T12:00:00Z"}
    assert "without_account" not in made or made["without_account"] is False
    request = stored(made["rights_request_id"])
    assert (request.account_id, request.clock.is_paused()) == (mila.account_id, True)
    assert request.contact is None  # an account's own channels are used
    assert (
        mila.request(made["rights_request_id"])["status"] == "awaiting_verification"
    )  # visible in the app, too


@pytest.mark.promise("RGT-11")
def test_second_proof_by_the_mailbox_lets_the_request_begin(world: World, mila: User) -> None:
    made = requests(world, phone=mila.phone).json
    proven = proves(world, made, email="mila@example.com")
    assert (proven.status, proven.json["status"]) == (200, "in_progress")
    assert stored(made["rights_request_id"]).proofs == (IdentityProof.NUMBER, IdentityProof.MAILBOX)
    assert not stored(made["rights_request_id"]).clock.is_paused()
    assert [event for event, _ in evidence(made["rights_request_id"])] == ["received", "proof_given"]


@pytest.mark.promise("RGT-11")
def test_mailbox_first_and_number_second_do_as_well(world: World, mila: User) -> None:
    made = requests(world, email="mila@example.com").json
    assert made["identity"]["proofs"] == ["mailbox"]
    assert proves(world, made, phone=mila.phone).json["status"] == "in_progress"


@pytest.mark.promise("RGT-11")
def test_the_same_proof_twice_is_one_proof(world: World, mila: User) -> None:
    made = requests(world, phone=mila.phone).json
    assert proves(world, made, phone=mila.phone).json["status"] == "awaiting_verification"
    assert stored(made["rights_request_id"]).proofs == (IdentityProof.NUMBER,)


@pytest.mark.promise("RGT-11")
def test_contact_of_another_account_is_no_proof(world: World, mila: User) -> None:
    ana = world.a_user()
    made = requests(world, phone=mila.phone).json
    refused = proves(world, made, phone=ana.phone)
    assert (refused.status, refused.problem) == (422, "proof_not_accepted")
    assert proves(world, made, email=an_address()).problem == "proof_not_accepted"
    assert stored(made["rights_request_id"]).status is Status.AWAITING_VERIFICATION


def test_proof_needs_the_receipt(world: World, mila: User) -> None:
    made = requests(world, phone=mila.phone).json
    path = f"/v1/rights-receipts/{made['rights_request_id']}/proofs"
    for headers in ({}, {"Rights-Receipt": made["receipt"][:-2]}):
        assert world.call("POST", path, body={"phone": mila.phone}, headers=headers).problem == "not_found"


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("right", ["access", "erasure"])
def test_number_and_known_device_are_one_proof(world: World, right: str) -> None:
    device = a_device(device_id=str(uuid.uuid4()))
    mila = world.a_user(device=device)
    made = requests(world, right, phone=mila.phone, device_id=device["device_id"]).json
    assert made["status"] == "awaiting_verification"
    assert stored(made["rights_request_id"]).proofs == (IdentityProof.NUMBER, IdentityProof.DEVICE)
    own = mila.is_stepped_up().exercises(right)
    assert (own.status, stored(made["rights_request_id"]).status) == (
        202,
        Status.CANCELLED,
    )  # it gives way like any other


@pytest.mark.promise("RGT-11")
def test_known_device_and_mailbox_are_two_proofs(world: World) -> None:
    device = a_device(device_id=str(uuid.uuid4()))
    mila = world.a_user(device=device)
    mila.has_had_email("mila@example.com")
    made = requests(world, email="mila@example.com", device_id=device["device_id"]).json
    assert made["status"] == "received"
    assert stored(made["rights_request_id"]).proofs == (IdentityProof.MAILBOX, IdentityProof.DEVICE)
    assert [step["name"] for step in made["steps"]][:3] == ["pin", "warn", "cool_down"]


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("first", ["phone", "email"])
def test_mailbox_is_a_second_proof_seven_days_after_it_was_added(world: World, first: str) -> None:
    mila = world.a_user()
    mila.has_email("mila@example.com")
    world.advance(timedelta(days=7, seconds=-1))
    contacts = {"phone": mila.phone, "email": "mila@example.com"}
    made = requests(world, **{first: contacts.pop(first)}).json
    assert proves(world, made, **contacts).problem == "proof_not_accepted"
    assert stored(made["rights_request_id"]).status is Status.AWAITING_VERIFICATION
    world.advance(timedelta(seconds=1))
    assert proves(world, made, **contacts).json["status"] == "in_progress"


@pytest.mark.promise("RGT-11")
def test_mailbox_and_device_of_one_session_are_one_proof(world: World) -> None:
    device = a_device(device_id=str(uuid.uuid4()))
    mila = world.a_user(device=device)
    mila.has_email("thief@example.com")
    world.advance(timedelta(days=30))
    made = requests(world, email="thief@example.com", device_id=device["device_id"]).json
    assert (made["status"], made["identity"]["proofs"]) == ("awaiting_verification", ["mailbox"])
    world.a_user(mila.phone, device)  # which takes a code to the number
    assert (
        requests(world, email="thief@example.com", device_id=device["device_id"]).json["status"] == "received"
    )


@pytest.mark.promise("RGT-11")
def test_mailbox_that_replaced_another_after_the_request_is_no_proof_of_it(world: World, mila: User) -> None:
    made = requests(world, email="mila@example.com").json
    world.a_user(mila.phone).has_email("thief@example.com")
    world.advance(timedelta(days=8))
    assert proves(world, made, phone=mila.phone).problem == "proof_not_accepted"


@pytest.mark.promise("RGT-11")
def test_no_two_proofs_count_within_72_hours_after_a_change_of_the_number(world: World) -> None:
    device = a_device(device_id=str(uuid.uuid4()))
    mila = world.a_user(device=device)
    mila.has_had_email("mila@example.com")
    mila.changes_number(a_phone())
    world.advance(timedelta(hours=1))
    made = requests(world, email="mila@example.com", device_id=device["device_id"]).json
    assert made["status"] == "awaiting_verification"
    world.advance(timedelta(hours=71, seconds=-1))
    assert proves(world, made, phone=mila.phone).problem == "proof_not_accepted"
    world.advance(timedelta(seconds=1))
    assert proves(world, made, phone=mila.phone).json["status"] == "in_progress"


@pytest.mark.promise("RGT-11")
def test_number_that_was_changed_after_the_request_is_no_proof_of_it(world: World, mila: User) -> None:
    made = requests(world, phone=mila.phone).json
    mila.changes_number(a_phone())
    world.advance(timedelta(hours=80))
    assert proves(world, made, email="mila@example.com").problem == "proof_not_accepted"


@pytest.mark.promise("RGT-11")
def test_unknown_device_is_no_proof(world: World, mila: User) -> None:
    device = a_device(device_id=str(uuid.uuid4()))
    world.a_user(device=device)
    made = requests(world, phone=mila.phone, device_id=device["device_id"]).json
    assert made["status"] == "awaiting_verification"


@pytest.mark.promise("RGT-11")
def test_erasure_freezes_at_once_and_deletes_only_after_the_cool_down(world: World, mila: User) -> None:
    made = requests(world, "erasure", phone=mila.phone).json
    names = [step["name"] for step in proves(world, made, email="mila@example.com").json["steps"]]
    assert names[0] == "warn"
    assert names.index("freeze") < names.index("cool_down") == names.index("capture") - 1


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_locked_out_owner_of_a_blocked_account_makes_a_request(world: World, mila: User, state: str) -> None:
    world.set_state(mila, state)
    assert requests(world, phone=mila.phone).json["status"] == "awaiting_verification"


def test_open_request_of_the_account_is_named_to_its_guest(world: World, mila: User) -> None:
    first = requests(world, phone=mila.phone).json
    second = requests(world, phone=mila.phone)
    assert (second.status, second.json["open_rights_request_id"]) == (409, first["rights_request_id"])


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("right", ["access", "erasure"])
def test_unproven_request_gives_way_to_the_owners_own(world: World, mila: User, right: str) -> None:
    made = requests(world, right, phone=mila.phone).json
    own = mila.is_stepped_up().exercises(right)
    assert (own.status, own.json["status"], own.json["rights_request_id"] == made["rights_request_id"]) == (
        202,
        "received",
        False,
    )
    assert (stored(made["rights_request_id"]).status, evidence(made["rights_request_id"])[-1][0]) == (
        Status.CANCELLED,
        "superseded",
    )
    assert proves(world, made, email="mila@example.com").json["status"] == "cancelled"
    again = mila.exercises(right)
    assert (again.problem, again.json["open_rights_request_id"]) == (
        "already_open",
        own.json["rights_request_id"],
    )


@pytest.mark.promise("RGT-11")
def test_unproven_request_gives_way_to_a_guest_with_two_proofs(world: World) -> None:
    device = a_device(device_id=str(uuid.uuid4()))
    mila = world.a_user(device=device)
    mila.has_had_email("mila@example.com")
    made = requests(world, phone=mila.phone).json
    assert requests(world, email="mila@example.com").problem == "already_open"  # one proof against one
    own = requests(world, email="mila@example.com", device_id=device["device_id"])
    assert (own.status, own.json["status"]) == (202, "received")
    assert stored(made["rights_request_id"]).status is Status.CANCELLED


def test_unproven_request_does_not_give_way_after_a_change_of_the_number(world: World, mila: User) -> None:
    made = requests(world, email="mila@example.com").json
    thief = mila.changes_number(a_phone()).is_stepped_up()
    assert thief.exercises("access").json["open_rights_request_id"] == made["rights_request_id"]
    assert stored(made["rights_request_id"]).status is Status.AWAITING_VERIFICATION


def test_proven_request_of_a_guest_does_not_give_way(world: World, mila: User) -> None:
    made = requests(world, phone=mila.phone).json
    proves(world, made, email="mila@example.com")
    refused = mila.is_stepped_up().exercises("access")
    assert (refused.problem, refused.json["open_rights_request_id"]) == (
        "already_open",
        made["rights_request_id"],
    )


def test_request_whose_proof_operators_asked_for_does_not_give_way(world: World, mila: User) -> None:
    asked = mila.is_stepped_up().exercises("access").json["rights_request_id"]
    world.an_operator("alice").asks_identity(asked)
    assert mila.exercises("access").problem == "already_open"
    assert stored(asked).status is Status.AWAITING_VERIFICATION


@pytest.mark.promise("RGT-11")
def test_owner_cancels_a_request_that_a_thief_made(world: World, mila: User) -> None:
    made = requests(world, phone=mila.phone).json
    assert (
        mila.calls("POST", f"/v1/rights-requests/{made['rights_request_id']}/cancel").json["status"]
        == "cancelled"
    )
    assert proves(world, made, email="mila@example.com").json["status"] == "cancelled"


@pytest.mark.promise("SEC-1")
def test_receipt_of_a_request_from_a_session_opens_no_copy(world: World, mila: User) -> None:
    made = mila.is_stepped_up().exercises("access").json
    path, receipt = (
        f"/v1/rights-receipts/{made['rights_request_id']}/export",
        {"Rights-Receipt": made["receipt"]},
    )
    assert world.call("GET", path, headers=receipt).problem == "not_found"


@pytest.mark.promise("RGT-11")
def test_copy_of_a_guest_is_not_ready_while_a_proof_is_missing(world: World, mila: User) -> None:
    made = requests(world, phone=mila.phone).json
    path, receipt = (
        f"/v1/rights-receipts/{made['rights_request_id']}/export",
        {"Rights-Receipt": made["receipt"]},
    )
    assert world.call("GET", path, headers=receipt).problem == "not_ready"


@pytest.mark.promise("RGT-2")
def test_guest_asks_for_a_reviewed_correction_in_a_request_of_its_own(world: World, mila: User) -> None:
    both = {"name": "Milica", "session_device": "a tablet"}
    refused = requests(world, "rectification", phone=mila.phone, changes=both, reason="It was sold.")
    assert (refused.status, refused.json["errors"][0]["code"]) == (400, "separate_request")
    del both["name"]
    made = requests(world, "rectification", phone=mila.phone, changes=both, reason="It was sold.").json
    assert made["status"] == "awaiting_review"


# --- recycled numbers


@pytest.mark.promise("RGT-11")
def test_new_owner_of_an_idle_accounts_number_learns_nothing_of_its_erasure(world: World) -> None:
    mila = world.a_user()
    freeze(mila.account_id, idle=True)
    made = requests(world, phone=mila.phone).json
    assert (made["without_account"], made["status"]) == (True, "received")
    world.advance(timedelta(minutes=1))
    never = requests(world, phone=a_phone()).json
    assert {**made, "rights_request_id": "", "receipt": "", "received_at": ""} == {
        **never,
        "rights_request_id": "",
        "receipt": "",
        "received_at": "",
    }
