"""Staff on record: under pseudonyms that operators alone can resolve, and for looking, too (ADR 27)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.core import chain, clock, table
from chalicelib.core.chain import Chain, ChainEntry
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights import store
from chalicelib.rights.evidence import history_of
from tests.support import cloud
from tests.support.copies import Package, a_copy
from tests.support.ledger import alter_newest
from tests.support.operators import Operator
from tests.support.races import just_before
from tests.support.world import User, World

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


@pytest.fixture
def asked(mila: User) -> str:
    return str(mila.exercises("access").json["id"])


def history(request_id: str) -> list[ChainEntry]:
    return list(chain.entries(history_of(RightsRequestId(request_id))))


def events(request_id: str) -> list[str]:
    return [entry.event for entry in history(request_id)]


def looks(operator: Operator) -> list[tuple[str, Any]]:
    """What somebody's own history says."""
    entries = chain.entries(Chain("staff", operator.staff_id))
    return [(entry.event, entry.data["requests"]) for entry in entries]


def everything(package: Package) -> Iterator[str]:
    return (package.text(name) for name in package.names)


@pytest.fixture
def worked_on(world: World, alice: Operator, bob: Operator, asked: str) -> str:
    """A request on which staff did all that it can."""
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
def test_no_table_holds_a_name_of_staff_in_clear(world: World, worked_on: str) -> None:
    assert {entry.data["by"] for entry in history(worked_on)} > {"subject"}
    assert world.canaries.in_tables() == []


@pytest.mark.promise("RGT-1")
@pytest.mark.promise("SEC-1")
def test_copy_says_a_role_in_the_place_of_staff(
    world: World, mila: User, alice: Operator, worked_on: str
) -> None:
    package = a_copy(mila)
    acted = {
        entry["data"]["by"] for entry in package.records("request_evidence") if entry["chain"] == "rights"
    }
    assert acted == {"subject", "staff"}
    for text in everything(package):
        assert world.canaries.in_text(text) == []
        assert alice.staff_id not in text
    told = {one["name"] for one in package.kind("request_evidence")["withheld"]}
    assert "names of staff" in told


@pytest.mark.promise("SEC-1")
def test_copy_says_a_role_in_evidence_that_was_owed_too(world: World, mila: User, alice: Operator) -> None:
    asked = str(mila.exercises("access").json["id"])
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
def test_subject_reads_no_pseudonym_of_staff(
    mila: User, alice: Operator, bob: Operator, worked_on: str
) -> None:
    told = json.dumps(mila.request(worked_on))
    assert alice.staff_id not in told
    assert bob.staff_id not in told


@pytest.mark.promise("RGT-10")
def test_operators_see_the_person_of_a_pseudonym(alice: Operator, bob: Operator, worked_on: str) -> None:
    case = alice.case(worked_on)
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
def test_register_outlasts_the_evidence_that_names_its_pseudonyms(
    world: World, alice: Operator, asked: str
) -> None:
    for _ in range(4):
        world.advance(DAY - clock.MINUTE)
        alice.extends(asked, 30)
        alice.lists()
    last = max(entry.delete_at for entry in chain.entries(Chain("staff", alice.staff_id)))
    (member,) = cloud.records("staff_member")
    assert int(member["delete_at"]["N"]) > clock.to_epoch(last)


def test_request_is_shown_although_the_register_can_not_be_read(
    world: World, alice: Operator, bob: Operator, worked_on: str
) -> None:
    register = table.Key(table.Table.RIGHTS, f"S#{bob.staff_id}", "staff")
    table.write(table.Change(register, put={"sealed": b"\x01\x00\x01" + b"x" * 40}))
    assert alice.case(worked_on)["staff"] == {alice.staff_id: alice.arn}
    assert "staff_member_unreadable" in world.log.getvalue()


# --- looking


