"""Tasks that fail, outages, refused credentials, jumps of the clock and kills during a deletion (STR-5)."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.rights.engine.step import Done, ErasureJob
from chalicelib.rights.erasure.delete import DELETE_AT_STREAM
from chalicelib.rights.request.notes import ErasureNotes
from chalicelib.stream import deletion, gateway
from chalicelib.stream.deletion import (
    MAX_ATTEMPTS,
    TASK_TIMEOUT,
    DeletionDoubt,
    DeletionPending,
    DeletionStopped,
)
from chalicelib.stream.model import (
    ChatProfile,
    CredentialsRefused,
    StreamDataKind,
    StreamRefused,
    StreamReport,
    StreamUnavailable,
)
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_requests import asks_for_erasure, stored
from tests.support.stream.chat import Chatters
from tests.support.stream.chat_deletions import (
    DELETED,
    DELETED_BEFORE,
    FAILURE,
    NO_USER,
    NOT_FOUND,
    REPEATED,
    TROUBLES,
    UNPROVEN,
    a_task,
    asked,
    attempts,
    ended,
    never_end,
    refuse,
    texts,
)
from tests.support.world.world import World

# --- tasks that fail, vanish or never end


@pytest.mark.promise("STR-5")
@pytest.mark.parametrize("doubt", TROUBLES)
def test_user_that_is_still_found_after_all_attempts_stops_for_an_operator(
    world: World, mila: UserId, stream: Emulator, counts: Counter[Metric], doubt: DeletionDoubt
) -> None:
    TROUBLES[doubt](stream)
    still_there = json.dumps({"users": [{"id": mila}]})
    stream.choose(unfinished_delete="finished")
    stream.fault(method="GET", path="/users", times=50, status=200, body=still_there)
    assert ended(world, mila) == DeletionStopped(doubt)
    assert attempts(stream) == MAX_ATTEMPTS
    assert counts[REPEATED] == MAX_ATTEMPTS - 1
    assert counts[UNPROVEN] == (MAX_ATTEMPTS + 1 if doubt is DeletionDoubt.LATE else 1)


@pytest.mark.promise("STR-5")
@pytest.mark.parametrize("doubt", [DeletionDoubt.FAILED, DeletionDoubt.TASK_GONE, DeletionDoubt.LATE])
def test_user_gone_without_a_report_leaves_messages_unconfirmed(
    world: World, mila: UserId, stream: Emulator, counts: Counter[Metric], doubt: DeletionDoubt
) -> None:
    TROUBLES[doubt](stream)
    stream.choose(unfinished_delete="finished")
    assert ended(world, mila) == NOT_FOUND
    assert NOT_FOUND.by_kind[StreamDataKind.MESSAGES] is StreamReport.UNCONFIRMED
    assert attempts(stream) == MAX_ATTEMPTS
    assert counts[UNPROVEN] > 0


@pytest.mark.promise("STR-5")
def test_failed_task_whose_data_stays_is_never_reported_as_deleted(
    world: World, chat: Chatters, stream: Emulator, counts: Counter[Metric]
) -> None:
    chat.says("Mila", "still there")
    stream.spoil_tasks(failure=FAILURE)
    found = ended(world, chat["Mila"])
    assert texts(stream) == ["still there"]
    assert found == DELETED_BEFORE
    assert StreamDataKind.MESSAGES in DELETED_BEFORE.unconfirmed
    assert counts[UNPROVEN] == 1


@pytest.mark.promise("STR-5")
@pytest.mark.parametrize("trouble", [DeletionDoubt.FAILED, DeletionDoubt.REFUSED])
def test_one_failure_is_repaired_by_the_second_attempt(
    world: World, chat: Chatters, stream: Emulator, counts: Counter[Metric], trouble: DeletionDoubt
) -> None:
    chat.says("Mila", "to be deleted")
    stream.choose(unfinished_delete="finished")
    if trouble is DeletionDoubt.FAILED:
        stream.spoil_tasks(failure=FAILURE)
    else:
        stream.fault(path="/users/delete", status=400, code=4)
    assert ended(world, chat["Mila"]) == DELETED
    assert texts(stream) == []
    assert counts == {REPEATED: 1}


@pytest.mark.promise("STR-5")
def test_request_that_gets_400_though_stream_deletes_is_checked_again(
    world: World, mila: UserId, stream: Emulator
) -> None:
    stream.fault(path="/users/delete", commit=True, status=400, code=4)
    assert ended(world, mila) == DELETED_BEFORE


@pytest.mark.promise("STR-5")
def test_task_that_stream_forgot_is_requested_again(world: World, mila: UserId, stream: Emulator) -> None:
    stream.choose(task_progress="instant", task_retention=60)
    task = a_task(mila)
    stream.advance(61)
    progress = deletion.poll(mila, task)
    assert asked(progress).attempts == 2
    stream.choose(task_retention=None)
    assert ended(world, mila, progress) == DELETED_BEFORE


def test_pauses_between_attempts_double(world: World, mila: UserId, stream: Emulator) -> None:
    refuse(stream)
    progress, pauses = deletion.start(mila), []
    while isinstance(progress, DeletionPending):
        pauses.append(progress.wait)
        assert deletion.poll(mila, progress.asked) == progress  # too early: nothing is sent
        assert attempts(stream) == len(pauses)
        world.advance(progress.wait)
        progress = deletion.poll(mila, progress.asked)
    assert pauses == [timedelta(minutes=minutes) for minutes in (5, 10, 20, 40)]


def test_task_is_polled_for_six_hours_before_a_repeat(
    world: World, mila: UserId, stream: Emulator, counts: Counter[Metric]
) -> None:
    never_end(stream)
    task = a_task(mila)
    world.advance(TASK_TIMEOUT - timedelta(seconds=1))
    assert asked(deletion.poll(mila, task)) == task
    world.advance(timedelta(seconds=1))
    assert asked(deletion.poll(mila, task)).task_id is None
    assert counts == {REPEATED: 1, UNPROVEN: 1}


def test_late_task_that_completed_is_accepted(world: World, mila: UserId, stream: Emulator) -> None:
    stream.choose(task_progress="instant")
    task = a_task(mila)
    world.advance(10 * TASK_TIMEOUT)
    assert deletion.poll(mila, task) == DELETED


# --- outages, credentials, clocks, crashes


FAULTS = [
    {"status": 429, "code": 9},
    {"status": 500},
    {"status": 503, "body": "<html>"},
    {"status": 200, "body": "<html>"},
    {"status": 500, "body": '"oops"'},
    {"drop_connection": True},
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("path", ["^/users/delete$", "^/tasks/", "^/users$"])
def test_outage_is_raised_and_no_attempt_is_counted(
    mila: UserId, stream: Emulator, counts: Counter[Metric], path: str, fault: dict[str, Any]
) -> None:
    stream.choose(task_progress="instant")
    # The SDK sends a GET again if the connection breaks.
    stream.fault(path=path, times=2 if "drop_connection" in fault and "delete" not in path else 1, **fault)
    if "delete" in path:
        with pytest.raises(StreamUnavailable):
            deletion.start(mila)
        task = a_task(mila)
    else:
        task = a_task(mila)
        with pytest.raises(StreamUnavailable):
            deletion.poll(mila, task)
    assert task.attempts == 1
    assert deletion.poll(mila, task) == DELETED
    assert not counts


def test_outage_beyond_the_patience_is_still_an_outage(world: World, mila: UserId, stream: Emulator) -> None:
    task = a_task(mila)
    world.advance(10 * TASK_TIMEOUT)
    stream.fault(path="/tasks", status=503, code=-1)
    with pytest.raises(StreamUnavailable):
        deletion.poll(mila, task)


@pytest.mark.promise("STR-5")
@pytest.mark.parametrize("path", ["^/users/delete$", "^/tasks/", "^/users$"])
@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_waited_for_without_a_limit(
    world: World, mila: UserId, stream: Emulator, path: str, status: int
) -> None:
    stream.choose(task_progress="instant")
    task = a_task(mila) if "delete" not in path else None
    world.advance(10 * TASK_TIMEOUT)
    stream.fault(path=path, status=status, code=43 if status == 401 else 17)
    if status == 403:
        stream.fault(path="/app", status=403, code=99)
    with pytest.raises(CredentialsRefused):
        deletion.poll(mila, task) if task else deletion.start(mila)
    assert ended(world, mila, deletion.poll(mila, task) if task else None) == DELETED


@pytest.mark.parametrize("path", ["^/users/delete$", "^/tasks/", "^/users$"])
def test_refusal_of_the_call_itself_is_raised_for_an_operator(
    mila: UserId, stream: Emulator, path: str
) -> None:
    stream.choose(task_progress="instant")
    task = a_task(mila) if "delete" not in path else None
    stream.fault(path=path, status=403, code=17)
    with pytest.raises(StreamRefused):
        deletion.poll(mila, task) if task else deletion.start(mila)


@pytest.mark.promise("STR-5")
def test_lost_answer_to_the_request_ends_as_deleted_before(
    world: World, mila: UserId, stream: Emulator
) -> None:
    stream.fault(path="/users/delete", commit=True, drop_connection=True)
    with pytest.raises(StreamUnavailable):
        deletion.start(mila)
    assert ended(world, mila) == DELETED_BEFORE


@pytest.mark.promise("STR-5")
def test_user_unknown_after_a_lost_answer_is_not_reported_as_never_sent(
    world: World, stream: Emulator
) -> None:
    request_id = asks_for_erasure(world.a_user().is_stepped_up())
    stream.fault(path="/users/delete", drop_connection=True)
    with pytest.raises(Unavailable):
        DELETE_AT_STREAM.run(ErasureJob(stored(request_id)))
    done = DELETE_AT_STREAM.run(ErasureJob(stored(request_id)))
    assert isinstance(done, Done)
    assert isinstance(done.notes, ErasureNotes)
    assert done.notes.stream_answer
    assert done.notes.stream_answer.user is StreamReport.NOT_FOUND


@pytest.mark.promise("STR-5")
def test_run_that_is_killed_after_each_call_ends_the_same(
    world: World, mila: UserId, stream: Emulator
) -> None:
    stream.spoil_tasks(failure=FAILURE)
    stream.choose(unfinished_delete="finished", repeated_delete="task_ok")
    progress = deletion.start(mila)
    while isinstance(progress, DeletionPending):
        world.advance(progress.wait)
        deletion.poll(mila, progress.asked)  # killed before its result is stored
        progress = deletion.poll(mila, progress.asked)
    assert progress == DELETED


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)])
def test_jump_of_the_clock_does_not_hold_up_a_deletion(
    world: World, mila: UserId, stream: Emulator, jump: timedelta
) -> None:
    refuse_once = {"path": "/users/delete", "status": 400, "code": 4}
    stream.fault(**refuse_once)
    planned = asked(deletion.start(mila))
    moved = replace(planned, at=planned.at - jump)  # as if it had been stored before the jump
    task = asked(deletion.poll(mila, moved))
    assert task.task_id
    late = deletion.poll(mila, replace(task, at=task.at - jump))
    assert asked(late).attempts == task.attempts + 1  # treated as late: asked again, and not waited for


def test_stopped_deletion_starts_again_with_all_attempts(
    world: World, mila: UserId, stream: Emulator
) -> None:
    refuse(stream)
    assert ended(world, mila) == DeletionStopped(DeletionDoubt.REFUSED)
    assert ended(world, mila) == DELETED


@pytest.mark.promise("STR-5")
def test_user_written_by_a_late_call_after_the_end_is_found_and_deleted(
    world: World, stream: Emulator
) -> None:
    user_id = UserId.new()
    assert ended(world, user_id) == NO_USER
    gateway.upsert([ChatProfile(user_id, "Mila", None)])  # sent before the account was frozen
    assert not deletion.is_gone(user_id)
    assert ended(world, user_id) == DELETED
