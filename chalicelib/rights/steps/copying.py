"""Stream's part of a copy: an export is ordered, then awaited; a failure blocks nothing.

The copy and the answer disclose what is missing. The notes hold the id of Stream's task (also recorded as
evidence, RGT-10), then either that its file is ready, or the reason why there is none.
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
KIND = "chat_message"  # its kind in the register of processing
PART = "your chat data at Stream"

# Each wait doubles, starting at a second: a small export is ready in seconds, a large one takes minutes.
_SHORTEST, _LONGEST = timedelta(seconds=1), 10 * MINUTE


class AskStream:
    """Order an export of the subject's data at Stream."""

    name = plans.ASK_STREAM
    lease = SHORT
    waits_for_processor = False

    def run(self, job: Job) -> Outcome:
        """Order the export; a crash before the note leads to a second order, the first is unused."""
        try:
            asked = exporting.start(job.request.user_id)
        except StreamUnavailable:
            raise Unavailable from None
        if isinstance(asked, MissingAtStream):
            return _done_without(asked)
        return Done(notes={_TASK: asked.task_id, _ASKED_AT: clock.to_text(asked.at)})


class AwaitStream:
    """Wait for Stream's export task to end."""

    name = plans.AWAIT_STREAM
    lease = SHORT
    waits_for_processor = True

    def run(self, job: Job) -> Outcome:
        """Poll once; while it is pending, wait as long as the task has taken so far."""
        asked = _stream_task(job.notes)
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
                return _order_again(job)
            case MissingAtStream():
                return _done_without(found)
            case Pending():
                return Wait(min(max(clock.now() - asked.at, _SHORTEST), _LONGEST))


def _order_again(job: Job) -> Outcome:
    """Order an export again that Stream lost or failed to make; a second order usually succeeds."""
    try:
        asked = exporting.start(job.request.user_id)
    except StreamUnavailable:
        raise Unavailable from None
    if isinstance(asked, MissingAtStream):
        return _done_without(asked)
    notes: dict[str, str | int] = {_TASK: asked.task_id, _ASKED_AT: clock.to_text(asked.at), _AGAIN: 1}
    return Wait(_SHORTEST, notes)


def outcome(notes: Notes) -> Ready | MissingAtStream:
    """The result that the two steps left for the step `assemble`."""
    if _READY in notes:
        return Ready(TaskId(str(notes[_TASK])))
    return MissingAtStream(_REASONS[str(notes[_WHY_NOT])])


def _stream_task(notes: Notes) -> StreamExportTask | None:
    if _TASK not in notes:
        return None
    return StreamExportTask(TaskId(str(notes[_TASK])), datetime.fromisoformat(str(notes[_ASKED_AT])))


def _done_without(missing: MissingAtStream) -> Done:
    """The step done without Stream's part.

    If Stream has no user for the subject, no known data is missing; the copy says so.
    """
    lacking = () if missing.reason is StreamReason.NOT_THERE else (PART,)
    return Done(notes={_WHY_NOT: missing.reason}, missing=lacking)
