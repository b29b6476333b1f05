"""`python -m infra.ops support` makes signed calls of the internal API and prints results."""

from pathlib import Path

from tests.support.cases.support import mailed_to, writes
from tests.support.world.commands import Commands, Wire
from tests.support.world.world import World


def test_operator_answers_a_message_from_the_command_line(world: World, wire: Wire, tmp_path: Path) -> None:
    run, message = Commands("support", wire), writes(world)
    (answer := tmp_path / "answer").write_text("Please update the app.")
    assert message in run("alice", "list").output
    shown = run("alice", "show", message).output
    assert "The app does not show my contacts." in shown
    assert run("alice", "answer", message, "--text-file", str(answer)).output == f"{message}  answered"
    refused = run("bob", "answer", message, "--text-file", str(answer)).output
    assert refused.startswith("refused: 409 support_message_settled")
    mailed_to()
    assert "sent" in run("bob", "list").output
    assert run("bob", "close", message).output == f"{message}  closed"
