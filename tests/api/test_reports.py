"""Operators make reports: the log of requests, the state of the stage, and which operator read what."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.core import chain, clock, table
from chalicelib.core.clock import DAY
from chalicelib.core.ids import ReportId, RightsRequestId
from chalicelib.core.table import Change
from chalicelib.operations.reports.service import history_of
from chalicelib.privacy import processing
from chalicelib.privacy.accountability import Accountability
from chalicelib.retention.purge import evidence as purge_evidence
from chalicelib.retention.purge import service as purge
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.erasure.model import Envelope, IssuedCertificate
from chalicelib.rights.operators import lists
from chalicelib.rights.request import store
from chalicelib.staff.history import history_of as views_of
from tests.support.world.limits import configure
from tests.support.world.operators import Operator
from tests.support.world.world import Reply, World

REPORTS = "/admin/v1/reports"


def begins(operator: Operator, first: str = "2026-11-01", last: str = "2026-11-24") -> Reply:
    return operator.world.call("POST", REPORTS, body={"first": first, "last": last}, arn=operator.arn)


def reads(operator: Operator, report_id: str, part: str) -> Reply:
    return operator.world.call("GET", f"{REPORTS}/{report_id}{part}", arn=operator.arn)


def begun(operator: Operator, *period: str) -> str:
    reply = begins(operator, *period)
    assert reply.status == 201
    return str(reply.json["id"])


def logged(operator: Operator, report_id: str) -> list[dict[str, Any]]:
    """All entries of the log, page by page."""
    found, page = [], reads(operator, report_id, "/requests").json
    while True:
        found += page["items"]
        if not (more := page.get("next_cursor")):
            return found
        page = reads(operator, report_id, f"/requests?cursor={more}").json


def entries(operator: Operator) -> list[tuple[str, Any]]:
    return [(entry.event, entry.data) for entry in chain.entries(views_of(operator.staff_id))]


@pytest.mark.promise("RGT-10")
def test_log_has_each_request_of_the_period_once_by_the_time_of_receipt(
    world: World, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "READ_PER_PAGE", 3)
    days = ("2026-11-03", "2026-10-31", "2026-11-01", "2026-11-02", "2026-11-02", "2026-10-30", "2026-11-02")
    made = {alice.enters(world.a_user().user_id, on=day).json["rights_request_id"]: day for day in days}
    found = logged(alice, begun(alice, "2026-10-31", "2026-11-02"))
    wanted = {request_id for request_id, day in made.items() if "2026-10-31" <= day <= "2026-11-02"}
    assert sorted(one["rights_request_id"] for one in found) == sorted(wanted)
    assert [one["received_at"] for one in found] == sorted(one["received_at"] for one in found)


@pytest.mark.promise("SEC-1")
def test_log_names_no_person_no_account_and_no_staff(world: World, alice: Operator) -> None:
    mila = world.a_user()
    asked: dict[str, Any] = {"changes": {"session_device": "none"}, "reason": "Because of Vuk"}
    request_id = alice.enters(mila.user_id, "rectification", **asked).json["rights_request_id"]
    assert alice.proposes(request_id, "refused", "JustificationA12ManifestlyExcessive").status == 200
    assert world.an_operator("bob").approves(request_id).status == 200
    reply = reads(alice, begun(alice), "/requests")
    (only,) = reply.json["items"]
    assert (only["status"], only["reason"], only["late"]) == (
        "refused",
        "JustificationA12ManifestlyExcessive",
        False,
    )
    assert only["received_by"] == "letter"
    for secret in (mila.user_id, mila.account_id, "Vuk", '"st_', "arn:"):
        assert secret not in reply.text


@pytest.mark.promise("RGT-10")
def test_report_is_on_record_once_before_anything_is_read(world: World, alice: Operator) -> None:
    alice.enters(world.a_user().user_id)
    report_id = begun(alice)
    before = [one for one in entries(alice) if one[0] == "reported"]
    assert before == [("reported", {"by": alice.staff_id, "reports": [report_id]})]
    for _ in range(2):
        assert reads(alice, report_id, "/requests").status == 200
        assert reads(alice, report_id, "/state").status == 200
    assert [one for one in entries(alice) if one[0] == "reported"] == before
    (own,) = chain.entries(history_of(ReportId(report_id)))
    assert own.data == {"by": alice.staff_id, "from": "2026-11-01", "to": "2026-11-24"}


def test_pages_of_a_report_are_only_for_the_operator_who_began_it(world: World, alice: Operator) -> None:
    report_id, bob = begun(alice), world.an_operator("bob")
    for part in ("/requests", "/state"):
        assert reads(bob, report_id, part).problem == "not_found"
        assert reads(alice, str(ReportId.new()), part).problem == "not_found"


def test_pages_of_a_report_end_after_a_day(world: World, alice: Operator) -> None:
    report_id = begun(alice)
    world.advance(DAY - timedelta(seconds=1))
    assert reads(alice, report_id, "/requests").status == 200
    world.advance(timedelta(seconds=1))
    assert reads(alice, report_id, "/requests").problem == "report_over"


def test_period_has_to_be_over_or_present_and_at_most_a_leap_year(alice: Operator) -> None:
    periods = (
        ("2026-11-02", "2026-11-01"),
        ("2026-11-24", "2026-11-25"),
        ("2024-01-01", "2025-01-01"),
        ("x", "2026-11-01"),
    )
    assert {begins(alice, *period).problem for period in periods} == {"invalid_request"}
    assert begins(alice, "2024-01-01", "2024-12-31").status == 201


def test_altered_request_is_listed_as_unreadable(world: World, alice: Operator) -> None:
    altered = alice.enters(world.a_user().user_id).json["rights_request_id"]
    whole = alice.enters(world.a_user().user_id).json["rights_request_id"]
    table.write(Change(store.key(RightsRequestId(altered)), put={"sealed": b"altered"}))
    page = reads(alice, begun(alice), "/requests").json
    assert [one["rights_request_id"] for one in page["items"]] == [whole]
    assert page["unreadable"] == [altered]


@pytest.mark.promise("RGT-3")
def test_log_has_the_hash_of_the_signed_file_of_an_erasure(world: World, alice: Operator) -> None:
    request_id = RightsRequestId(alice.enters(world.a_user().user_id, "erasure").json["rights_request_id"])
    signed = Envelope("9d" * 32, b"signature", b"certificate").document()
    issued = IssuedCertificate(request_id=request_id, issued_at=clock.now(), document=signed.decode())
    table.write(erasures.keeping_certificate(issued))
    (only,) = logged(alice, begun(alice))
    assert only["certificate"] == hashlib.sha256(signed).hexdigest()


@pytest.mark.promise("RET-1")
def test_state_has_the_declared_record_the_notices_and_the_proof_of_the_purge(
    world: World, alice: Operator
) -> None:
    arranged = Accountability(
        {"eu": "Example GmbH"}, "", date(2026, 11, 1), "DPIA 1", {"stream": date(2026, 5, 8)}
    )
    configure(
        REPRESENTATIVES=arranged.packed_representatives,
        IMPACT_ASSESSMENT=arranged.impact_assessment,
        SERBIAN_CLAUSES=arranged.clauses,
    )
    purge.run(clock.now(), clock.now() + timedelta(minutes=10))
    yesterday = clock.now() - DAY
    purge_evidence.record_nothing_found(yesterday, yesterday)  # by a run that midnight overtook
    state = reads(alice, begun(alice), "/state").json
    declared = processing.document(processing.rows(), arranged)
    record = state["record_of_processing"]
    assert {member for member in declared if record[member] != declared[member]} == {"controller"}
    assert record["controller"]["representatives"] == {"Art. 27 GDPR": "Example GmbH"}
    assert state["record_of_processing"]["controller"]["contact"].count("@") == 1
    assert [one["version"] for one in state["notices"]] == ["terms-2024-05-08", "privacy-2024-05-08"]
    assert all(len(one["entry_sha256"]) == 64 for one in state["notices"])
    days = [(proof["day"], proof["event"]) for proof in state["purge"]]
    assert days == [("2026-11-24", "nothing_found"), ("2026-11-23", "nothing_found")]


def test_manifest_is_recorded_once(world: World, alice: Operator) -> None:
    report_id, sha256 = begun(alice), "ab" * 32
    for _ in range(2):
        reply = world.call("PUT", f"{REPORTS}/{report_id}/manifest", body={"sha256": sha256}, arn=alice.arn)
        assert reply.json["manifests"] == [sha256]
        assert "by" not in reply.json
    assert len(list(chain.entries(history_of(ReportId(report_id))))) == 2
