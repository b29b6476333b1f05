"""`python -m infra.ops holds` makes signed calls of the internal API and prints results."""

from pathlib import Path

import pytest

from chalicelib.core.ids import AccountId
from chalicelib.core.table import Table, partition_of
from tests.support.cases.copies import damage
from tests.support.world.commands import Commands, Wire
from tests.support.world.world import User

pytestmark = pytest.mark.promise("RET-3")
HOLD = """
kinds = ["profile", "usage_event"]
ground = "legal_obligation"
law = "Art. 286 ZKP"
authority = "Higher Court in Belgrade"
reason = "Order K 12/26"
until = 2027-03-01
"""


@pytest.fixture
def run(wire: Wire) -> Commands:
    return Commands("holds", wire)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "hold.toml"
    file.write_text(HOLD)
    return file


@pytest.fixture
def placed(run: Commands, mila: User, text: Path) -> str:
    """Return the id of a hold that Ana placed."""
    done = run("ana", "place", "--user", mila.user_id, "--text-file", str(text))
    assert done.exit_code == 0, done.output
    return done.output.split()[0]


def test_two_operators_place_and_lift_a_hold_from_the_command_line(run: Commands, placed: str) -> None:
    shown = run("boris", "show", placed).output
    assert "Higher Court in Belgrade" in shown
    assert "user/ana" in shown
    assert run("boris", "confirm", placed).output == f"{placed}  in force  ends 2027-03-01 00:00 CET"
    assert run("ana", "propose-lift", placed).exit_code == 0
    before = run("boris", "lift", placed, "--dry-run").output
    assert "Would end it now" in before
    assert "in force" in before
    assert run("boris", "lift", placed, typed="n\n").exit_code == 1
    assert "in force" in run("boris", "show", placed).output
    assert run("boris", "lift", placed, "--yes").output == f"{placed}  ended  ends 2026-11-24 13:00 CET"


def test_list_shows_what_each_hold_needs_and_no_text(run: Commands, placed: str) -> None:
    listed = run("boris", "list").output
    assert "1 holds" in listed
    (line,) = (line for line in listed.splitlines() if placed in line)
    assert "in force" in line
    assert "a confirmation" in line
    assert "Order K 12/26" not in listed
    run("boris", "confirm", placed)
    run("ana", "propose-lift", placed)
    assert "an approval of its lifting" in run("boris", "list").output


def test_own_confirmation_prints_the_reason_and_exits_with_status_1(run: Commands, placed: str) -> None:
    own = run("ana", "confirm", placed)
    assert own.exit_code == 1
    assert own.output.startswith("refused: 403 own_proposal; ")


@pytest.mark.parametrize("wrong", ["until = '2027-03-01'", "until = 2027-03-01T00:00:00Z", "until = ="])
def test_file_without_a_day_as_end_is_not_sent(
    wire: Wire, run: Commands, mila: User, text: Path, wrong: str
) -> None:
    text.write_text(HOLD.replace("until = 2027-03-01", wrong))
    assert run("ana", "place", "--user", mila.user_id, "--text-file", str(text)).exit_code == 2
    assert wire.sent == []


def test_malformed_hold_id_is_not_sent(wire: Wire, run: Commands) -> None:
    assert run("ana", "show", "../../v1/health").exit_code == 2
    assert wire.sent == []


def test_list_names_a_hold_that_was_altered(run: Commands, mila: User, placed: str) -> None:
    damage(Table.RIGHTS, partition_of(AccountId(mila.account_id)), f"hold#{placed}", sealed=b"altered")
    assert f"{placed} cannot be read" in run("boris", "list").output
