"""Subjects have their data corrected: at once where the app lets them edit it, otherwise after a review."""

import uuid
from typing import Any

import pytest

from chalicelib.accounts.profiles.model import MAX_STATEMENTS, Profile, SubjectStatement
from chalicelib.accounts.profiles.service import STATEMENTS
from chalicelib.core import needs, table
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.privacy import register
from chalicelib.privacy.purposes import Practice
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.request import recipients, store
from chalicelib.rights.request.recipients import CorrectionWay
from tests.support.cases.scripted import evidence
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.world.builders import PRIVACY, an_event
from tests.support.world.operators import Operator
from tests.support.world.practices import describe
from tests.support.world.world import Reply, User, World

UNFOUNDED = "JustificationA12ManifestlyUnfounded"
DEVICE, PLATFORM = "session_device", "usage_event_platform"

# A new value for each field that is corrected at once, as it is sent and as the profile shows it.
AT_ONCE: dict[str, tuple[object, object]] = {
    "display_name": ("Mila P.", "Mila P."),
    "name": ("Milica Petrović", "Milica Petrović"),
    "date_of_birth": ("1990-02-28", "1990-02-28"),
    "job_title": ("Engineer", "Engineer"),
    "employer": ("RU4M", "RU4M"),
    "country": ("RS", "RS"),
    "locale": ("sr_RS", "sr-RS"),
    "discoverable": (True, True),
    "online_visible": (False, False),
}


@pytest.fixture
def mila(world: World) -> User:
    describe(Practice.COUNTING_USE, Practice.MATCHING_CONTACTS)
    return world.a_user(display_name="Mila")


def rectifies(user: User, changes: dict[str, Any] | None = None, **more: Any) -> Reply:
    """Submit a rectification; without `changes`, the body has none."""
    body: dict[str, Any] = more if changes is None else {"changes": changes, **more}
    return user.exercises("rectification", **body)


def contests(user: User, *names: str) -> str:
    """Contest fields under review; returns the id of the request."""
    found = rectifies(user, dict.fromkeys(names, "not mine"), reason="I sold that phone in May.")
    assert found.status == 202, found.text
    return str(found.json["rights_request_id"])


def faults(reply: Reply) -> list[tuple[str, str]]:
    assert (reply.status, reply.problem) == (400, "invalid_request")
    return [(one["pointer"], one["code"]) for one in reply.json["errors"]]


def statements(user: User) -> tuple[SubjectStatement, ...]:
    (row,) = needs.read_accounts([AccountId(user.account_id)], (STATEMENTS, DATA_KEY))
    found = row[STATEMENTS]
    return found.statements if found else ()


def everything() -> list[Any]:
    """All items but those that each call writes: counters."""
    return [item for item in cloud.all_items() if item.get("kind") != {"S": "limit"}]


# --- the table of correctable fields


@pytest.mark.promise("RGT-2")
def test_each_personal_field_in_the_copy_has_one_way_of_correction() -> None:
    named = {(field.kind, name) for name, field in recipients.table().items()}
    for record in register.records():
        for name, marker in record.declaration.personal().items():
            kind = record.declaration.kind
            found = named & {(kind, name), (kind, f"{kind}_{name}")}
            assert len(found) == 1 or marker.withheld or kind in NOT_IN_COPY or name == "pseudonym"


# Kinds that no copy contains, a pseudonym, and records about staff.
NOT_IN_COPY = {
    "challenge", "guest_draft", "erasure_inputs", "held_record", "certificate", "staff_member",
    "push_proof", "report_draft", "support_draft", "session_link",
}  # fmt: skip


def test_fields_that_are_corrected_at_once_are_those_that_the_app_edits() -> None:
    found = {name for name, field in recipients.table().items() if field.way is CorrectionWay.AT_ONCE}
    assert found == AT_ONCE.keys()


def test_no_field_that_others_see_or_stream_gets_is_reviewed() -> None:
    """So a contested field is never hidden from them; providers of mailboxes and carriers keep none."""
    reviewed = [field for field in recipients.table().values() if field.way is CorrectionWay.REVIEWED]
    got = {recipient.name for field in reviewed for recipient in field.to}
    assert got == {"AWS", "BELGRADE_OFFICE", "MAIL_PROVIDERS", "SMS_CARRIERS"}


# --- at once


