"""Operators find a subject by number or mailbox, and look at the state of an account (ADR 52)."""

from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.consents import announcements, proof
from chalicelib.core import chain, clock
from chalicelib.core.chain import Chain, ChainEntry
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import RightsRequestId, UserId
from chalicelib.core.table import Table
from chalicelib.retention.purge import evidence
from tests.support.cases.copies import damage
from tests.support.clouds import cloud
from tests.support.world.builders import a_phone
from tests.support.world.ledger import alter_newest
from tests.support.world.limits import allow
from tests.support.world.notices import a_version, publish
from tests.support.world.operators import Operator
from tests.support.world.world import Reply, User, World

SUBJECTS = "/admin/v1/subjects"


def finds(operator: Operator, **contact: Any) -> Reply:
    return operator.world.call("POST", f"{SUBJECTS}/search", body=contact, arn=operator.arn)


def shows(operator: Operator, user_id: str, tail: str = "") -> Reply:
    return operator.world.call("GET", f"{SUBJECTS}/{user_id}{tail}", arn=operator.arn)


def entries(operator: Operator) -> list[ChainEntry]:
    return list(chain.entries(Chain("staff", operator.staff_id)))


@pytest.mark.promise("RGT-11")
def test_subject_is_found_by_number_and_by_mailbox(ana: Operator, mila: User) -> None:
    mila.has_email("mila@example.org")
    found = {"state": "open", "user_id": mila.user_id}
    assert finds(ana, phone=mila.phone).json == found
    assert finds(ana, email="Mila@Example.org").json == found
    assert finds(ana, phone="+381641112223").json == {"state": "no_account"}


@pytest.mark.promise("RGT-11")
def test_subject_is_found_under_an_older_version_of_the_lookup_key(ana: Operator, mila: User) -> None:
    cloud.rotate_keys("lookup")
    assert finds(ana, phone=mila.phone).json["user_id"] == mila.user_id


@pytest.mark.promise("RGT-11")
def test_account_is_found_by_the_number_before_a_change_for_some_days(
    world: World, ana: Operator, mila: User
) -> None:
    old, new = mila.phone, a_phone()
    mila.changes_number(new)
    found = {"state": "open", "user_id": mila.user_id}
    assert finds(ana, phone=new).json == found
    assert finds(ana, phone=old).json == found | {"number_was_changed": True}
    world.advance(4 * DAY)
    assert finds(ana, phone=old).json == {"state": "no_account"}


@pytest.mark.parametrize("state", ["frozen", "restricted", "erasing"])
def test_state_of_the_account_is_shown(world: World, ana: Operator, mila: User, state: str) -> None:
    world.set_state(mila, state)
    assert finds(ana, phone=mila.phone).json == {"state": state, "user_id": mila.user_id}
    assert shows(ana, mila.user_id).json["state"] == state


@pytest.mark.promise("RGT-10")
def test_looks_are_linked_to_the_account_that_they_were_about(
    world: World, ana: Operator, mila: User
) -> None:
    world.a_user()
    finds(ana, phone=mila.phone)
    shows(ana, mila.user_id)
    shows(ana, mila.user_id, "/consents")
    looks = {entry.data["look"] for entry in entries(ana)}
    records = cloud.records("staff_look")
    assert {one["look_id"]["S"] for one in records} == looks
    assert {one["pk"]["S"] for one in records} == {f"A#{mila.account_id}"}
    assert len(looks) == 3
    assert mila.user_id not in str([entry.payload for entry in entries(ana)])


@pytest.mark.promise("RGT-3")
def test_look_at_an_account_that_is_being_erased_leaves_nothing_in_it(
    world: World, ana: Operator, mila: User
) -> None:
    mila.consents("analytics")
    damage(Table.ACCOUNTS, f"A#{mila.account_id}", "purposes", sealed=b"altered")  # as without its key
    world.set_state(mila, "erasing")
    shown = shows(ana, mila.user_id).json
    assert (shown["state"], shown["unreadable"]) == ("erasing", [])
    assert [entry.event for entry in entries(ana)] == ["viewed_subject"]
    assert cloud.records("staff_look") == []


@pytest.mark.promise("SEC-1")
def test_nothing_is_shown_if_the_look_cannot_be_recorded(ana: Operator, mila: User) -> None:
    finds(ana, phone=mila.phone)
    alter_newest(Chain("staff", ana.staff_id))
    for reply in (finds(ana, phone=mila.phone), shows(ana, mila.user_id)):
        assert (reply.status, mila.user_id in reply.text) == (503, False)


@pytest.mark.parametrize(
    "contact", [{}, {"phone": "+381641112223", "email": "a@example.org"}, {"phone": "mila"}, {"email": "x"}]
)
def test_search_without_one_valid_contact_is_refused(ana: Operator, contact: dict[str, str]) -> None:
    assert finds(ana, **contact).status == 400
    assert entries(ana) == []


@pytest.mark.promise("SEC-1")
def test_searches_are_recorded_without_the_contact_and_without_its_hash(
    world: World, ana: Operator, mila: User
) -> None:
    finds(ana, phone=mila.phone)
    finds(ana, phone="+381641112223")
    said = [(entry.event, entry.data | {"look": ""}) for entry in entries(ana)]
    assert said == [
        ("searched_subject", {"by": ana.staff_id, "look": "", "contact": "number", "found": found})
        for found in (1, 0)
    ]
    assert mila.phone not in world.log.getvalue()
    assert "641112223" not in world.log.getvalue()


@pytest.mark.promise("RGT-11")
def test_letter_is_entered_for_the_id_that_a_search_found(ana: Operator, mila: User) -> None:
    found = finds(ana, phone=mila.phone).json["user_id"]
    entered = ana.enters(found, "portability")
    assert entered.status == 201
    shown = shows(ana, found).json
    request = {key: entered.json[key] for key in ("rights_request_id", "right", "status", "due_at")}
    assert shown["open_requests"] == [request]


