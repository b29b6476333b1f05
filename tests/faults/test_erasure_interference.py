"""Tests that an erasure has one of two outcomes, whatever other callers do and whatever the clocks say.

The subject cancels, or a person signs up with the number, just before each side effect of the worker.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.core.clock import MINUTE
from infra.stream_emulator import Emulator
from tests.faults.flows_erasure import (
    CancelledDuringErasure,
    Erasing,
    Interfered,
    KilledAgainAndAgain,
    Outlived,
    SignedUpDuringErasure,
)
from tests.faults.flows_holds import HeldMeanwhile
from tests.faults.playing import play, sampled
from tests.faults.test_every_crash import play_undisturbed
from tests.support.faults.crash import How, Point

_proof = pytest.mark.proof
_PARTS = 2
_CAPTURE, _ACCOUNT_GONE = "erasure_inputs", "BatchWriteItem"
_EFFECTS_OF_INTAKE = 3  # count of the daily limit, transaction, message


def interfere(kind: type[Interfered], number: int, stream: Emulator) -> None:
    assert play(kind, stream, Point(number, How.OVERTAKEN)).watch.reached


def first(effect: str, stream: Emulator) -> int:
    """Return the number of the first side effect of this name."""
    effects = play_undisturbed(Erasing.name, stream).effects
    return next(number for number, name in enumerate(effects) if effect in name)


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("effect", [pytest.param("stream.POST /users/*/deactivate", marks=_proof), _CAPTURE])
def test_cancellation_in_a_race_restores_the_account_or_is_too_late(stream: Emulator, effect: str) -> None:
    interfere(CancelledDuringErasure, first(effect, stream), stream)


@_proof
@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("part", range(_PARTS))
def test_cancellation_at_any_moment_restores_the_account_or_is_too_late(
    stream: Emulator, subtests: pytest.Subtests, part: int
) -> None:
    for number in sampled(range(_EFFECTS_OF_INTAKE + part, first(_CAPTURE, stream) + 2, _PARTS), 4):
        with subtests.test(f"before {number}"):
            interfere(CancelledDuringErasure, number, stream)


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("effect", [pytest.param(_CAPTURE, marks=_proof), _ACCOUNT_GONE])
def test_signup_in_a_race_brings_nothing_back(stream: Emulator, effect: str) -> None:
    interfere(SignedUpDuringErasure, first(effect, stream), stream)


@_proof
@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("part", range(_PARTS))
def test_signup_at_any_moment_brings_nothing_back(
    stream: Emulator, subtests: pytest.Subtests, part: int
) -> None:
    effects = play_undisturbed(Erasing.name, stream).effects
    for number in sampled(range(_EFFECTS_OF_INTAKE + 9 * part, len(effects), 9 * _PARTS), 4):
        with subtests.test(f"before {number} {effects[number]}"):
            interfere(SignedUpDuringErasure, number, stream)


@_proof
@pytest.mark.promise("RET-3")
@pytest.mark.parametrize("effect", [_CAPTURE, _ACCOUNT_GONE])
def test_hold_in_a_race_is_seen_or_too_late(stream: Emulator, effect: str) -> None:
    interfere(HeldMeanwhile, first(effect, stream), stream)


@_proof
@pytest.mark.promise("RET-3")
@pytest.mark.parametrize("part", range(_PARTS))
def test_hold_at_any_moment_is_seen_or_too_late(
    stream: Emulator, subtests: pytest.Subtests, part: int
) -> None:
    for number in sampled(range(_EFFECTS_OF_INTAKE + 4 * part, first(_CAPTURE, stream) + 4, 4 * _PARTS), 4):
        with subtests.test(f"before {number}"):
            interfere(HeldMeanwhile, number, stream)


@_proof
@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("off", [20 * MINUTE, -20 * MINUTE], ids=str)
def test_erasure_is_certified_in_order_if_the_clock_of_one_process_is_off(
    stream: Emulator, subtests: pytest.Subtests, off: timedelta
) -> None:
    for number in sampled(range(2, play_undisturbed(Erasing.name, stream).processes + 1, 4), 4):
        with subtests.test(f"process {number}"):
            play(Erasing, stream, skew=(number, off))


@_proof
@pytest.mark.promise("RGT-3")
def test_worker_that_outlives_its_lease_changes_nothing(stream: Emulator, subtests: pytest.Subtests) -> None:
    undisturbed = play_undisturbed(Erasing.name, stream)
    for number in sampled(range(_EFFECTS_OF_INTAKE, len(undisturbed.effects), 13), 4):
        with subtests.test(f"before {number} {undisturbed.effects[number]}"):
            ended = play(Outlived, stream, Point(number, How.OVERTAKEN))
            assert ended.messages <= undisturbed.messages


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=_proof) for seed in range(1, 7))])
def test_erasure_whose_workers_are_killed_again_and_again_is_certified(
    stream: Emulator, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(KilledAgainAndAgain, "seed", seed)
    ended = play(KilledAgainAndAgain, stream)
    assert ended.messages <= play_undisturbed(Erasing.name, stream).messages
