"""Staff are recorded by pseudonyms that only operators resolve, also for inspections."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.core import chain, clock, table
from chalicelib.core.chain import Chain, ChainEntry
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.request import store
from chalicelib.rights.request.evidence import history_of
from tests.support.cases.copies import Package, a_copy
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.world.ledger import alter_newest
from tests.support.world.operators import Operator
from tests.support.world.world import User, World

UNFOUNDED = "JustificationA12ManifestlyUnfounded"


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user().is_stepped_up()


@pytest.fixture
def alice(world: World) -> Operator:
    return world.an_operator(world.canaries("alice"))


@pytest.fixture
def bob(world: World) -> Operator:
    return world.an_operator(world.canaries("bob"))


def history(request_id: str) -> list[ChainEntry]:
    return list(chain.entries(history_of(RightsRequestId(request_id))))


def events(request_id: str) -> list[str]:
    return [entry.event for entry in history(request_id)]


def inspections(operator: Operator) -> list[tuple[str, Any]]:
    """Return the inspections in an operator's own history."""
    entries = chain.entries(Chain("staff", operator.staff_id))
    return [(entry.event, entry.data["requests"]) for entry in entries]


def everything(package: Package) -> Iterator[str]:
    return (package.text(name) for name in package.names)


@pytest.fixture
def fully_handled_request(world: World, alice: Operator, bob: Operator, asked: str) -> str:
    """Return a request on which staff performed every possible action."""
    alice.shows(asked)
    alice.lists()
    done = [
        alice.extends(asked, 30),
        alice.asks_identity(asked),
        alice.notes_identity(asked),
        alice.proposes(asked, "refused", UNFOUNDED),
        alice.withdraws(asked),
        alice.proposes(asked, "refused", UNFOUNDED),
        bob.approves(asked),
        alice.enters(world.a_user().user_id),
    ]
    assert [reply.problem for reply in done if reply.problem] == []
    return asked


# --- pseudonyms


@pytest.mark.promise("SEC-1")
def test_no_table_contains_a_name_of_staff_in_clear(world: World, fully_handled_request: str) -> None:
    assert {entry.data["by"] for entry in history(fully_handled_request)} > {"subject"}
    assert world.canaries.in_tables() == []


@pytest.mark.promise("RGT-1", "SEC-1")
def test_copy_names_a_role_in_place_of_staff(
    world: World, mila: User, alice: Operator, fully_handled_request: str
) -> None:
    package = a_copy(mila)
    acted = {
        entry["data"]["by"] for entry in package.records("request_evidence") if entry["chain"] == "rights"
    }
    assert acted == {"subject", "staff"}
    for text in everything(package):
        assert world.canaries.in_text(text) == []
        assert alice.staff_id not in text
    withheld = {field["name"] for field in package.kind("request_evidence")["withheld"]}
    assert "names of staff" in withheld


@pytest.mark.promise("SEC-1")
def test_copy_names_a_role_in_pending_evidence_too(world: World, mila: User, alice: Operator) -> None:
    asked = str(mila.exercises("access").json["rights_request_id"])
    mend = alter_newest(history_of(RightsRequestId(asked)))
    alice.extends(asked, 30)
    mend()
    alice.asks_identity(asked)
    package = a_copy(mila)
    (owed,) = (
        entry["data"]["owed"] for entry in package.records("request_evidence") if "owed" in entry["data"]
    )
    assert owed[0]["said"]["by"] == "staff"


@pytest.mark.promise("SEC-1")
def test_pseudonym_of_staff_is_not_disclosed_to_the_subject(
    mila: User, alice: Operator, bob: Operator, fully_handled_request: str
) -> None:
    shown = json.dumps(mila.request(fully_handled_request))
    assert alice.staff_id not in shown
    assert bob.staff_id not in shown


@pytest.mark.promise("RGT-10")
def test_operators_see_the_person_of_a_pseudonym(
    alice: Operator, bob: Operator, fully_handled_request: str
) -> None:
    case = alice.case(fully_handled_request)
    assert case["staff"] == {alice.staff_id: alice.arn, bob.staff_id: bob.arn}
    assert case["evidence"][0]["said"]["proposed_by"] == alice.staff_id


@pytest.mark.promise("RGT-10")
def test_person_keeps_the_pseudonym_when_the_key_gets_a_new_version(alice: Operator, asked: str) -> None:
    alice.proposes(asked, "refused", UNFOUNDED)
    before = alice.staff_id
    cloud.rotate_keys("staff")
    assert alice.approves(asked).problem == "own_proposal"
    assert alice.staff_id == before


@pytest.mark.promise("RGT-10")
def test_register_of_staff_is_kept_longer_than_evidence_with_its_pseudonyms(
    world: World, alice: Operator, asked: str
) -> None:
    for _ in range(4):
        world.advance(DAY - clock.MINUTE)
        alice.extends(asked, 30)
        alice.lists()
    last = max(entry.delete_at for entry in chain.entries(Chain("staff", alice.staff_id)))
    (member,) = cloud.records("staff_member")
    assert int(member["delete_at"]["N"]) > clock.to_epoch(last)


