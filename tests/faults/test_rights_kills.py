"""Tests that a step or duty that kills its worker in every run stops, with no effect twice."""

from __future__ import annotations

from collections import Counter

import pytest

from chalicelib.core.settings import settings
from chalicelib.rights.copy import right as copy_right
from chalicelib.rights.engine.engine import MAX_TRIES
from chalicelib.rights.request import declaration
from infra.stream_emulator import Emulator
from tests.faults.flows import ADDRESS
from tests.faults.flows_kills import (
    LEASE,
    MAIL,
    ORDER,
    KilledAfterEveryOutcome,
    KilledBeforeTheLease,
    KilledInEveryDuty,
    KilledInEveryTransfer,
    KilledUntilStopped,
    TransferredAndDiscarded,
)
from tests.faults.playing import Ending, play
from tests.faults.test_every_crash import assert_same_end

_STORED, _DELETED = "s3.CompleteMultipartUpload", "s3.DeleteObject"
_proof = pytest.mark.proof
_undisturbed: list[Ending] = []


def play_undisturbed(stream: Emulator) -> Ending:
    if not _undisturbed:
        _undisturbed.append(play(TransferredAndDiscarded, stream))
    return _undisturbed[0]


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize(
    ("step", "effect"),
    # A run that is killed after some pins has made progress, so that case never stops and is not listed.
    [
        (copy_right.ASK_STREAM, ORDER),
        pytest.param(declaration.ANNOUNCE, LEASE, marks=_proof),
        pytest.param(declaration.PIN, LEASE, marks=_proof),
        pytest.param(copy_right.ASK_STREAM, LEASE, marks=_proof),
        pytest.param(copy_right.AWAIT_STREAM, LEASE, marks=_proof),
        pytest.param(copy_right.ASSEMBLE, LEASE, marks=_proof),
        pytest.param(copy_right.ASSEMBLE, _STORED, marks=_proof),
        pytest.param(copy_right.TRANSFER, LEASE, marks=_proof),
        pytest.param(copy_right.DELIVER, LEASE, marks=_proof),
        pytest.param(copy_right.DISCARD, LEASE, marks=_proof),
        pytest.param(copy_right.DISCARD, _DELETED, marks=_proof),
    ],
)
def test_step_killed_in_every_run_stops_and_completes_once_retried(
    stream: Emulator, monkeypatch: pytest.MonkeyPatch, step: str, effect: str
) -> None:
    monkeypatch.setattr(KilledUntilStopped, "step", step)
    monkeypatch.setattr(KilledUntilStopped, "effect", effect)
    ended = play(KilledUntilStopped, stream)
    assert_same_end(KilledUntilStopped, play_undisturbed(stream), ended)
    expected, found = Counter(play_undisturbed(stream).effects), Counter(ended.effects)
    outside = {name for name in found if not name.startswith(("dynamodb.", "sqs."))}
    more = {name: found[name] - expected[name] for name in outside if found[name] != expected[name]}
    assert {name for name in more if not name.startswith((effect, "s3."))} == set()
    assert all(number <= MAX_TRIES for number in more.values())


@_proof
@pytest.mark.promise("RGT-10")
def test_worker_that_is_killed_after_each_mail_sends_one_mail(
    stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KilledUntilStopped, "step", declaration.ANNOUNCE)
    monkeypatch.setattr(KilledUntilStopped, "effect", MAIL)
    monkeypatch.setattr(KilledUntilStopped, "stops", 0)
    ended = play(KilledUntilStopped, stream)
    assert_same_end(KilledUntilStopped, play_undisturbed(stream), ended)
    assert ended.messages == play_undisturbed(stream).messages
    assert ended.watch.faults == 1


@pytest.mark.promise("RGT-8")
def test_transfer_killed_in_every_attempt_makes_the_answer_partial(
    stream: Emulator,
) -> None:
    play(KilledInEveryTransfer, stream)


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("effect", [LEASE, pytest.param(MAIL, marks=_proof)])
def test_duty_killed_in_every_run_is_postponed_and_does_not_delay_steps(
    stream: Emulator, monkeypatch: pytest.MonkeyPatch, effect: str
) -> None:
    monkeypatch.setattr(KilledInEveryDuty, "duty_effect", effect)
    ended = play(KilledInEveryDuty, stream)
    assert ended.messages[ADDRESS] == play_undisturbed(stream).messages[ADDRESS]
    assert ended.messages[settings().contact_email] <= MAX_TRIES  # reminders to operators, not to the subject
    assert ended.watch.after_kill == []


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize(
    "kind",
    [pytest.param(KilledBeforeTheLease, marks=_proof), pytest.param(KilledAfterEveryOutcome, marks=_proof)],
)
def test_request_completes_although_every_worker_is_killed_at_one_point(
    stream: Emulator, kind: type[TransferredAndDiscarded]
) -> None:
    assert_same_end(kind, play_undisturbed(stream), play(kind, stream))
