"""Tests that a killed worker changes no outcome of an erasure: at each effect, and in every run of a step.

The kills at each effect, one or two in a row, are divided into parts that run beside each other.
"""

from __future__ import annotations

import pytest

from chalicelib.rights.erasure import right as erasure_right
from chalicelib.rights.request import procedures
from chalicelib.rights.request.terms import Right
from infra.stream_emulator import Emulator
from tests.faults.flows_erasure import Erasing, ErasureKilledUntilStopped, KeepingKilledUntilStopped
from tests.faults.flows_kills import LEASE
from tests.faults.playing import play, sampled
from tests.faults.test_every_crash import assert_same_end, check_point, play_undisturbed
from tests.support.faults.crash import How, Point
from tests.support.sample import tried

_proof = pytest.mark.proof
_PARTS = 4
_STEPS = procedures.steps_of(Right.ERASURE)
# The point of no return, the first deletion that cannot be undone anywhere, and the certificate.
_POINTS_OF_EVERY_RUN = ("erasure_inputs", "users/delete", "TransactWriteItems(certificate")


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize(
    "effect",
    [_POINTS_OF_EVERY_RUN[0], *(pytest.param(one, marks=_proof) for one in _POINTS_OF_EVERY_RUN[1:])],
)
def test_erasure_ends_the_same_if_its_worker_is_killed_after_an_irreversible_effect(
    stream: Emulator, subtests: pytest.Subtests, effect: str
) -> None:
    effects = play_undisturbed(Erasing.name, stream).effects
    number = next(number for number, name in enumerate(effects) if effect in name)
    check_point(Erasing.name, Point(number, How.KILLED), stream, subtests, "")


@_proof
@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("part", range(_PARTS))
def test_erasure_ends_the_same_wherever_its_worker_is_killed(
    stream: Emulator, subtests: pytest.Subtests, part: int, crash_at: str
) -> None:
    effects = play_undisturbed(Erasing.name, stream).effects
    # A kill after a message is sent only delivers the message before again, which every flow tests.
    points = [number for number, name in enumerate(effects) if not name.startswith("sqs.")]
    for number in sampled(points[part::_PARTS], 8):
        how = How.KILLED if number % 3 else How.KILLED_TWICE  # either is a kill after this effect
        check_point(Erasing.name, Point(number, how), stream, subtests, crash_at)


@_proof
@pytest.mark.promise("RGT-3")
def test_erasure_ends_the_same_if_any_answer_is_lost(
    stream: Emulator, subtests: pytest.Subtests, crash_at: str
) -> None:
    effects = play_undisturbed(Erasing.name, stream).effects
    for number in sampled(sorted({effects.index(name) for name in effects}), 6):
        check_point(Erasing.name, Point(number, How.UNANSWERED), stream, subtests, crash_at)


@pytest.mark.promise("RGT-3", "RGT-10")
@pytest.mark.parametrize(
    ("step", "effect"),
    [
        (erasure_right.DELETE_AT_STREAM, "stream.POST /users/delete"),
        pytest.param(erasure_right.SUSPEND_AT_STREAM, "stream.PATCH /users", marks=_proof),
        pytest.param(erasure_right.CERTIFY, "kms.Sign", marks=_proof),
        *(pytest.param(step, LEASE, marks=_proof) for step in tried(_STEPS, _STEPS[::2])),
    ],
)
def test_step_of_an_erasure_killed_in_every_run_stops_and_a_retry_completes_it(
    stream: Emulator, monkeypatch: pytest.MonkeyPatch, step: str, effect: str
) -> None:
    monkeypatch.setattr(ErasureKilledUntilStopped, "step", step)
    monkeypatch.setattr(ErasureKilledUntilStopped, "effect", effect)
    ended = play(ErasureKilledUntilStopped, stream)
    assert_same_end(ErasureKilledUntilStopped, play_undisturbed(Erasing.name, stream), ended)


@_proof
@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("step", [erasure_right.THAW, erasure_right.RESUME_AT_STREAM])
def test_step_of_a_cancellation_killed_in_every_run_stops_and_a_retry_completes_it(
    stream: Emulator, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(KeepingKilledUntilStopped, "step", step)
    play(KeepingKilledUntilStopped, stream)
