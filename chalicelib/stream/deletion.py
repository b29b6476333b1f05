"""Deletes a user at Stream, and finds out whether Stream did: request, poll, check, ask again.

The steps of an erasure call it:

    delete_at_stream       found = deletion.start(user_id)
    await_stream_deletion  found = deletion.poll(user_id, asked)     until it is no DeletionPending
    verify_deletion        deletion.is_gone(user_id)

`DeletionPending.asked` is all that is stored between two runs: a random task id, an instant, a count and the
extent. `StreamDeletion` is the end. `DeletionStopped` needs an operator, whose retry calls `start` again.

Invariants:

- No call creates or restores a user: this module sends `POST /users/delete`, `GET /tasks/{id}` and
  `GET /users`. User IDs are never reused, so a repeated deletion does no harm. A run may be killed after each
  call and run again.
- A completed task alone proves nothing. The end needs a report about this user and a query that no longer
  finds the user, or finds it with `deleted_at`.
- Stream hides a user before it deletes the messages. So an absent user proves nothing about messages, files
  and calls; without a report by Stream they are `UNCONFIRMED`, and an alarm rings.
- A request that Stream did not confirm is repeated at most four times, after growing pauses. It is
  counted in what the caller stores before the request is sent. A run that is killed between the two repeats
  the request and does not count twice.
- An outage is not counted: `StreamUnavailable` is raised and the caller waits, without a limit. Refused
  credentials are a kind of it. Any other refusal is raised as `StreamRefused`, for an operator.
- No clock can hold up a deletion for good: an instant that is too far in the future counts as past.

What follows from an answer ("again": after a pause, while requests are left):

| answer | query does not find the user | query finds the user |
|---|---|---|
| task completed, `ok` for the user | deleted | queried for six hours, then again, then stopped |
| task completed, the user failed or is missing | again, then stopped | again, then stopped |
| "was deleted": 404, or in the task's result | deleted before | again, then stopped |
| no such user: 404, or in the task's result | no user; not found after a repeat | again, then stopped |
| task failed, unknown, or late; request got 400 | again, then not found | again, then stopped |

If the answer to a request is lost although Stream made a task, the next run requests it again: "was deleted".
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.core import clock, metrics
from chalicelib.core.clock import HOUR, MINUTE
from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.privacy.purposes import ExplainedEnum
from chalicelib.stream import gateway
from chalicelib.stream.model import (
    InputRefused,
    StreamDeletion,
    StreamDeletionTask,
    StreamReport,
    Task,
    TaskId,
    TaskNotFound,
    TaskOutcome,
    TaskState,
    UserBurned,
    UserDeletedBefore,
)

# Stream documents no maximum time for a task. Five tasks that never end take 31 hours, which leaves an
# operator four weeks to ask Stream's support.
TASK_TIMEOUT = 6 * HOUR
MAX_USERS_PER_QUERY = gateway.MAX_USERS_PER_CALL
MAX_ATTEMPTS = 5

_FIRST_PAUSE = 5 * MINUTE  # doubles: 5, 10, 20 and 40 minutes
_LONGEST_PAUSE = _FIRST_PAUSE * 2 ** (MAX_ATTEMPTS - 2)

# While a task is pending, the next poll is due after as long as the task has taken so far.
_SHORTEST_POLL, _LONGEST_POLL = timedelta(seconds=1), 10 * MINUTE


@dataclass(frozen=True)
class DeletionPending:
    """Store `asked`, and poll after `wait`. Polling earlier does no harm."""

    asked: StreamDeletionTask
    wait: timedelta


class DeletionDoubt(ExplainedEnum):
    """Why Stream's answer does not show that the user is deleted: a word, and a text for operators."""

    STILL_THERE = ("still_there", "Stream reported that the user is gone, but still finds the user.")
    NOT_DONE_FOR_USER = ("not_done_for_user", "Stream completed the task, but not for this user.")
    FAILED = ("failed", "Stream's task failed.")
    TASK_GONE = ("task_gone", "Stream does not know its task any more.")
    LATE = ("late", "Stream's task did not end in time.")
    REFUSED = ("refused", "Stream refused the request as invalid.")


# Doubts that say nothing about the user; if Stream does not find the user either, it is gone.
_ABOUT_THE_TASK = frozenset(
    {DeletionDoubt.FAILED, DeletionDoubt.TASK_GONE, DeletionDoubt.LATE, DeletionDoubt.REFUSED}
)

# Stream is hours late or contradicts itself, so the alarm rings at once and not only at the end.
_OVERDUE = frozenset({DeletionDoubt.LATE, DeletionDoubt.STILL_THERE})


@dataclass(frozen=True)
class DeletionStopped:
    """All deletion requests are used up and the user is not known to be deleted; for an operator."""

    doubt: DeletionDoubt


DeletionProgress = DeletionPending | StreamDeletion | DeletionStopped


