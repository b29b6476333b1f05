"""`python -m infra.ops complaints` makes signed calls of the internal API and prints results."""

from pathlib import Path

import pytest

from tests.support.cases.complaints import ends
from tests.support.world.commands import Commands, Wire
from tests.support.world.world import User, World

LETTER = """
text = "The copy lacks messages."
authority_name = "The Commissioner"
letter_number = "072-04-17/2026"
"""


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user().is_stepped_up()


@pytest.mark.promise("RGT-10")
def test_two_operators_decide_a_complaint_from_the_command_line(
    wire: Wire, asked: str, tmp_path: Path
) -> None:
    run, complaint = Commands("complaints", wire), f"{asked}.authority"
    (letter := tmp_path / "letter.toml").write_text(LETTER)
    (answer := tmp_path / "answer").write_text("We decide the request again.")
    entry = ("open", asked, "--on", "2026-11-24", "--text-file", str(letter))
    assert run("alice", *entry).output.startswith("refused: 400 unexpected_field")
    opened = run("alice", *entry, "--due", "2026-12-10")
    assert opened.output == f"{complaint}  open  due Thu 2026-12-10  version 1"
    proposed = run("alice", "propose", complaint, "--decision", "upheld", "--text-file", str(answer))
    assert "proposed" in proposed.output
    shown = run("bob", "show", complaint).output
    assert "The Commissioner" in shown
    assert "upheld: We decide the request again." in shown
    assert run("alice", "approve", complaint, "--version", "2").output.startswith("refused: 403 own_proposal")
    assert "decided" in run("bob", "approve", complaint, "--version", "2").output
    listed = run("bob", "list").output
    assert ("Thu 2026-12-10" in listed, "Commissioner" in listed) == (True, False)
    ends(asked)
    assert run("bob", "close", complaint).output == f"{complaint}  closed  version 4"
    assert "due_at │" not in run("bob", "show", complaint).output


def test_withdrawal_has_a_command_and_a_malformed_id_is_not_sent(wire: Wire, asked: str) -> None:
    run = Commands("complaints", wire)
    assert run("alice", "show", f"{asked}.stranger").exit_code == 2
    assert run("alice", "show", asked).exit_code == 2
    assert wire.sent == []
    assert run("alice", "withdraw", f"{asked}.person").output.startswith("refused: 404 not_found")
