"""`python -m infra.ops breach` makes signed calls of the internal API and prints results."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.cases.breaches import TEXTS
from tests.support.world.commands import Commands, Wire
from tests.support.world.world import World

BREACH = """
discovered_at = 2026-11-24T11:00:00+01:00
what = "A contractor had access to a backup."
categories = ["user.contact.phone_number"]
people = ["users"]
people_count = 120
countries = ["DE"]
"""
NOTIFICATION = """
country = "RS"
notified_at = 2026-11-24T12:30:00+01:00
reference = "073-12-2026"
complete = true
"""


@pytest.fixture
def run(world: World) -> Commands:
    return Commands("breach", Wire(world))


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def to_file(text: str) -> str:
        path = tmp_path / "fields"
        path.write_text(text)
        return str(path)

    return to_file


def assessment(risk: str, **more: str) -> str:
    lines = [f'risk = "{risk}"', 'reasons = "Numbers of many people."']
    lines += [f'{name} = "{value}"' for name, value in more.items()]
    if risk == "high":
        for language, said in TEXTS.items():
            lines += [f"[texts.{language}]", *(f'{name} = "{text}"' for name, text in said.items())]
    return "\n".join(lines)


@pytest.fixture
def opened(run: Commands, write: Any) -> str:
    return run("alice", "open", "--text-file", write(BREACH)).output.split()[0]


@pytest.mark.promise("SEC-4")
def test_two_operators_handle_a_breach_from_the_command_line(
    run: Commands, opened: str, write: Any, world: World
) -> None:
    shown = run("bob", "show", opened).output
    for text in ("A contractor had access", "user/alice", "2026-11-27 11:00 CET", "www.poverenik.rs"):
        assert text in shown
    reported = run("alice", "notify-authority", opened, "--text-file", write(NOTIFICATION))
    assert reported.output == f"{opened}  open  version 2  needs: authority DE, assessment"
    world.a_user()
    proposal = write(assessment("high", audience="all"))
    assert run("alice", "decide", opened, "--text-file", proposal).exit_code == 0
    assert run("alice", "approve", opened, "--version", "3").output.startswith("refused: 403 own_proposal")
    assert run("bob", "approve", opened, "--version", "3").exit_code == 0
    assert "Would notify: all accounts" in run("alice", "notify-subjects", opened, "--dry-run").output
    begun = run("alice", "notify-subjects", opened, "--yes")
    assert begun.output == f"{opened}  open  version 5  needs: authority DE, subjects"
    closing = run("alice", "close", opened, "--text-file", write("The cause is removed."))
    assert closing.output.startswith("refused: 409 breach_unfinished")
    listed = run("bob", "list").output
    assert (opened in listed, "contractor" in listed) == (True, False)


def test_facts_affected_users_and_withdrawal_have_commands(
    run: Commands, opened: str, write: Any, world: World
) -> None:
    users = "\n".join(world.a_user().user_id for _ in range(2))
    added = run("bob", "add", opened, "--text-file", write('what = "300 people."\npeople_count = 300'))
    assert "version 2" in added.output
    run("alice", "decide", opened, "--text-file", write(assessment("unlikely")))
    assert "version 4" in run("bob", "withdraw", opened).output
    run("alice", "decide", opened, "--text-file", write(assessment("high", audience="listed")))
    assert run("bob", "approve", opened, "--version", "5").exit_code == 0
    assert "version 7" in run("bob", "add-affected", opened, "--ids-file", write(users)).output
    assert run("bob", "add-affected", opened, "--ids-file", write("mila@test.example")).exit_code == 2
    assert "finding 2" in run("alice", "show", opened).output


def test_breach_without_a_risk_is_closed_from_the_command_line(
    run: Commands, opened: str, write: Any
) -> None:
    run("alice", "decide", opened, "--text-file", write(assessment("unlikely")))
    assert run("bob", "approve", opened, "--version", "2").exit_code == 0
    closed = run("bob", "close", opened, "--text-file", write("No harm was possible."))
    assert closed.output == f"{opened}  closed  version 4"


@pytest.mark.parametrize("instant", ["2026-11-24", "2026-11-24T11:00:00", '"yesterday"'])
def test_instant_without_an_offset_is_refused_before_a_call(run: Commands, write: Any, instant: str) -> None:
    refused = run("alice", "open", "--text-file", write(f'discovered_at = {instant}\nwhat = "x"'))
    assert refused.exit_code == 2
    assert "2026-12-01T09:30:00+01:00" in " ".join(refused.output.split())


def test_id_of_another_kind_is_refused_before_a_call(run: Commands) -> None:
    assert run("alice", "show", f"d_{'0' * 26}").exit_code == 2