@pytest.mark.promise("SEC-1")
def test_subject_is_shown_without_anything_of_the_profile(world: World, ana: Operator, mila: User) -> None:
    mila.changes(name=world.canaries("name"))
    mila.has_email("mila@example.org")
    ana.enters(mila.user_id, "restriction", ground="b")
    hold = ana.places_hold(mila.user_id, "profile").json["id"]
    reply = shows(ana, mila.user_id)
    shown = reply.json
    assert (shown["state"], shown["created_at"]) == ("restricted", clock.to_text(world.now))
    assert [(one["kind"], one["ground"]) for one in shown["restraints"]] == [("restriction", "b")]
    assert [one["id"] for one in shown["holds"]] == [hold]
    assert world.canaries.in_text(reply.text) == []
    for hidden in (mila.phone, mila.account_id, "mila@example.org"):
        assert hidden not in reply.text


def test_what_cannot_be_read_is_named_and_the_rest_is_shown(ana: Operator, mila: User) -> None:
    mila.consents("analytics")
    damage(Table.ACCOUNTS, f"A#{mila.account_id}", "purposes", sealed=b"altered")
    shown = shows(ana, mila.user_id).json
    assert (shown["state"], shown["unreadable"]) == ("open", ["restraints"])
    assert shows(ana, mila.user_id, "/consents").json["readable"] is False


def test_unknown_user_id_is_not_found(ana: Operator) -> None:
    for tail in ("", "/consents"):
        assert shows(ana, UserId.new(), tail).problem == "not_found"


@pytest.mark.promise("RGT-7")
def test_consents_are_shown_with_their_proof(ana: Operator, mila: User) -> None:
    mila.consents("analytics")
    mila.withdraws("marketing")
    shown = shows(ana, mila.user_id, "/consents").json
    assert (shown["intact"], shown["entries"], shown["readable"]) == (True, 2, True)
    assert {one["purpose"]: (one["state"], one["proof"]) for one in shown["items"]} == {
        "analytics": ("given", "proven"),
        "marketing": ("withdrawn", "proven"),
    }
    assert entries(ana)[-1].event == "viewed_consents"


def test_decision_before_the_entries_that_are_read_is_uncertain(
    ana: Operator, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "_MOST_ENTRIES", 2)
    mila.consents("analytics")
    mila.consents("marketing")
    mila.withdraws("marketing")
    shown = shows(ana, mila.user_id, "/consents").json
    assert (shown["intact"], shown["entries"]) == (True, 2)
    assert {one["purpose"]: one["proof"] for one in shown["items"]} == {
        "analytics": "uncertain",
        "marketing": "proven",
    }


@pytest.mark.promise("RGT-7")
def test_altered_history_proves_no_consent(ana: Operator, mila: User) -> None:
    mila.consents("analytics")
    names = {item["pk"]["S"] for item in cloud.items_of("ledger")}
    (history,) = (Chain.parse(name) for name in names if name.startswith("consent#"))
    alter_newest(history)
    shown = shows(ana, mila.user_id, "/consents").json
    assert (shown["intact"], [one["proof"] for one in shown["items"]]) == (False, ["uncertain"])


@pytest.mark.promise("SEC-1")
def test_looks_at_subjects_are_limited_by_operator_and_day(world: World, ana: Operator, mila: User) -> None:
    allow(subject_lookups_day=2)
    assert [finds(ana, phone=mila.phone).status, shows(ana, mila.user_id).status] == [200, 200]
    assert finds(ana, phone=mila.phone).problem == "too_many_requests"
    assert shows(world.an_operator("boris"), mila.user_id).status == 200
    world.advance(DAY)
    assert finds(ana, phone=mila.phone).status == 200


@pytest.mark.promise("RGT-11")
def test_contact_of_an_idle_account_that_is_frozen_finds_nothing(ana: Operator, mila: User) -> None:
    at = "2026-11-24T12:00:00Z"
    frozen = {"request_id": RightsRequestId.new(), "ends_at": at, "asked_at": at, "before": "active"}
    damage(Table.ACCOUNTS, f"A#{mila.account_id}", "account", state="frozen", frozen=frozen | {"idle": False})
    assert finds(ana, phone=mila.phone).json["state"] == "frozen"
    damage(Table.ACCOUNTS, f"A#{mila.account_id}", "account", frozen=frozen | {"idle": True})
    assert finds(ana, phone=mila.phone).json == {"state": "no_account"}
    assert shows(ana, mila.user_id).json["erasure_from"] == at


def test_notices_are_listed_with_the_progress_of_their_announcement(world: World, ana: Operator) -> None:
    publish(coming := a_version("2026-12-20"))
    announcements.announce_to_shard(coming.version, accounts.SHARDS[0], world.now + MINUTE)
    listed = world.call("GET", "/admin/v1/notices", arn=ana.arn).json["items"]
    assert (listed[0]["version"], listed[0]["in_effect"]) == (coming.version, False)
    assert listed[0]["announcement"] == {"shards": 64, "announced": 0, "begun": 1, "waiting_for_mail": 0}
    assert all("announcement" not in one for one in listed[1:])


def test_newest_proof_of_the_purge_is_shown(world: World, ana: Operator) -> None:
    assert world.call("GET", "/admin/v1/purge", arn=ana.arn).problem == "not_found"
    evidence.record_nothing_found(world.now, world.now - MINUTE)
    world.advance(2 * DAY)
    shown = world.call("GET", "/admin/v1/purge", arn=ana.arn).json
    assert (shown["chain"], shown["event"]) == ("purge#2026-11-24", "nothing_found")