@pytest.mark.promise("RGT-2")
@pytest.mark.parametrize("name", AT_ONCE)
def test_self_service_field_is_corrected_with_the_request(mila: User, name: str) -> None:
    sent, shown = AT_ONCE[name]
    before = mila.gets("/v1/profile")
    taken = rectifies(mila, {name: sent})
    assert (taken.status, taken.json["status"]) == (202, "completed")
    assert taken.json["decision"]["outcome"] == "completed"
    after = mila.gets("/v1/profile")
    assert after.json == before.json | {name: shown}
    assert after.headers["etag"] != before.headers["etag"]
    assert evidence(taken.json["rights_request_id"])[0][1]["corrected"] == [name]


@pytest.mark.promise("RGT-2")
def test_null_removes_a_value_and_draws_a_new_nickname(mila: User) -> None:
    mila.changes(name="Milica", country="RS")
    assert rectifies(mila, {"name": None, "display_name": None}).json["status"] == "completed"
    profile = mila.profile()
    assert "name" not in profile
    assert (profile["country"], profile["display_name"] == "Mila") == ("RS", False)


def test_correction_at_once_needs_no_step_up_and_leaves_no_guard(mila: User) -> None:
    for name in ("A", "B"):
        assert rectifies(mila, {"name": name}).status == 202
    assert cloud.records("open_request") == []


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_frozen_or_restricted_account_can_correct_its_data(world: World, mila: User, state: str) -> None:
    world.set_state(mila, state)
    assert rectifies(mila, {"name": "Milica"}).json["status"] == "completed"


def test_repeated_call_corrects_once(mila: User) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = rectifies(mila, {"name": "Milica"}, headers=key)
    etag = mila.gets("/v1/profile").headers["etag"]
    again = rectifies(mila, {"name": "Milica"}, headers=key)
    assert again.json == first.json
    assert mila.gets("/v1/profile").headers["etag"] == etag


@pytest.mark.promise("RGT-2")
def test_language_is_corrected_beside_a_reviewed_field_and_used_from_then_on(
    world: World, mila: User
) -> None:
    mila.consents("analytics", PRIVACY)
    changes: dict[str, object] = {"locale": "sr-RS", PLATFORM: "android"}
    assert rectifies(mila, changes, reason="Not mine.").json["status"] == "awaiting_review"
    assert mila.profile()["locale"] == "sr-RS"
    assert mila.submits_usage(an_event()).json["dropped"] == {"restricted": 1}
    mila.asks_to_step_up()
    assert world.messages_to(mila.phone)[-1].startswith("RU4M kod:")


# --- values that are refused


@pytest.mark.promise("RGT-2")
@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"surname": "P."}, "/changes/surname", "unexpected"),
        ({"version": "2"}, "/changes/version", "unexpected"),
        ({"pseudonym": "x"}, "/changes/pseudonym", "unexpected"),
        ({"name": "\u2800"}, "/changes/name", "malformed"),
        ({"date_of_birth": "31.12.1990"}, "/changes/date_of_birth", "malformed"),
        ({"date_of_birth": "2990-12-31"}, "/changes/date_of_birth", "malformed"),
        ({"country": "Serbia"}, "/changes/country", "malformed"),
        ({"locale": "Serbian"}, "/changes/locale", "malformed"),
        ({"discoverable": "true"}, "/changes/discoverable", "wrong_type"),
        ({"name": "x" * 101}, "/changes/name", "too_long"),
        ({"email": "mila@example.com"}, "/changes/email", "another_way"),
        ({"email": None}, "/changes/email", "another_way"),
        ({"phone": "+381641234567"}, "/changes/phone", "another_way"),
        ({"purposes_consents": "none"}, "/changes/purposes_consents", "another_way"),
        ({"contact_user_id": "none"}, "/changes/contact_user_id", "another_way"),
        ({DEVICE: "my tablet"}, "/reason", "missing"),
        ({}, "/changes", "missing"),
        (None, "/changes", "missing"),
    ],
)
def test_change_that_is_not_possible_is_refused_and_changes_nothing(
    mila: User, changes: dict[str, str | None] | None, pointer: str, code: str
) -> None:
    before = everything()
    also: dict[str, str | None] = {"job_title": "Engineer"} if changes else {}
    refused = rectifies(mila, {**also, **changes} if changes is not None else None)
    assert faults(refused) == [(pointer, code)]
    assert everything() == before


def test_reviewed_field_is_not_removed(mila: User) -> None:
    assert faults(rectifies(mila, {DEVICE: None}, reason="x")) == [(f"/changes/{DEVICE}", "missing")]


