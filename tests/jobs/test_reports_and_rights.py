"""Reports of abuse and decisions in copies, erasures and restored tables (SAF-1, RGT-1, RGT-3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.core.clock import MINUTE
from chalicelib.core.durations import Duration
from chalicelib.core.table_names import Table
from chalicelib.privacy.purposes import Practice
from chalicelib.rights.erasure.certificates.model import Remaining
from infra.stream_emulator import Emulator
from tests.support.cases.abuse import (
    answers,
    appeals,
    decides,
    decisions_about,
    reports,
    reports_message,
    says,
    stored_report,
    suspends,
    work,
)
from tests.support.cases.copies import Package, a_copy
from tests.support.cases.disclosures import an_order
from tests.support.cases.erasure_outcomes import certificate_of
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure
from tests.support.cases.erasure_requests import work as erase_by
from tests.support.cases.reported_files import content_of, hands_over, sends_file
from tests.support.cases.restores import Backup
from tests.support.stream.conversations import some_contacts
from tests.support.world.operators import Operator
from tests.support.world.practices import describe
from tests.support.world.world import World

pytestmark = [pytest.mark.promise("SAF-1"), pytest.mark.usefixtures("services")]


@pytest.fixture(autouse=True)
def offered(world: World) -> None:
    describe(Practice.REPORTING)


def everything_in(package: Package) -> str:
    return "\n".join(package.text(name) for name in package.names)


@pytest.mark.promise("RGT-1")
def test_copy_of_the_reported_has_the_decision_and_no_reporter(
    world: World, alice: Operator, stream: Emulator
) -> None:
    mila, jovan = some_contacts(world, 2)
    talk = mila.opens(jovan).json["conversation_id"]
    says(jovan, talk)
    report = reports_message(mila, jovan, talk, text="He threatens me")["abuse_report_id"]
    decides(alice, report, rule="harassment", measures=["warn"], facts="A threat.", withheld=["instant"])
    package = a_copy(jovan.is_stepped_up())
    (decision,) = package.records("safety_decision")
    assert (decision["facts"], decision["withheld"]) == ("A threat.", ["instant"])
    assert decision["messages"][0]["text"] == "Pay, or else"
    assert package.records("abuse_report") == []
    secret = (report, "He threatens me", alice.staff_id, mila.account_id)
    assert [word for word in secret if word in everything_in(package)] == []


@pytest.mark.promise("RGT-1")
def test_copy_of_the_reporter_has_the_report_and_no_word_of_the_other(
    world: World, alice: Operator, stream: Emulator
) -> None:
    mila, jovan = some_contacts(world, 2)
    talk = mila.opens(jovan).json["conversation_id"]
    says(jovan, talk, text="words of the other")
    report = reports_message(mila, jovan, talk, text="He threatens me")["abuse_report_id"]
    decides(alice, report)
    package = a_copy(mila.is_stepped_up())
    (reported,) = package.records("abuse_report")
    assert (reported["text"], reported["acted"]) == ("He threatens me", True)
    assert package.records("safety_decision") == []
    assert not {"messages", "decided_by"} & reported.keys()
    assert alice.staff_id not in everything_in(package)


@pytest.mark.promise("RGT-1")
def test_proposal_is_in_no_copy(world: World, alice: Operator) -> None:
    mila, jovan = world.a_user(), world.a_user()
    suspends(alice, reports(mila, jovan).json["abuse_report_id"], days=8)
    assert a_copy(jovan.is_stepped_up()).records("safety_decision") == []


@pytest.mark.promise("RGT-3")
def test_erasure_of_the_reporter_leaves_the_report_without_them(world: World, alice: Operator) -> None:
    mila, jovan = a_subject(world), world.a_user()
    report = reports(mila, jovan).json["abuse_report_id"]
    erase_by(world, asks_for_erasure(mila))
    found = stored_report(report)
    assert (found.reporter, found.text) == (None, "They threaten me.")
    assert decides(alice, report).status == 201
    work()
    assert stored_report(report).work.notified_at is None


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("is_reported", [True, False])
def test_certificate_does_not_disclose_whether_there_are_reports(world: World, *, is_reported: bool) -> None:
    jovan = a_subject(world)
    if is_reported:
        reports(world.a_user(), jovan)
    world.advance(MINUTE)
    request = asks_for_erasure(jovan)
    erase_by(world, request)
    certificate = certificate_of(request)
    (line,) = (one for one in certificate.remains if one.what is Remaining.REPORTS)
    assert line.until == certificate.completed_at + Duration.parse("P15M")


@pytest.mark.proof
@pytest.mark.promise("SEC-1")
def test_suspension_is_placed_again_on_restored_accounts(world: World, alice: Operator) -> None:
    mila, jovan = world.a_user(), world.a_user()
    report = reports(mila, jovan).json["abuse_report_id"]
    backup = Backup.made()
    suspends(alice, report)
    with backup.restored(Table.ACCOUNTS) as restore:
        restore.replay()
        assert world.a_user(jovan.phone).session["scope"] == "rights"


@pytest.mark.proof
@pytest.mark.promise("SEC-1")
def test_suspension_that_was_lifted_does_not_come_back_by_a_restore(
    world: World, alice: Operator, bob: Operator
) -> None:
    mila, jovan = world.a_user(), world.a_user()
    decision = suspends(alice, reports(mila, jovan).json["abuse_report_id"]).json["id"]
    appeals(jovan, f"/safety-decisions/{decision}")
    backup = Backup.made()
    answers(bob, f"/safety-decisions/{decision}")
    with backup.restored(Table.ACCOUNTS) as restore:
        restore.replay()
        assert world.a_user(jovan.phone).session["scope"] == "full"


@pytest.mark.proof
@pytest.mark.promise("RGT-3")
def test_reporter_of_a_restored_report_is_forgotten_again(world: World) -> None:
    mila, jovan = a_subject(world), world.a_user()
    report = reports(mila, jovan).json["abuse_report_id"]
    backup = Backup.made()
    erase_by(world, asks_for_erasure(mila))
    with backup.restored(Table.RIGHTS) as restore:
        restore.replay()
        assert stored_report(report).reporter is None


@pytest.mark.proof
@pytest.mark.promise("SEC-1")
def test_decisions_that_a_restored_table_lacks_are_listed(world: World, alice: Operator) -> None:
    mila, jovan = world.a_user(), world.a_user()
    report = reports(mila, jovan).json["abuse_report_id"]
    backup = Backup.made()
    decision = decides(alice, report).json["id"]
    assert decisions_about(jovan)
    with backup.restored(Table.RIGHTS) as restore:
        lines = "\n".join(restore.dry_run().lines)
        assert f"abuse report {report}: behind the Ledger" in lines
        assert f"safety decision {decision}: behind the Ledger" in lines


@pytest.mark.promise("RGT-3", "NOT-3")
def test_file_of_an_erased_author_leaves_by_a_disclosure_about_the_report(
    world: World, alice: Operator, bob: Operator, stream: Emulator, tmp_path: Path
) -> None:
    mila, jovan = some_contacts(world, 2)
    talk = mila.opens(jovan).json["conversation_id"]
    sends_file(jovan, talk, b"the file", tmp_path)
    report = reports_message(mila, jovan, talk, reason="child_safety")["abuse_report_id"]
    work()
    erase_by(world, asks_for_erasure(jovan.is_stepped_up()))
    order = an_order(jovan.user_id, scope=["reported_file"], extract="The file")
    assert alice.proposes_disclosure(order).problem == "not_found"
    assert (
        alice.proposes_disclosure({**order, "user_id": mila.user_id, "abuse_report_id": report}).status == 404
    )
    proposed = alice.proposes_disclosure({**order, "abuse_report_id": report}).json["id"]
    assert bob.approves_disclosure(proposed).status == 200
    assert content_of(hands_over(alice, report, proposed).json) == b"the file"
