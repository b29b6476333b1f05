"""A step or duty that kills its worker in every run reaches a limit, without double effects."""

from __future__ import annotations

from collections import Counter

import pytest

from chalicelib.core.settings import settings
from chalicelib.rights import procedures
from chalicelib.rights.engine.engine import MOST_TRIES
from infra.stream_emulator import Emulator
from tests.faults.flows import ADDRESS
from tests.faults.flows_kills import (
    LEASE,
    MAIL,
    ORDER,
    HandedOnAndDiscarded,
    KilledAfterEveryOutcome,
    KilledBeforeTheLease,
    KilledInEveryDuty,
    KilledInEveryTransfer,
    KilledUntilStopped,
)
from tests.faults.playing import Ending, play
from tests.faults.test_every_crash import same_end

_STORED, _DELETED = "s3.CompleteMultipartUpload", "s3.DeleteObject"
_proof = pytest.mark.proof
_undisturbed: list[Ending] = []


def undisturbed(stream: Emulator) -> Ending:
    if not _undisturbed:
        _undisturbed.append(play(HandedOnAndDiscarded, stream))
    return _undisturbed[0]


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize(
    ("step", "effect"),
    # Pins remain, so a run that is killed after some of them made progress, and that case never stops.
    [
        (procedures.ASK_STREAM, ORDER),
        pytest.param(procedures.ANNOUNCE, LEASE, marks=_proof),
        pytest.param(procedures.PIN, LEASE, marks=_proof),
        pytest.param(procedures.ASK_STREAM, LEASE, marks=_proof),
        pytest.param(procedures.AWAIT_STREAM, LEASE, marks=_proof),
        pytest.param(procedures.ASSEMBLE, LEASE, marks=_proof),
        pytest.param(procedures.ASSEMBLE, _STORED, marks=_proof),
        pytest.param(procedures.TRANSFER, LEASE, marks=_proof),
        pytest.param(procedures.DELIVER, LEASE, marks=_proof),
        pytest.param(procedures.DISCARD, LEASE, marks=_proof),
        pytest.param(procedures.DISCARD, _DELETED, marks=_proof),
    ],
)
def test_step_killed_in_every_run_stops_and_completes_once_retried(
    stream: Emulator, monkeypatch: pytest.MonkeyPatch, step: str, effect: str
) -> None:
    monkeypatch.setattr(KilledUntilStopped, "step", step)
    monkeypatch.setattr(KilledUntilStopped, "effect", effect)
    ended = play(KilledUntilStopped, stream)
    same_end(KilledUntilStopped, undisturbed(stream), ended)
    expected, found = Counter(undisturbed(stream).effects), Counter(ended.effects)
    outside = {name for name in found if not name.startswith(("dynamodb.", "sqs."))}
    more = {name: found[name] - expected[name] for name in outside if found[name] != expected[name]}
    assert {name for name in more if not name.startswith((effect, "s3."))} == set()
    assert all(number <= MOST_TRIES for number in more.values())


@_proof
@pytest.mark.promise("RGT-10")
def test_worker_killed_after_every_mail_sends_only_one(
    stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KilledUntilStopped, "step", procedures.ANNOUNCE)
    monkeypatch.setattr(KilledUntilStopped, "effect", MAIL)
    monkeypatch.setattr(KilledUntilStopped, "stops", 0)
    ended = play(KilledUntilStopped, stream)
    same_end(KilledUntilStopped, undisturbed(stream), ended)
    assert ended.messages == undisturbed(stream).messages
    assert ended.watch.mishaps == 1


@pytest.mark.promise("RGT-8")
def test_transfer_killed_in_every_attempt_makes_the_answer_partial(
    stream: Emulator,
) -> None:
    play(KilledInEveryTransfer, stream)


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("effect", [LEASE, pytest.param(MAIL, marks=_proof)])
def test_duty_killed_in_every_run_is_postponed_and_blocks_no_step(
    stream: Emulator, monkeypatch: pytest.MonkeyPatch, effect: str
) -> None:
    monkeypatch.setattr(KilledInEveryDuty, "duty_effect", effect)
    ended = play(KilledInEveryDuty, stream)
    assert ended.messages[ADDRESS] == undisturbed(stream).messages[ADDRESS]
    assert (
        ended.messages[settings().contact_email] <= MOST_TRIES
    )  # reminders to operators, not to the subject
    assert ended.watch.after_death == []


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize(
    "kind",
    [pytest.param(KilledBeforeTheLease, marks=_proof), pytest.param(KilledAfterEveryOutcome, marks=_proof)],
)
def test_request_completes_although_every_worker_dies_at_one_point(
    stream: Emulator, kind: type[HandedOnAndDiscarded]
) -> None:
    same_end(kind, undisturbed(stream), play(kind, stream))
