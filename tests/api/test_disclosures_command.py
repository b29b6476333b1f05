"""`python -m infra.ops disclosures` makes signed calls of the internal API and prints results."""

from pathlib import Path

import pytest

from tests.support.world.commands import Commands, Wire
from tests.support.world.world import User

PROPOSAL = """
ground = "court_order"
recipient = "Higher Court in Belgrade"
reference = "K 17/2026 of 2 November 2026"
scope = ["session", "security_event"]
extract = "Sign-ins of 1 to 3 November 2026"
reason = "The order is signed and names the account."
secret_until = 2027-03-01
secrecy_reference = "item 3"
"""


@pytest.fixture
def run(wire: Wire) -> Commands:
    return Commands("disclosures", wire)


@pytest.fixture
def proposal(tmp_path: Path) -> str:
    (tmp_path / "proposal.toml").write_text(PROPOSAL)
    return str(tmp_path / "proposal.toml")


@pytest.fixture
def assessment(tmp_path: Path) -> str:
    (tmp_path / "assessment").write_text("The order is genuine.")
    return str(tmp_path / "assessment")


@pytest.fixture
def proposed(run: Commands, mila: User, proposal: str) -> str:
    return run("alice", "propose", "--user", mila.user_id, "--text-file", proposal).output.split()[0]


@pytest.mark.promise("NOT-3")
def test_two_operators_record_a_disclosure_from_the_command_line(
    run: Commands, proposed: str, assessment: str
) -> None:
    assert run("alice", "approve", proposed, "--version", "1").output.startswith("refused: 403 own_proposal")
    shown = run("bob", "show", proposed).output
    for text in ("Higher Court in Belgrade", "session, security_event", "user/alice", "2027-03-01 00:00 CET"):
        assert text in shown
    approved = run("bob", "approve", proposed, "--version", "1", "--text-file", assessment)
    assert approved.output == f"{proposed}  court_order  approved  version 2"
    given = run("alice", "given", proposed, "--at", "2026-11-24T12:00:00Z")
    assert given.output == f"{proposed}  court_order  given  version 3"
    listed = run("bob", "list").output
    assert (proposed in listed, "Higher Court" in listed) == (True, False)


def test_secrecy_refusal_and_withdrawal_have_commands(
    run: Commands, proposed: str, mila: User, proposal: str, assessment: str
) -> None:
    run("bob", "approve", proposed, "--version", "1")
    assert run("alice", "propose-secrecy", proposed, "--text-file", assessment).exit_code == 0
    assert "approval of the secrecy" in run("bob", "list").output
    assert run("bob", "withdraw-secrecy", proposed).exit_code == 0
    until = ("--until", "2027-06-01", "--text-file", assessment)
    assert run("alice", "propose-secrecy", proposed, *until).exit_code == 0
    assert run("bob", "approve-secrecy", proposed, "--version", "5").exit_code == 0
    assert "2027-06-01 00:00 CEST" in run("bob", "show", proposed).output
    assert "withdrawn" in run("alice", "withdraw", proposed).output
    other = run("alice", "propose", "--user", mila.user_id, "--text-file", proposal).output.split()[0]
    assert run("bob", "refuse", other, "--text-file", assessment).output.split()[2] == "refused"


def test_malformed_id_or_file_is_not_sent(wire: Wire, run: Commands, mila: User, tmp_path: Path) -> None:
    (file := tmp_path / "bad").write_text('secret_until = "tomorrow"')
    assert run("alice", "show", "../../v1/health").exit_code == 2
    assert run("alice", "propose", "--user", mila.user_id, "--text-file", str(file)).exit_code == 2
    assert wire.sent == []
