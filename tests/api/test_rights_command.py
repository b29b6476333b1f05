"""`python -m infra.ops rights` makes signed calls of the internal API and prints results."""

from pathlib import Path

import pytest

from chalicelib.core.table import Table
from tests.support.commands import Commands, Wire
from tests.support.copies import damage
from tests.support.environment import REGION
from tests.support.world import User, World


@pytest.fixture
def wire(world: World) -> Wire:
    return Wire(world)


@pytest.fixture
def run(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Commands:
    return Commands("rights", wire, monkeypatch)


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user().is_stepped_up()


@pytest.fixture
def asked(mila: User) -> str:
    return str(mila.exercises("access").json["id"])


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
    assert mila.request(asked)["decision"]["text"] == "This was answered last week."


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
    world: World, run: Commands, asked: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.rights.operators.inspect.PAGE", 1)
    other = world.a_user()
    run("alice", "propose", asked, *REFUSE, "--text-file", text)
    entered = run(
        "alice",
        "enter",
        "--user",
        other.user_id,
        "--right",
        "restriction",
        "--by",
        "letter",
        "--on",
        "2026-11-20",
    )
    listed = run("bob", "list").output
    assert "2 open" in listed
    assert "approval" in next(line for line in listed.splitlines() if asked in line)
    assert "a decision" in next(line for line in listed.splitlines() if entered.output.split()[0] in line)
    assert "This was answered last week." not in listed


@pytest.mark.promise("RGT-11")
def test_enter_prints_the_receipt_for_the_subject(world: World, run: Commands, mila: User) -> None:
    words = ("--user", mila.user_id, "--right", "access", "--by", "telephone", "--on", "2026-11-24")
    first, last = run("alice", "enter", *words).output.splitlines()
    receipt = last.removeprefix("receipt, to be given only to the subject: ")
    headers = {"Rights-Receipt": receipt}
    assert world.call("GET", f"/v1/rights-receipts/{first.split()[0]}", headers=headers).status == 200


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
    monkeypatch.setattr("chalicelib.rights.operators.inspect.PAGE", 1)
    other = str(world.a_user().is_stepped_up().exercises("access").json["id"])
    damage(Table.RIGHTS, f"R#{asked}", "request", status="no such status")
    listed = run("bob", "list")
    assert (listed.exit_code, other in listed.output) == (0, True)
    assert f"{asked} cannot be read" in listed.output
