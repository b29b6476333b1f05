"""Tests that a roll-up killed at the same write of every run finishes, or an alarm fires."""

from __future__ import annotations

import pytest

from infra.stream_emulator import Emulator
from tests.faults.flows_usage import KilledInEveryRun, RollingUpInParts, published_figures, start_and_kill
from tests.faults.playing import Run, play
from tests.support.faults.crash import How


@pytest.mark.proof
@pytest.mark.promise("RET-4")
@pytest.mark.parametrize("write", [1, 2, 3, 5])
def test_roll_up_killed_after_the_same_write_of_every_run_still_finishes(
    stream: Emulator, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    monkeypatch.setattr(KilledInEveryRun, "write", write)
    ended, undisturbed = play(KilledInEveryRun, stream), play(RollingUpInParts, stream)
    assert ended.timeless == undisturbed.timeless
    assert ended.watch.faults > 1 or write > len(undisturbed.effects)


@pytest.mark.promise("RET-4")
def test_roll_up_killed_before_its_first_write_is_reported_overdue(
    stream: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a write there is no progress, so the alarm has to fire."""

    class KilledAtOnce(RollingUpInParts):
        def play(self, run: Run) -> None:
            for _ in range(3):
                capsys.readouterr()
                start_and_kill(run, 1, How.NOT_STARTED)
                assert '"UsageDaysOverdue":[1.0]' in capsys.readouterr().out.replace(" ", "")
            assert run.watch.effects == []
            assert published_figures() == {}
            run.watch.point = None
            super().play(run)

    play(KilledAtOnce, stream)
