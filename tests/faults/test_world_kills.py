"""Tests that the seeded world reaches the same end state although each job is killed at its effects."""

from __future__ import annotations

import pytest

from infra.stream_emulator import Emulator
from tests.faults.flows_world import Converging, KilledAtEachEffect, KilledAtEachSecondEffect
from tests.faults.playing import play
from tests.faults.test_every_crash import assert_same_end


@pytest.mark.proof
@pytest.mark.promise("RET-1", "STR-5")
def test_seeded_world_converges_from_any_kill_point(stream: Emulator, subtests: pytest.Subtests) -> None:
    undisturbed = play(Converging, stream)
    for kind in (KilledAtEachEffect, KilledAtEachSecondEffect):
        with subtests.test(kind.name):
            assert_same_end(kind, undisturbed, play(kind, stream))
