"""Tests that a job killed at the same write of several runs ends like an undisturbed one."""

from __future__ import annotations

import pytest

from infra.stream_emulator import Emulator
from tests.faults import flows
from tests.faults.flows_idle import ClosingIdle
from tests.faults.flows_purge import Purging
from tests.faults.flows_reconciliation import Reconciling
from tests.faults.playing import Flow, Streak, play, sampled
from tests.faults.test_every_crash import assert_same_end, play_undisturbed

# Jobs started by the schedule, by a table's stream, and by a topic, which Lambda tries three times.
_JOBS: dict[type[Flow], int] = {
    flows.Announcing: 4,
    flows.RenewingEvidence: 4,
    flows.Checkpointing: 4,
    flows.ChangingTheProfile: 4,
    flows.LoggingOutEverywhere: 4,
    flows.RecordingABounce: 2,
    ClosingIdle: 4,
    Purging: 4,
    Reconciling: 4,
}


_MOST_WRITES = 100  # of any of these jobs; a comparison that fails must not go on for ever


def kill_and_compare(kind: type[Flow], write: int, stream: Emulator) -> int:
    """Kill runs in a row, compare the ending; returns the number of killed runs."""
    found = play(kind, stream, streak=Streak(write, _JOBS[kind]))
    assert_same_end(kind, play_undisturbed(kind.name, stream), found)
    return found.watch.faults


@pytest.mark.parametrize(
    "kind", [flows.Announcing, flows.RecordingABounce, Purging], ids=lambda kind: kind.name
)
def test_job_killed_at_its_first_write_in_several_runs_ends_like_undisturbed(
    stream: Emulator, kind: type[Flow]
) -> None:
    assert kill_and_compare(kind, 1, stream) >= _JOBS[kind] - 1


@pytest.mark.proof
@pytest.mark.parametrize("kind", _JOBS, ids=lambda kind: kind.name)
def test_job_killed_at_any_one_write_in_several_runs_ends_like_undisturbed(
    stream: Emulator, subtests: pytest.Subtests, kind: type[Flow]
) -> None:
    for write in sampled(range(1, _MOST_WRITES), 3):
        with subtests.test(write=write):
            if kill_and_compare(kind, write, stream) == 0:
                break
    assert 1 < write < _MOST_WRITES - 1
