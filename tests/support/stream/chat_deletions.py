"""Deletions of a user at the emulated Stream: results, the worker that polls, and troubles."""

from collections.abc import Callable
from datetime import timedelta

from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import ErasureExtent
from chalicelib.stream import deletion
from chalicelib.stream.deletion import MAX_ATTEMPTS, DeletionDoubt, DeletionPending, DeletionProgress
from chalicelib.stream.model import StreamDeletion, StreamDeletionTask, StreamReport
from infra.stream_emulator import Emulator
from tests.support.world.world import World

KEEP = ErasureExtent.KEEP_CONVERSATIONS
DELETED = StreamDeletion(StreamReport.DELETED, KEEP)
DELETED_BEFORE = StreamDeletion(StreamReport.DELETED_BEFORE, KEEP)
NOT_FOUND = StreamDeletion(StreamReport.NOT_FOUND, KEEP)
NO_USER = StreamDeletion(StreamReport.NO_USER, KEEP)
FAILURE = {"type": "internal", "description": "injected"}
ERROR = {"status": "error", "error": "injected"}
UNPROVEN, REPEATED = Metric.CHAT_DELETION_UNPROVEN, Metric.CHAT_DELETION_REPEATED


def asked(progress: DeletionProgress) -> StreamDeletionTask:
    assert isinstance(progress, DeletionPending)
    return progress.asked


def a_task(user_id: UserId) -> StreamDeletionTask:
    """Request a deletion, which is at Stream afterwards."""
    task = asked(deletion.start(user_id))
    assert task.task_id
    return task


def ended(world: World, user_id: UserId, progress: DeletionProgress | None = None) -> DeletionProgress:
    """Poll after each wait, as the worker does, until nothing is pending."""
    progress = progress or deletion.start(user_id)
    for _ in range(500):
        if not isinstance(progress, DeletionPending):
            return progress
        assert timedelta(0) < progress.wait <= timedelta(minutes=40)
        world.advance(progress.wait)
        progress = deletion.poll(user_id, progress.asked)
    raise AssertionError(progress)


def attempts(stream: Emulator) -> int:
    return len(stream.requests(path="/users/delete"))


def texts(stream: Emulator) -> list[str]:
    """Return the texts of all messages that Stream still has."""
    channels = stream.state()["channels"].values()
    return [message["text"] for one in channels for message in one["messages"]]


def pending_until(
    user_id: UserId, task: StreamDeletionTask, is_reached: Callable[[StreamDeletionTask], bool]
) -> DeletionProgress:
    for _ in range(50):
        progress = deletion.poll(user_id, task)
        task = asked(progress)
        if is_reached(task):
            return progress
    raise AssertionError(task)


def fail(stream: Emulator) -> None:
    stream.spoil_tasks(MAX_ATTEMPTS, failure=FAILURE)


def vanish(stream: Emulator) -> None:
    stream.fault(path="/tasks", times=MAX_ATTEMPTS, status=404, code=16)


def never_end(stream: Emulator) -> None:
    stream.choose(task_progress="hold")


def refuse(stream: Emulator) -> None:
    stream.fault(path="/users/delete", times=MAX_ATTEMPTS, status=400, code=4)


TROUBLES = {
    DeletionDoubt.FAILED: fail,
    DeletionDoubt.TASK_GONE: vanish,
    DeletionDoubt.LATE: never_end,
    DeletionDoubt.REFUSED: refuse,
}