@pytest.mark.promise("SEC-1")
def test_looking_at_a_request_is_in_its_history_once_a_day_for_each_person(
    world: World, alice: Operator, bob: Operator, asked: str
) -> None:
    for operator in (alice, alice, bob, alice):
        operator.shows(asked)
    world.advance(DAY)
    alice.shows(asked)
    seen = [(entry.event, entry.data["by"]) for entry in history(asked)[1:]]
    assert seen == [("inspected", who.staff_id) for who in (alice, bob, alice)]


def test_operator_of_today_is_in_the_register_already(alice: Operator, asked: str) -> None:
    alice.extends(asked, 30)
    alice.shows(asked)
    assert events(asked) == ["received", "extended"]


@pytest.mark.promise("SEC-1")
def test_call_that_changes_nothing_is_a_look_too(alice: Operator, asked: str) -> None:
    assert alice.withdraws(asked).status == 200
    assert events(asked) == ["received", "inspected"]


def test_looking_changes_no_version_and_wakes_no_worker(alice: Operator, asked: str) -> None:
    before, queued = store.read(RightsRequestId(asked)), cloud.queued()
    alice.shows(asked)
    assert (store.read(RightsRequestId(asked)), cloud.queued()) == (before, queued)


@pytest.mark.promise("SEC-1")
def test_page_of_the_list_is_in_the_persons_own_history(world: World, alice: Operator, asked: str) -> None:
    for _ in range(2):
        alice.lists()
    other = str(world.a_user().is_stepped_up().exercises("access").json["id"])
    shown = [case["id"] for case in alice.lists().json["items"]]
    assert sorted(shown) == sorted([asked, other])
    assert looks(alice) == [("listed", [asked]), ("listed", shown)]
    assert events(asked) == ["received"]


@pytest.mark.promise("RET-1")
def test_look_at_a_closed_request_keeps_its_history_no_longer(
    world: World, alice: Operator, worked_on: str
) -> None:
    before = max(entry.delete_at for entry in history(worked_on))
    world.advance(400 * DAY)
    alice.shows(worked_on)
    assert (events(worked_on)[-1], history(worked_on)[-1].delete_at) == ("inspected", before)


def test_page_without_requests_leaves_nothing(alice: Operator) -> None:
    assert alice.lists().json["items"] == []
    assert looks(alice) == []


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("path", ["", "/{}"])
def test_nothing_is_shown_that_can_not_be_put_on_record(alice: Operator, asked: str, path: str) -> None:
    alice.lists()  # the register knows her, and her limit is counted
    silence = EndpointConnectionError(endpoint_url="https://dynamodb")
    with cloud.failing("dynamodb", "PutItem", silence, touching="ru4m-test-ledger"):
        alice.world.advance(DAY)
        assert alice.calls("GET", path.format(asked)).problem == "unavailable"


@pytest.mark.promise("SEC-1")
def test_look_at_an_altered_history_is_in_the_persons_own(alice: Operator, asked: str) -> None:
    alter_newest(history_of(RightsRequestId(asked)))
    for _ in range(2):
        assert alice.shows(asked).status == 200
    assert looks(alice) == [("inspected", [asked])]


@pytest.mark.promise("SEC-1")
def test_nothing_is_listed_to_somebody_whose_own_history_was_altered(
    world: World, alice: Operator, asked: str
) -> None:
    alice.lists()
    alter_newest(Chain("staff", alice.staff_id))
    assert alice.lists().problem == "unavailable"
    assert "inspection_not_recorded" in world.log.getvalue()


def test_look_in_the_midst_of_a_move_does_not_undo_it(
    alice: Operator, bob: Operator, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = store.read(RightsRequestId(asked))
    assert request
    looked = just_before(monkeypatch, table, "transact", lambda: alice.shows(asked))
    bob.extends(asked, 30)
    assert looked[0].status == 200
    assert events(asked) == ["received", "inspected", "extended"]


@pytest.mark.promise("RGT-1")
def test_subject_reads_in_the_copy_that_staff_looked(mila: User, alice: Operator, asked: str) -> None:
    alice.shows(asked)
    told = [(entry["event"], entry["data"]["by"]) for entry in a_copy(mila).records("request_evidence")]
    assert ("inspected", "staff") in told
