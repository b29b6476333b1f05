"""Rows by which users are found by number follow the account through each change by other rooms (ADR 118)."""

from typing import Any

import pytest

from chalicelib.core import aws
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.table_names import Table
from chalicelib.privacy.purposes import Practice
from chalicelib.rights.request.terms import Status
from tests.support.cases.abuse import answers, appeals, reports, suspend, suspends
from tests.support.cases.abuse import work as work_on_reports
from tests.support.cases.erasure_parts import stored_account
from tests.support.cases.erasure_requests import asks_for_erasure, at_step, cancels, work
from tests.support.cases.recycled import loses_number
from tests.support.cases.restores import Backup
from tests.support.cases.restrictions import restricts, work_for
from tests.support.cases.returned_numbers import NumberProof, a_person, waits_for_the_number
from tests.support.clouds import cloud
from tests.support.world.builders import a_phone
from tests.support.world.operators import Operator
from tests.support.world.practices import describe
from tests.support.world.world import User, World

pytestmark = pytest.mark.usefixtures("services")


@pytest.fixture(autouse=True)
def contacts_are_matched(world: World) -> None:
    """Let the policy describe it."""
    describe(Practice.MATCHING_CONTACTS, Practice.REPORTING)


@pytest.fixture
def mila(world: World) -> User:
    """A user who can be found."""
    mila = world.a_user()
    assert mila.changes(discoverable=True).status == 200
    return mila


def rows() -> list[dict[str, Any]]:
    return cloud.records("discoverable_number")


@pytest.mark.promise("ACC-7", "RGT-3")
def test_row_is_gone_with_the_freeze_of_an_erasure_and_back_with_its_cancellation(
    world: World, mila: User
) -> None:
    before = rows()
    request_id = asks_for_erasure(mila.is_stepped_up())
    work(world, request_id, at_step("grace"))
    assert rows() == []
    cancels(mila, request_id)
    work(world, request_id)
    assert rows() == before


@pytest.mark.promise("ACC-7", "RGT-3")
def test_erasure_deletes_a_row_that_a_restore_brought_back(world: World, mila: User) -> None:
    (row,) = rows()
    request_id = asks_for_erasure(mila.is_stepped_up())
    work(world, request_id, at_step("grace"))
    aws.client("dynamodb").put_item(TableName="ru4m-test-claims", Item=row)
    assert work(world, request_id).status is Status.COMPLETED
    assert rows() == []


@pytest.mark.promise("ACC-7", "RGT-4")
def test_letter_that_restricts_an_account_deletes_its_row(world: World, mila: User) -> None:
    before = rows()
    entered = world.an_operator("jovan").enters(mila.user_id, "restriction", ground="c")
    assert rows() == []
    lift = f"/v1/rights-requests/{entered.json['rights_request_id']}/lift"
    assert mila.is_stepped_up().calls("POST", lift).status == 200
    assert rows() == before


@pytest.fixture
def refused(world: World, mila: User) -> str:
    """A restriction of the user that operators refused; it ends after the notice."""
    request_id = restricts(mila)
    world.an_operator("jovan").proposes(request_id, "refused", "JustificationA12ManifestlyUnfounded")
    world.an_operator("ana").approves(request_id)
    return request_id


@pytest.mark.promise("ACC-7", "RGT-4")
def test_row_is_back_when_a_refused_restriction_ends(world: World, mila: User, refused: str) -> None:
    assert rows() == []
    work_for(world, refused, 73 * HOUR)
    (row,) = rows()
    assert row["pk"]["S"] == stored_account(mila.account_id).found_under


@pytest.mark.promise("ACC-7", "SAF-1")
def test_suspended_user_is_not_found_when_a_restriction_ends(world: World, mila: User, refused: str) -> None:
    suspend(mila)
    work_for(world, refused, 73 * HOUR)
    assert stored_account(mila.account_id).state == "active"
    assert rows() == []


@pytest.mark.promise("ACC-7", "RGT-2")
def test_rectification_of_the_switch_writes_and_deletes_the_row(mila: User) -> None:
    before = rows()
    assert mila.exercises("rectification", changes={"discoverable": False}).status == 202
    assert rows() == []
    assert stored_account(mila.account_id).found_under is None
    assert mila.exercises("rectification", changes={"discoverable": True, "locale": "sr"}).status == 202
    assert rows() == before


