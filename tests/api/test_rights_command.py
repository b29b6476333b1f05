"""`python -m infra.ops rights` makes signed calls of the internal API and prints results."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from chalicelib.core.ids import RightsRequestId
from chalicelib.core.table import Table
from infra.ops.__main__ import app
from tests.support.cases import erasure_requests
from tests.support.cases.copies import damage
from tests.support.cases.disclosures import an_approved_order
from tests.support.clouds.environment import REGION
from tests.support.world.commands import Commands, Wire
from tests.support.world.world import User, World


@pytest.fixture
def run(wire: Wire) -> Commands:
    return Commands("rights", wire)


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user().is_stepped_up()


@pytest.fixture
def text(tmp_path: Path) -> str:
    file = tmp_path / "text"
    file.write_text("This was answered last week.")
    return str(file)


REFUSE = ("--status", "refused", "--reason", "JustificationA12ManifestlyUnfounded")


@pytest.mark.promise("SEC-1")
def test_call_is_signed_and_does_not_reveal_the_secret(wire: Wire, run: Commands, asked: str) -> None:
    assert run("alice", "show", asked).exit_code == 0
    (request,) = wire.sent
    assert f"/{REGION}/execute-api/aws4_request" in request.headers["Authorization"]
    assert "a secret" not in str(request.headers) + request.url


@pytest.mark.promise("RGT-10")
def test_two_operators_decide_from_the_command_line(mila: User, run: Commands, asked: str, text: str) -> None:
    proposed = run("alice", "propose", asked, *REFUSE, "--text-file", text)
    assert proposed.output.split()[:3] == [asked, "access", "awaiting_review"]
    shown = run("bob", "show", asked).output
    assert "This was answered last week." in shown
    assert "user/alice" in shown
    assert run("bob", "approve", asked, "--version", "1").exit_code == 1
    approved = run("bob", "approve", asked, "--version", "2")
    assert (approved.exit_code, approved.output.split()[2]) == (0, "refused")
    assert mila.request(asked)["decision"]["text"].count("This was answered last week.") == 1


@pytest.mark.promise("RGT-9")
def test_answer_in_another_language_than_the_case_is_asked_back(
    world: World, mila: User, run: Commands, text: str
) -> None:
    mila.changes(locale="sr-Cyrl")
    asked = mila.exercises("access").json["rights_request_id"]
    propose = ("propose", asked, *REFUSE, "--text-file", text)
    for typed in (None, "n\n"):
        refused = run("alice", *propose, typed=typed)
        assert refused.exit_code == 1
        assert "The case is in Serbian in Cyrillic script, and the text in English" in refused.output
    assert "proposed" not in run("alice", "show", asked).output
    assert run("alice", *propose, "--other-language").exit_code == 0


@pytest.mark.promise("RGT-10")
def test_second_operator_sees_the_whole_answer_as_the_subject_gets_it(
    mila: User, run: Commands, asked: str, text: str, wire: Wire
) -> None:
    run("alice", "propose", asked, *REFUSE, "--text-file", text)
    seen = wire.world.an_operator("bob").shows(asked).json["proposal"]["letter"]
    assert run("bob", "approve", asked, "--version", "2").exit_code == 0
    assert mila.request(asked)["decision"]["text"] == seen


def test_refused_command_prints_the_reason_and_exits_with_status_1(
    run: Commands, asked: str, text: str
) -> None:
    run("alice", "propose", asked, *REFUSE, "--text-file", text)
    own = run("alice", "approve", asked, "--version", "2")
    assert own.exit_code == 1
    assert own.output.startswith("refused: 403 own_proposal; Another operator must approve this; call ")
    bad = run("alice", "propose", asked, "--status", "refused", "--text-file", text)
    assert "/reason: A refusal needs one" in bad.output


def test_list_shows_the_party_that_each_open_request_waits_for(
    world: World, run: Commands, asked: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.rights.operators.lists.PAGE", 1)
    other = world.a_user()
    run("alice", "propose", asked, *REFUSE, "--text-file", text)
    letter = {"user_id": other.user_id, "right": "rectification", "received_by": "letter"}
    changes, day = {"session_device": "a tablet"}, "2026-11-20"
    file = a_file(tmp_path, **letter, received_on=day, changes=changes, reason="It was sold.")
    entered = run("alice", "enter-file", file)
    listed = run("bob", "list").output
    assert "2 open" in listed
    assert "signature" in next(line for line in listed.splitlines() if asked in line)
    assert "a decision" in next(line for line in listed.splitlines() if entered.output.split()[0] in line)
    assert "This was answered last week." not in listed


@pytest.mark.promise("RGT-10")
def test_entered_objection_is_listed_with_the_day_of_its_weighing(run: Commands, mila: User) -> None:
    words = ("--user", mila.user_id, "--right", "objection", "--purpose", "security", "--by", "letter")
    entered = run("alice", "enter", *words, "--on", "2026-11-20").output.split()[0]
    row = next(line for line in run("bob", "list").output.splitlines() if entered in line)
    assert [cell.strip() for cell in row.split("│")[4:7]] == ["2026-12-03", "9", "a weighing"]
    shown = run("bob", "show", entered).output
    assert next(line for line in shown.splitlines() if "needs" in line).split("│")[2].strip() == (
        "a weighing by Thu 2026-12-03"
    )


@pytest.mark.promise("RGT-11")
def test_enter_prints_the_receipt_for_the_subject(world: World, run: Commands, mila: User) -> None:
    words = ("--user", mila.user_id, "--right", "access", "--by", "telephone", "--on", "2026-11-24")
    first, last = run("alice", "enter", *words).output.splitlines()
    receipt = last.removeprefix("receipt, to be given only to the subject: ")
    headers = {"Rights-Receipt": receipt}
    assert world.call("GET", f"/v1/rights-receipts/{first.split()[0]}", headers=headers).status == 200


@pytest.mark.promise("RGT-11")
def test_enter_prints_the_answer_that_an_operator_posts(world: World, run: Commands) -> None:
    words = ("--contact", "paper", "--right", "access", "--by", "letter", "--on", "2026-11-24")
    entered = run("alice", "enter", *words, "--locale", "sr-Latn")
    assert entered.exit_code == 0, entered.output
    assert "Niste naveli broj mobilnog telefona" in " ".join(entered.output.split())


@pytest.mark.promise("RGT-11")
def test_enter_asks_for_the_contact_of_a_person_without_an_account(world: World, run: Commands) -> None:
    words = ("--contact", "phone", "--right", "access", "--by", "letter", "--on", "2026-11-24")
    entered = run("alice", "enter", *words, typed="+381601234567\n")
    assert entered.exit_code == 0, entered.output
    request = next(line.split()[0] for line in entered.output.splitlines() if "r_" in line)
    request = request[request.index("r_") :]
    assert "none has the contact" in run("bob", "show", request).output


@pytest.mark.promise("RGT-11")
def test_enter_records_an_agent_and_show_names_the_seen_authority(
    world: World, run: Commands, mila: User
) -> None:
    behalf = ("--on-behalf", "agent", "--authority", "power_of_attorney", "--seen-on", "2026-11-23")
    words = ("--user", mila.user_id, "--right", "erasure", "--by", "letter", *behalf, "--file", "117/2026")
    refused = run("alice", "enter", *words, "--on", "2026-10-20").output
    assert "late_receipt" in refused
    assert "--day checked" in refused
    entered = run("alice", "enter", *words, "--on", "2026-10-20", "--day", "checked").output.split()[0]
    shown = " ".join(run("bob", "show", entered).output.split())
    assert "power_of_attorney, read by" in shown
    assert "117/2026" in shown
    assert "a second operator" in run("bob", "list").output


def test_entry_is_voided_by_two_operators(run: Commands, mila: User, text: str) -> None:
    words = ("--user", mila.user_id, "--right", "access", "--by", "letter", "--on", "2026-11-24")
    entered = run("alice", "enter", *words).output.split()[0]
    proposed = run("alice", "propose", entered, "--status", "cancelled", "--text-file", text).output
    assert "cancelled" in run("bob", "approve", entered, "--version", proposed.split()[-1]).output
    assert "voided_at" in run("bob", "show", entered).output


@pytest.mark.promise("RGT-11")
def test_show_says_that_two_operators_check_an_owner_who_lost_access(run: Commands, mila: User) -> None:
    words = ("--user", mila.user_id, "--right", "access", "--by", "in_person", "--on", "2026-11-24")
    entered = run("alice", "enter", *words, "--access", "lost").output.split()[0]
    assert "checked by no operator yet; two operators" in run("bob", "show", entered).output
    run("alice", "identity-came", entered)
    assert "user/alice; two operators" in run("bob", "show", entered).output


def test_extension_identity_and_retry_have_commands(
    world: World, run: Commands, asked: str, text: str
) -> None:
    because = ("--days", "60", "--reason", "JustificationA12HighVolume")
    assert "due 2027-02-22" in run("alice", "extend", asked, *because).output
    waiting = run("alice", "ask-identity", asked).output
    assert ("awaiting_verification" in waiting, "deadline keeps running" in waiting) == (True, False)
    assert "in_progress" in run("alice", "identity-came", asked).output
    assert "deadline keeps running" in run("alice", "ask-identity", asked).output
    run("alice", "propose", asked, *REFUSE, "--text-file", text)
    for command in ("withdraw", "retry"):
        assert run("alice", command, asked).exit_code == 0


def test_malformed_id_is_not_sent(wire: Wire, run: Commands) -> None:
    assert run("alice", "show", "../../v1/health").exit_code == 2
    assert run("alice", "verify", "consent#x").exit_code == 2
    assert wire.sent == []


def test_list_shows_the_ids_of_requests_that_cannot_be_opened(
    world: World, run: Commands, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.rights.operators.lists.PAGE", 1)
    other = str(world.a_user().is_stepped_up().exercises("access").json["rights_request_id"])
    damage(Table.RIGHTS, f"R#{asked}", "request", status="no such status")
    listed = run("bob", "list")
    assert (listed.exit_code, other in listed.output) == (0, True)
    assert f"{asked} cannot be read" in listed.output


def wording(*words: str) -> Result:
    return CliRunner().invoke(app, ["rights", "wording", *words])


@pytest.mark.promise("RGT-9")
def test_wording_of_a_decision_is_printed_in_each_language() -> None:
    printed = wording("--right", "objection", "--status", "refused", "--reason", "A21OtherBasis")
    for words in ("did not accept your objection", "Nismo prihvatili", "Нисмо прихватили"):
        assert words in " ".join(printed.output.split())
    assert printed.output.count("[...]") == 3


def test_wording_with_a_reason_of_another_right_is_refused() -> None:
    assert wording("--right", "access", "--status", "refused", "--reason", "A21OtherBasis").exit_code == 2


def a_file(folder: Path, **body: object) -> str:
    (file := folder / "body.json").write_text(json.dumps(body))
    return str(file)


@pytest.mark.promise("RGT-2")
def test_correction_is_entered_and_partly_decided_from_files(
    mila: User, run: Commands, tmp_path: Path
) -> None:
    changes = {"session_device": "a tablet", "usage_event_platform": "android"}
    letter = {"user_id": mila.user_id, "right": "rectification", "received_by": "letter"}
    file = a_file(tmp_path, **letter, received_on="2026-11-20", changes=changes, reason="It was sold.")
    entered = run("alice", "enter-file", file)
    assert entered.exit_code == 0, entered.output
    request_id, right, status = entered.output.split()[:3]
    assert (right, status) == ("rectification", "awaiting_review")
    shown = run("bob", "show", request_id).output
    assert all(word in shown for word in ("a tablet", "It was sold."))
    decision = {"status": "partially_completed", "reason": REFUSE[3], "text": "In part."}
    file = a_file(tmp_path, **decision, corrections={"session_device": "a tablet"})
    assert run("alice", "propose-file", request_id, file).exit_code == 0
    assert "proposed: a tablet" in run("bob", "show", request_id).output
    assert run("bob", "approve", request_id, "--version", "2").exit_code == 0
    assert mila.request(request_id)["status"] == "partially_completed"


@pytest.mark.promise("RGT-2")
def test_show_says_when_each_change_of_a_correction_is_made(
    mila: User, run: Commands, tmp_path: Path
) -> None:
    letter = {"user_id": mila.user_id, "right": "rectification", "received_by": "letter"}
    file = a_file(tmp_path, **letter, received_on="2026-11-20", changes={"name": "Milica"})
    request_id = run("alice", "enter-file", file).output.split()[0]
    assert "corrected with the answer" in run("bob", "show", request_id).output
    mila.calls("POST", f"/v1/rights-requests/{request_id}/cancel")
    own = mila.exercises("rectification", changes={"name": "Milica"}).json["rights_request_id"]
    assert "corrected with the request" in run("bob", "show", own).output


@pytest.mark.promise("RGT-2")
def test_notice_to_an_authority_is_listed_and_recorded_on_the_command_line(
    world: World, mila: User, run: Commands, wire: Wire
) -> None:
    alice, bob, inbox = world.an_operator("alice"), world.an_operator("bob"), Commands("inbox", wire)
    disclosure_id = an_approved_order(alice, bob, mila, scope=["profile"])
    alice.calls_disclosures("POST", f"/{disclosure_id}/given", body={})
    request_id = RightsRequestId(
        mila.exercises("rectification", changes={"name": "Milica"}).json["rights_request_id"]
    )
    assert request_id not in inbox("alice").output
    erasure_requests.work(world, request_id, within=timedelta(seconds=1))
    assert f"rights recipients {request_id}" in inbox("alice").output
    listed = run("alice", "recipients", request_id).output
    assert ("Higher Court" in listed, "pending" in listed) == (True, True)
    recorded = run("alice", "notified", request_id, "0", "--on", "2026-11-24")
    assert (recorded.exit_code, "notified" in recorded.output) == (0, True)
    assert request_id not in inbox("alice").output
    assert run("alice", "notified", request_id, "7", "--on", "2026-11-24").exit_code == 1
