"""Stream's part of a copy: asked for, then waited for. What could not be had is told, and holds up nothing.

What Stream leaves for later steps stands in the notes: the task's id (it goes on record too, RGT-10), then
that its file is ready, or why there is none.
"""

from datetime import datetime, timedelta

from chalicelib.chat import exporting
from chalicelib.chat.export import MissingAtStream, StreamReason
from chalicelib.chat.exporting import Pending, Ready, StreamExportTask
from chalicelib.chat.gateway import StreamUnavailable
from chalicelib.chat.model import TaskId
from chalicelib.core import clock
from chalicelib.core.clock import MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.rights import plans
from chalicelib.rights.model import Notes
from chalicelib.rights.plans.step import SHORT, Done, Job, Outcome, Wait

_TASK, _ASKED_AT, _AGAIN = "stream_task", "stream_asked_at", "stream_asked_again"
_READY, _WHY_NOT = "stream_ready", "stream_missing"
_REASONS = {reason.value: reason for reason in StreamReason}
KIND = "chat_message"  # as the register calls it
PART = "what Stream holds of your chats"

# Twice as long each time, from a second on: a small copy is there in a moment, a large one takes minutes.
_SHORTEST, _LONGEST = timedelta(seconds=1), 10 * MINUTE


class AskStream:
    """Order the subject's export at Stream."""

    name = plans.ASK_STREAM
    lease = SHORT
    waits_for_processor = False

    def run(self, job: Job) -> Outcome:
        """Order it. After a crash before the note there is a second order, which nobody reads."""
        try:
            asked = exporting.start(job.request.user_id)
        except StreamUnavailable:
            raise Unavailable from None
        if isinstance(asked, MissingAtStream):
            return _without(asked)
        return Done(notes={_TASK: asked.task_id, _ASKED_AT: clock.to_text(asked.at)})


class AwaitStream:
    """Wait for Stream's task to end."""

    name = plans.AWAIT_STREAM
    lease = SHORT
    waits_for_processor = True

    def run(self, job: Job) -> Outcome:
        """Look once; then wait for as long as it has taken so far."""
        asked = _asked(job.notes)
        if asked is None:
            return Done()
        try:
            found = exporting.poll(asked)
        except StreamUnavailable:
            raise Unavailable from None
        match found:
            case Ready():
                return Done(notes={_READY: 1})
            case MissingAtStream() if found.is_worth_asking_again and _AGAIN not in job.notes:
                return _ordered_again(job)
            case MissingAtStream():
                return _without(found)
            case Pending():
                return Wait(min(max(clock.now() - asked.at, _SHORTEST), _LONGEST))


def _ordered_again(job: Job) -> Outcome:
    """Order once more what Stream lost or could not make: the second time is mostly good."""
    try:
        asked = exporting.start(job.request.user_id)
    except StreamUnavailable:
        raise Unavailable from None
    if isinstance(asked, MissingAtStream):
        return _without(asked)
    notes: dict[str, str | int] = {_TASK: asked.task_id, _ASKED_AT: clock.to_text(asked.at), _AGAIN: 1}
    return Wait(_SHORTEST, notes)


def outcome(notes: Notes) -> Ready | MissingAtStream:
    """What the two steps left for the one that assembles the copy."""
    if _READY in notes:
        return Ready(TaskId(str(notes[_TASK])))
    return MissingAtStream(_REASONS[str(notes[_WHY_NOT])])


def _asked(notes: Notes) -> StreamExportTask | None:
    if _TASK not in notes:
        return None
    return StreamExportTask(TaskId(str(notes[_TASK])), datetime.fromisoformat(str(notes[_ASKED_AT])))


def _without(missing: MissingAtStream) -> Done:
    """Go on without Stream's part. Who has no user there misses nothing that we know of; the copy says so."""
    lacking = () if missing.reason is StreamReason.NOT_THERE else (PART,)
    return Done(notes={_WHY_NOT: missing.reason}, missing=lacking)