@pytest.mark.promise("ACC-7", "NOT-2")
def test_rectification_of_a_switch_without_effect_is_refused(mila: User) -> None:
    describe()
    refused = mila.exercises("rectification", changes={"discoverable": False})
    assert [one["pointer"] for one in refused.json["errors"]] == ["/changes/discoverable"]
    assert mila.profile()["discoverable"]


@pytest.mark.promise("ACC-7")
def test_user_who_lost_the_number_is_found_by_the_next_one(
    world: World, mila: User, alice: Operator, bob: Operator
) -> None:
    loses_number(mila)
    assert rows() == []
    request = waits_for_the_number(world, mila, alice, bob)
    assert NumberProof(world, request, a_phone()).send().status == 200
    (row,) = rows()
    assert row["pk"]["S"] == stored_account(mila.account_id).found_under


@pytest.mark.promise("ACC-7", "ACC-1")
@pytest.mark.parametrize("holder_is_found", [True, False])
def test_number_comes_back_to_a_user_who_is_found_by_it(
    world: World, mila: User, alice: Operator, bob: Operator, *, holder_is_found: bool
) -> None:
    vera = a_person(world)
    if holder_is_found:
        assert vera.changes(discoverable=True).status == 200
    request = waits_for_the_number(world, mila, alice, bob)
    NumberProof(world, request, vera.phone).send()
    world.advance(7 * DAY)
    assert NumberProof(world, request, vera.phone).send().status == 200
    (row,) = rows()
    assert row["account_id"]["S"] == mila.account_id
    assert row["pk"]["S"] == stored_account(mila.account_id).found_under


@pytest.mark.promise("ACC-7", "SAF-1")
def test_row_is_back_when_a_suspension_ends_by_itself(world: World, mila: User, ana: Operator) -> None:
    before = rows()
    report = reports(world.a_user(), mila).json["abuse_report_id"]
    assert suspends(ana, report, days=1).status == 201
    assert rows() == []
    for _ in range(3):
        world.advance(DAY)
        work_on_reports()
    assert rows() == before


@pytest.mark.promise("ACC-7", "SAF-1")
def test_suspension_after_a_backup_deletes_the_row_again(world: World, mila: User, ana: Operator) -> None:
    report = reports(world.a_user(), mila).json["abuse_report_id"]
    backup = Backup.made()
    assert suspends(ana, report).status == 201
    with backup.restored(Table.ACCOUNTS, Table.CLAIMS):
        assert len(rows()) == 1
        work_on_reports()
        assert stored_account(mila.account_id).suspended_until
        assert rows() == []


@pytest.mark.promise("ACC-7", "SAF-1")
def test_row_is_back_when_a_suspension_is_lifted(
    world: World, mila: User, ana: Operator, bob: Operator
) -> None:
    before = rows()
    report = reports(world.a_user(), mila).json["abuse_report_id"]
    decision = suspends(ana, report).json["id"]
    appeals(mila.signs_in_again(), f"/safety-decisions/{decision}")
    assert answers(bob, f"/safety-decisions/{decision}").status == 200
    assert rows() == before


@pytest.mark.promise("ACC-7", "NOT-2")
def test_letter_does_not_change_a_switch_without_effect(world: World, mila: User) -> None:
    describe()
    entered = world.an_operator("jovan").enters(
        mila.user_id, "rectification", changes={"discoverable": False}
    )
    assert entered.problem == "invalid_request"
    assert len(rows()) == 1


@pytest.mark.promise("ACC-7")
def test_numbers_that_changed_hands_after_the_backup_find_their_owners(world: World, mila: User) -> None:
    jovan = world.a_user(phone=a_phone())
    jovan.changes(discoverable=True)
    backup, shared = Backup.made(), jovan.phone
    jovan.changes_number(a_phone())
    mila.changes_number(shared)
    with backup.restored(Table.ACCOUNTS, Table.CLAIMS) as restore:
        assert restore.replay().status == 0
        found = {stored_account(one.account_id).found_under for one in (mila, jovan)}
        assert {row["pk"]["S"] for row in rows()} == found
        assert (len(found), None in found) == (2, False)
