"""`ledger verify` and `rights verify` print findings about chains and exit with a status."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from chalicelib.core import clock
from chalicelib.core.chain import Chain
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId
from infra.ops import standing_in
from infra.ops.__main__ import app
from tests.support.clouds.environment import REGION
from tests.support.world.ledger import MILA, checkpoint, empty_archive, overwrite, write
from tests.support.world.world import World

pytestmark = pytest.mark.usefixtures("archived")

Run = Callable[..., tuple[int, str]]

UNSIGNED = "nothing is signed yet: there is no checkpoint\n"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, which has the function's settings."""
    monkeypatch.setattr(standing_in, "act_as", lambda *_: None)

    def running(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*words, "--stage", "staging", "--region", REGION])
        return done.exit_code, done.output

    return running


def test_entries_before_the_first_checkpoint_are_reported_as_unsigned(run: Run) -> None:
    write(MILA, 2)
    assert run("ledger", "verify") == (0, f"{UNSIGNED}{MILA.name}: covered up to 0, 0 findings\n")


def test_empty_ledger_is_valid(run: Run) -> None:
    assert run("ledger", "verify") == (0, UNSIGNED)


def test_altered_entry_is_found_also_without_a_checkpoint(run: Run) -> None:
    write(MILA, 2)
    overwrite(MILA, 1, payload="{}")
    code, said = run("ledger", "verify", "--chain", MILA.name)
    assert code == 3
    assert f"  Tampered: chain {MILA.name}, seq 1\n" in said


def test_evidence_of_a_request_is_not_signed_before_the_first_checkpoint(run: Run) -> None:
    request_id = RightsRequestId.new()
    write(Chain("rights", request_id), 1)
    signed = f"rights#{request_id}: covered up to 0, 0 findings\n"
    assert run("rights", "verify", request_id) == (0, UNSIGNED + signed)


def test_note_about_unsigned_entries_is_printed_until_the_first_checkpoint(run: Run, world: World) -> None:
    write(MILA, 1)
    checkpoint(world)
    assert run("ledger", "verify", "--chain", MILA.name) == (
        0,
        f"{MILA.name}: covered up to 1, 0 findings\n",
    )


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("signed_anew", [False, True])
def test_emptied_archive_is_a_finding_before_and_after_it_is_signed_anew(
    run: Run, world: World, *, signed_anew: bool
) -> None:
    at = clock.to_text(clock.now())
    write(MILA, 1)
    checkpoint(world)
    world.advance(2 * DAY)
    assert run("ledger", "verify")[0] == 0
    empty_archive()
    if signed_anew:
        checkpoint(world)
    code, said = run("ledger", "verify")
    assert code == 3
    assert f"NotSignedInTime: chain {MILA.name}, at {at[:10]}" in said
    assert said.startswith("nothing is signed yet") is not signed_anew


@pytest.mark.parametrize("checkpoints", [0, 1])
def test_chain_that_does_not_exist_is_refused(run: Run, world: World, checkpoints: int) -> None:
    write(MILA, 1)
    for _ in range(checkpoints):
        checkpoint(world)
    code, said = run("ledger", "verify", "--chain", "consent#p-invented")
    assert code == 1
    assert "refused: consent#p-invented does not exist" in said


def test_verification_of_a_request_that_does_not_exist_is_refused(run: Run) -> None:
    request_id = RightsRequestId.new()
    code, said = run("rights", "verify", request_id)
    assert code == 1
    assert f"refused: rights#{request_id} does not exist" in said