def test_refusal_does_not_repeat_the_value(world: World, mila: User) -> None:
    refused = rectifies(mila, {"date_of_birth": world.canaries("born")}, reason=world.canaries("why"))
    assert world.canaries.in_text(refused.text) == []


@pytest.mark.parametrize("more", [{"purposes": ["analytics"]}, {"ground": "a"}, {"waive_grace": True}])
def test_field_of_another_right_is_refused(mila: User, more: dict[str, Any]) -> None:
    refused = rectifies(mila, {"name": "M."}, **more)
    assert (refused.status, refused.problem) == (400, "unexpected_field")
    assert [one["pointer"] for one in refused.json["errors"]] == [f"/{next(iter(more))}"]


# --- races


@pytest.mark.promise("RGT-2")
def test_change_of_the_profile_meanwhile_is_kept(mila: User) -> None:
    changed = before_the_commit(lambda: mila.changes(country="RS"))
    assert rectifies(mila, {"name": "Milica"}).status == 202
    assert changed[0].status == 200
    assert (mila.profile()["country"], mila.profile()["name"]) == ("RS", "Milica")
    assert len(cloud.records("rights_request")) == 1


def test_change_of_a_version_read_before_the_correction_is_refused(mila: User) -> None:
    etag = mila.gets("/v1/profile").headers["etag"]
    rectifies(mila, {"name": "Milica"})
    assert mila.changes(etag, name="Old").status == 412
    assert mila.profile()["name"] == "Milica"


