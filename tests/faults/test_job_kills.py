"""A job killed at the same write of several runs in a row ends as an undisturbed one."""

from __future__ import annotations

import itertools

import pytest

from infra.stream_emulator import Emulator
from tests.faults import flows
from tests.faults.playing import Flow, Streak, play
from tests.faults.test_every_crash import same_end, undisturbed

# Jobs started by the schedule, by a table's stream, and by a topic, which Lambda tries three times.
_JOBS: dict[type[Flow], int] = {
    flows.Announcing: 4,
    flows.RenewingEvidence: 4,
    flows.Checkpointing: 4,
    flows.ChangingTheProfile: 4,
    flows.LoggingOutEverywhere: 4,
    flows.NotingABounce: 2,
}


def killed_in_a_row(kind: type[Flow], write: int, stream: Emulator) -> int:
    """Compare the ends; returns how many runs were killed."""
    found = play(kind, stream, streak=Streak(write, _JOBS[kind]))
    same_end(kind, undisturbed(kind.name, stream), found)
    return found.watch.mishaps


@pytest.mark.parametrize("kind", [flows.Announcing, flows.NotingABounce], ids=lambda kind: kind.name)
def test_job_killed_at_its_first_write_in_several_runs_ends_as_undisturbed(
    stream: Emulator, kind: type[Flow]
) -> None:
    assert killed_in_a_row(kind, 1, stream) >= _JOBS[kind] - 1


@pytest.mark.proof
@pytest.mark.parametrize("kind", _JOBS, ids=lambda kind: kind.name)
def test_job_killed_at_the_same_write_in_several_runs_ends_as_undisturbed(
    stream: Emulator, subtests: pytest.Subtests, kind: type[Flow]
) -> None:
    for write in itertools.count(1):
        with subtests.test(write=write):
            if killed_in_a_row(kind, write, stream) == 0:
                break
    assert write > 1