def test_request_is_shown_although_the_register_cannot_be_read(
    world: World, alice: Operator, bob: Operator, fully_handled_request: str
) -> None:
    register = table.Key(table.Table.RIGHTS, f"S#{bob.staff_id}", "staff")
    table.write(table.Change(register, put={"sealed": b"\x01\x00\x01" + b"x" * 40}))
    assert alice.case(fully_handled_request)["staff"] == {alice.staff_id: alice.arn}
    assert "staff_member_unreadable" in world.log.getvalue()


# --- inspections


@pytest.mark.promise("SEC-1")
def test_inspection_is_recorded_once_a_day_for_each_person(
    world: World, alice: Operator, bob: Operator, asked: str
) -> None:
    for operator in (alice, alice, bob, alice):
        operator.shows(asked)
    world.advance(DAY)
    alice.shows(asked)
    seen = [(entry.event, entry.data["by"]) for entry in history(asked)[1:]]
    assert seen == [("inspected", who.staff_id) for who in (alice, bob, alice)]


def test_operator_who_acted_today_gets_no_inspection_event(alice: Operator, asked: str) -> None:
    alice.extends(asked, 30)
    alice.shows(asked)
    assert events(asked) == ["received", "extended"]


@pytest.mark.promise("SEC-1")
def test_operators_call_without_a_change_is_recorded_as_an_inspection(alice: Operator, asked: str) -> None:
    assert alice.withdraws(asked).status == 200
    assert events(asked) == ["received", "inspected"]


def test_inspection_changes_no_version_and_wakes_no_worker(alice: Operator, asked: str) -> None:
    before, queued = store.read(RightsRequestId(asked)), cloud.queued()
    alice.shows(asked)
    assert (store.read(RightsRequestId(asked)), cloud.queued()) == (before, queued)


@pytest.mark.promise("SEC-1")
def test_reading_the_list_is_recorded_in_the_operators_own_history(
    world: World, alice: Operator, asked: str
) -> None:
    for _ in range(2):
        alice.lists()
    other = str(world.a_user().is_stepped_up().exercises("access").json["rights_request_id"])
    shown = [case["rights_request_id"] for case in alice.lists().json["items"]]
    assert sorted(shown) == sorted([asked, other])
    assert inspections(alice) == [("listed", [asked]), ("listed", shown)]
    assert events(asked) == ["received"]


@pytest.mark.promise("RET-1")
def test_inspection_of_a_closed_request_does_not_extend_its_retention(
    world: World, alice: Operator, fully_handled_request: str
) -> None:
    before = max(entry.delete_at for entry in history(fully_handled_request))
    world.advance(400 * DAY)
    alice.shows(fully_handled_request)
    assert (events(fully_handled_request)[-1], history(fully_handled_request)[-1].delete_at) == (
        "inspected",
        before,
    )


def test_page_without_requests_records_nothing(alice: Operator) -> None:
    assert alice.lists().json["items"] == []
    assert inspections(alice) == []


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("path", ["", "/{}"])
def test_request_is_not_shown_if_the_inspection_cannot_be_recorded(
    alice: Operator, asked: str, path: str
) -> None:
    alice.lists()  # registers her, and counts her limit
    silence = EndpointConnectionError(endpoint_url="https://dynamodb")
    with cloud.failing("dynamodb", "PutItem", silence, touching="ru4m-test-ledger"):
        alice.world.advance(DAY)
        assert alice.calls("GET", path.format(asked)).problem == "unavailable"


@pytest.mark.promise("SEC-1")
def test_inspection_is_recorded_in_the_operators_history_if_the_other_is_altered(
    alice: Operator, asked: str
) -> None:
    alter_newest(history_of(RightsRequestId(asked)))
    for _ in range(2):
        assert alice.shows(asked).status == 200
    assert inspections(alice) == [("inspected", [asked])]


@pytest.mark.promise("SEC-1")
def test_list_is_refused_to_an_operator_whose_own_history_was_altered(
    world: World, alice: Operator, asked: str
) -> None:
    alice.lists()
    alter_newest(Chain("staff", alice.staff_id))
    assert alice.lists().problem == "unavailable"
    assert "inspection_not_recorded" in world.log.getvalue()


def test_inspection_during_a_change_of_status_does_not_undo_it(
    alice: Operator, bob: Operator, asked: str
) -> None:
    request = store.read(RightsRequestId(asked))
    assert request
    looked = just_before(table, "transact", lambda: alice.shows(asked))
    bob.extends(asked, 30)
    assert looked[0].status == 200
    assert events(asked) == ["received", "inspected", "extended"]


@pytest.mark.promise("RGT-1")
def test_copy_discloses_that_staff_inspected_the_request(mila: User, alice: Operator, asked: str) -> None:
    alice.shows(asked)
    entries = [(entry["event"], entry["data"]["by"]) for entry in a_copy(mila).records("request_evidence")]
    assert ("inspected", "staff") in entries