def start(user_id: UserId, first_asked_at: datetime | None = None) -> DeletionProgress:
    """Request the deletion with the configured extent.

    Args:
        user_id: the user.
        first_asked_at: when an earlier request may have been sent. Then an answer that there is no such user
            does not mean that there never was one.

    Raises:
        StreamUnavailable, StreamRefused: as above; Stream may have begun to delete.
    """
    attempts = 2 if first_asked_at else 1
    return _request(user_id, StreamDeletionTask(None, clock.now(), attempts, settings().stream_erasure))


def poll(user_id: UserId, asked: StreamDeletionTask) -> DeletionProgress:
    """Read the state of the task, or request the deletion again when that is due.

    Raises:
        StreamUnavailable, StreamRefused: as above; nothing was lost.
    """
    if asked.task_id is None:
        left = asked.at - clock.now()
        if timedelta(0) < left <= _LONGEST_PAUSE:
            return DeletionPending(asked, left)
        return _request(user_id, asked)
    return _poll_task(user_id, asked, TaskId(asked.task_id))


def is_gone(user_id: UserId) -> bool:
    """Whether Stream does not find the user, or only as deleted.

    Raises:
        StreamUnavailable, StreamRefused: it is not known.
    """
    return not still_there([user_id])


def still_there(user_ids: list[UserId]) -> frozenset[UserId]:
    """The users of up to `MAX_USERS_PER_QUERY` that Stream finds, not as deleted.

    Raises:
        StreamUnavailable, StreamRefused: it is not known.
    """
    return frozenset(UserId(user.id) for user in gateway.find_users(user_ids) if not user.is_deleted)


def _poll_task(user_id: UserId, asked: StreamDeletionTask, task_id: TaskId) -> DeletionProgress:
    try:
        task = gateway.task(task_id)
    except TaskNotFound:
        return _doubt(user_id, asked, DeletionDoubt.TASK_GONE)
    if task.state is TaskState.COMPLETED:
        return _decide(user_id, asked, task)
    if task.state is TaskState.FAILED:
        return _doubt(user_id, asked, DeletionDoubt.FAILED)
    if _is_late(asked):
        return _doubt(user_id, asked, DeletionDoubt.LATE)
    return _wait_for(asked)


def _request(user_id: UserId, asked: StreamDeletionTask) -> DeletionProgress:
    try:
        task_id = gateway.delete_users([user_id], asked.extent)
    except UserDeletedBefore:
        report = StreamReport.DELETED_BEFORE
    except UserBurned:
        report = StreamReport.NO_USER
    except InputRefused:
        return _doubt(user_id, asked, DeletionDoubt.REFUSED)
    else:
        return _wait_for(replace(asked, task_id=task_id, at=clock.now()))
    return _end(asked, report) if is_gone(user_id) else _doubt(user_id, asked, DeletionDoubt.STILL_THERE)


_REPORTS = {
    TaskOutcome.DELETED: StreamReport.DELETED,
    TaskOutcome.DELETED_BEFORE: StreamReport.DELETED_BEFORE,
    TaskOutcome.NO_USER: StreamReport.NO_USER,
}


def _decide(user_id: UserId, asked: StreamDeletionTask, task: Task) -> DeletionProgress:
    report = _REPORTS.get(task.outcomes.get(user_id, TaskOutcome.FAILED))
    if report is None:
        return _doubt(user_id, asked, DeletionDoubt.NOT_DONE_FOR_USER)
    if is_gone(user_id):
        return _end(asked, report)
    if _is_late(asked):
        return _doubt(user_id, asked, DeletionDoubt.STILL_THERE)
    return _wait_for(asked)  # another request would replace this report by "was deleted"


def _wait_for(asked: StreamDeletionTask) -> DeletionPending:
    age = clock.now() - asked.at
    return DeletionPending(asked, min(max(age, _SHORTEST_POLL), _LONGEST_POLL))


def _is_late(asked: StreamDeletionTask) -> bool:
    return abs(clock.now() - asked.at) >= TASK_TIMEOUT


def _end(asked: StreamDeletionTask, report: StreamReport) -> StreamDeletion:
    """End the deletion with a report that a query confirmed."""
    if report is StreamReport.NO_USER and asked.attempts > 1:
        report = StreamReport.NOT_FOUND  # an earlier request may have hidden the user
    found = StreamDeletion(report, asked.extent)
    if found.unconfirmed:
        metrics.count(Metric.CHAT_DELETION_UNPROVEN)
    return found


def _doubt(user_id: UserId, asked: StreamDeletionTask, doubt: DeletionDoubt) -> DeletionProgress:
    """Plan the next request. After the last, only a query decides whether the user is gone."""
    if doubt in _OVERDUE:
        metrics.count(Metric.CHAT_DELETION_UNPROVEN)
    if asked.attempts < MAX_ATTEMPTS:
        metrics.count(Metric.CHAT_DELETION_REPEATED)
        pause = _FIRST_PAUSE * 2 ** (asked.attempts - 1)
        again = StreamDeletionTask(None, clock.now() + pause, asked.attempts + 1, asked.extent)
        return DeletionPending(again, pause)
    if doubt in _ABOUT_THE_TASK and is_gone(user_id):
        return _end(asked, StreamReport.NOT_FOUND)
    metrics.count(Metric.CHAT_DELETION_UNPROVEN)
    return DeletionStopped(doubt)