def test_correction_that_always_loses_writes_nothing(mila: User, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = table.transact

    def after_another(*args: Any, **more: Any) -> None:
        monkeypatch.setattr(table, "transact", commit)
        mila.changes(country="RS")
        monkeypatch.setattr(table, "transact", after_another)
        commit(*args, **more)

    monkeypatch.setattr(table, "transact", after_another)
    assert rectifies(mila, {"name": "Milica"}).status == 503
    assert "name" not in mila.profile()
    assert cloud.records("rights_request") == []


# --- statements


@pytest.mark.promise("RGT-2")
def test_statement_without_changes_completes_the_data(world: World, mila: User) -> None:
    text = world.canaries("stated")
    taken = rectifies(mila, reason=text)
    assert (taken.status, taken.json["status"]) == (202, "completed")
    (stated,) = statements(mila)
    assert (stated.text, stated.about, stated.request_id) == (text, None, taken.json["rights_request_id"])
    assert world.canaries.in_tables() == []
    assert evidence(taken.json["rights_request_id"])[0][1]["stated"] == 1


def test_number_and_length_of_statements_are_bounded(
    mila: User, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    assert faults(rectifies(mila, reason="x" * 2001)) == [("/reason", "too_long")]
    monkeypatch.setattr("chalicelib.accounts.profiles.service.MAX_STATEMENTS", 2)
    assert MAX_STATEMENTS == 20
    for text in ("one", "two"):
        assert rectifies(mila, reason=text).status == 202
    assert faults(rectifies(mila, reason="three")) == [("/reason", "does_not_apply")]
    assert [one.text for one in statements(mila)] == ["one", "two"]


def test_two_concurrent_statements_are_both_kept(mila: User) -> None:
    before_the_commit(lambda: rectifies(mila, reason="first"))
    assert rectifies(mila, reason="second").status == 202
    assert [one.text for one in statements(mila)] == ["first", "second"]


# --- review


@pytest.mark.promise("RGT-2")
def test_other_field_waits_for_review_and_the_rest_is_corrected(world: World, mila: User) -> None:
    changes: dict[str, str | None] = {"name": "Milica", DEVICE: world.canaries("device")}
    taken = rectifies(mila, changes, reason=world.canaries("evidence"))
    assert taken.json["status"] == "awaiting_review"
    assert "decision" not in taken.json
    assert mila.profile()["name"] == "Milica"
    assert (statements(mila), world.canaries.in_tables()) == ((), [])
    assert evidence(taken.json["rights_request_id"])[0][1]["reviewed"] == [DEVICE]


def test_second_request_is_refused_while_one_is_reviewed(mila: User) -> None:
    first = contests(mila, DEVICE)
    again = rectifies(mila, {DEVICE: "none"}, reason="x")
    assert (again.problem, again.json["open_rights_request_id"]) == ("already_open", first)


@pytest.mark.promise("RGT-2", "RGT-4")
@pytest.mark.parametrize("end", ["completed", "refused", "cancelled"])
def test_contested_usage_is_not_evaluated_until_the_request_ends(
    mila: User, alice: Operator, bob: Operator, end: str
) -> None:
    mila.consents("analytics", PRIVACY)
    request_id = contests(mila, PLATFORM)
    assert evidence(request_id)[0][1]["restricted"] == ["analytics"]
    assert mila.submits_usage(an_event()).json["dropped"] == {"restricted": 1}
    if end == "cancelled":
        assert mila.calls("POST", f"/v1/rights-requests/{request_id}/cancel").json["status"] == "cancelled"
    else:
        alice.proposes(request_id, end, UNFOUNDED if end == "refused" else None)
        assert mila.submits_usage(an_event()).json["dropped"] == {"restricted": 1}
        assert bob.approves(request_id).status == 200
    assert mila.submits_usage(an_event()).json == {"accepted": 1, "dropped": {}}


def test_contested_field_that_is_only_stored_restricts_nothing(mila: User) -> None:
    mila.consents("analytics", PRIVACY)
    contests(mila, DEVICE, "invitation_user_id")
    assert mila.submits_usage(an_event()).json == {"accepted": 1, "dropped": {}}


@pytest.mark.promise("RGT-2")
def test_approval_by_a_second_operator_applies_the_correction(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    request_id = contests(mila, DEVICE)
    asked = alice.case(request_id)
    assert (asked["correction"]["changes"], asked["reason"]) == (
        {DEVICE: "not mine"},
        "I sold that phone in May.",
    )
    assert alice.proposes(request_id, "completed").status == 200
    assert alice.approves(request_id).problem == "own_proposal"
    assert statements(mila) == ()
    assert bob.case(request_id)["correction"]["proposed"] == {DEVICE: "not mine"}
    assert bob.approves(request_id).status == 200
    (stated,) = statements(mila)
    assert (stated.about, stated.value, stated.text) == (DEVICE, "not mine", "I sold that phone in May.")
    assert mila.request(request_id)["status"] == "completed"
    assert [step["name"] for step in mila.request(request_id)["steps"]] == ["announce", "notify_recipients"]
    assert ("decided", ["session_device"]) in [(e, d.get("corrected")) for e, d in evidence(request_id)]
    assert cloud.records("open_request") == []


@pytest.mark.promise("RGT-2")
def test_partial_decision_corrects_the_named_fields_only(mila: User, alice: Operator, bob: Operator) -> None:
    request_id = contests(mila, DEVICE, PLATFORM)
    alice.proposes(request_id, "partially_completed", UNFOUNDED, corrections={DEVICE: "a tablet"})
    bob.approves(request_id)
    assert [(one.about, one.value) for one in statements(mila)] == [(DEVICE, "a tablet")]
    assert mila.request(request_id)["decision"]["reason_code"] == UNFOUNDED


@pytest.mark.promise("RGT-2")
def test_refused_correction_changes_nothing_and_gives_the_reason(
    mila: User, alice: Operator, bob: Operator
) -> None:
    request_id = contests(mila, DEVICE)
    alice.proposes(request_id, "refused", UNFOUNDED, text="Your phone sent this.")
    bob.approves(request_id)
    shown = mila.request(request_id)
    assert shown["decision"]["outcome"] == "refused"
    assert "Your phone sent this." in shown["decision"]["text"].split("\n\n")
    assert statements(mila) == ()
    assert [step["name"] for step in shown["steps"]] == ["announce"]


@pytest.mark.parametrize(
    ("status", "corrections"),
    [
        ("completed", {DEVICE: "x"}),
        ("completed", {DEVICE: "x", PLATFORM: "y", "name": "z"}),
        ("partially_completed", None),
        ("partially_completed", {}),
        ("partially_completed", {"name": "x"}),
        ("partially_completed", {DEVICE: "x", PLATFORM: "y"}),
        ("refused", {DEVICE: "x"}),
    ],
)
def test_decision_whose_values_do_not_fit_is_refused(
    mila: User, alice: Operator, status: str, corrections: dict[str, str] | None
) -> None:
    request_id = contests(mila, DEVICE, PLATFORM)
    reason = None if status == "completed" else UNFOUNDED
    more: dict[str, Any] = {} if corrections is None else {"corrections": corrections}
    assert faults(alice.proposes(request_id, status, reason, **more)) == [("/corrections", "does_not_apply")]


def test_values_for_another_right_are_refused(mila: User, alice: Operator) -> None:
    request_id = mila.is_stepped_up().exercises("access").json["rights_request_id"]
    refused = alice.proposes(request_id, "completed", corrections={"name": "x"})
    assert faults(refused) == [("/corrections", "does_not_apply")]


def test_withdrawn_proposal_takes_its_values_along(mila: User, alice: Operator, bob: Operator) -> None:
    request_id = contests(mila, DEVICE, PLATFORM)
    alice.proposes(request_id, "partially_completed", UNFOUNDED, corrections={DEVICE: "x"})
    alice.withdraws(request_id)
    assert "proposed" not in alice.case(request_id)["correction"]
    assert mila.request(request_id)["status"] == "awaiting_review"
    bob.proposes(request_id, "completed")
    alice.approves(request_id)
    assert {one.about for one in statements(mila)} == {DEVICE, PLATFORM}


def test_repeated_proposal_and_approval_change_nothing(mila: User, alice: Operator, bob: Operator) -> None:
    request_id = contests(mila, DEVICE)
    versions = [alice.proposes(request_id, "completed").json["version"] for _ in range(2)]
    assert versions[0] == versions[1]
    shown = bob.shows(request_id).headers["etag"]
    assert [bob.approves(request_id, shown).status for _ in range(2)] == [200, 200]
    assert len(statements(mila)) == 1


def test_statement_made_during_the_approval_is_kept(mila: User, alice: Operator, bob: Operator) -> None:
    request_id = contests(mila, DEVICE)
    alice.proposes(request_id, "completed")
    shown = bob.shows(request_id).headers["etag"]
    before_the_commit(lambda: rectifies(mila, reason="meanwhile"))
    assert bob.approves(request_id, shown).status == 200
    assert [one.about for one in statements(mila)] == [None, DEVICE]


# --- letters


@pytest.mark.promise("RGT-2", "RGT-11")
@pytest.mark.parametrize("what", [{"changes": {"date_of_birth": "1990-02-28"}}, {}])
def test_letter_entered_by_one_operator_changes_nothing_at_once(
    mila: User, alice: Operator, what: dict[str, Any]
) -> None:
    before = mila.profile()
    entered = alice.enters(mila.user_id, "rectification", **what, reason="Copied from the letter.")
    assert (entered.status, entered.json["status"]) == (201, "received")
    assert (mila.profile(), list(statements(mila))) == (before, [])
    shown = mila.request(entered.json["rights_request_id"])
    assert (shown["received_by"], [step["name"] for step in shown["steps"]][:3]) == (
        "letter",
        ["warn", "cool_down", "correct"],
    )


def test_letter_about_a_reviewed_field_waits_for_the_decision(mila: User, alice: Operator) -> None:
    entered = alice.enters(mila.user_id, "rectification", changes={DEVICE: "none"}, reason="It was sold.")
    assert (entered.json["status"], mila.request(entered.json["rights_request_id"])["status"]) == (
        "awaiting_review",
    ) * 2


def test_letter_that_names_no_change_and_no_reason_is_refused(mila: User, alice: Operator) -> None:
    assert faults(alice.enters(mila.user_id, "rectification")) == [("/changes", "missing")]


# --- failures


def test_unreadable_profile_is_answered_with_unavailable(mila: User) -> None:
    place = table.Key(table.Table.ACCOUNTS, f"A#{mila.account_id}", Profile.declaration.kind)
    table.write(table.Change(place, put={"sealed": b"altered"}))
    assert rectifies(mila, {"name": "Milica"}).status == 503
    assert rectifies(mila, reason="My profile is wrong.").status == 202


def test_language_of_an_unreadable_account_is_answered_with_unavailable(mila: User) -> None:
    place = table.Key(table.Table.ACCOUNTS, f"A#{mila.account_id}", "account")
    table.write(table.Change(place, put={"sealed": b"altered"}))
    assert rectifies(mila, {"locale": "sr-RS"}).status == 503
    assert rectifies(mila, {"name": "Milica"}).status == 202


def test_request_of_before_the_procedure_is_not_answered_as_completed(mila: User, alice: Operator) -> None:
    request_id = contests(mila, DEVICE)
    found = store.read(RightsRequestId(request_id))
    assert found
    store.move(found, found.model_copy(update={"correction": None}))
    assert alice.proposes(request_id, "completed").problem == "not_carried_out"
