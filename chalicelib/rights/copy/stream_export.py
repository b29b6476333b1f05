"""Stream's part of a copy: an export is requested, then awaited; a failure blocks nothing.

The copy and the answer disclose what is missing. The notes hold the id of Stream's task (also recorded as
evidence, RGT-10), then either that its file is ready, or the reason why there is none.
"""

from dataclasses import replace
from datetime import timedelta

from chalicelib.core import clock
from chalicelib.core.clock import MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.rights.copy import right
from chalicelib.rights.engine.step import CopyJob, Done, Outcome, Step, Wait
from chalicelib.rights.request import number_change, procedures
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import CopyNotes
from chalicelib.stream.export import service as export_tasks
from chalicelib.stream.export.parts import MissingAtStream, StreamReason
from chalicelib.stream.export.service import Pending, Ready, StreamExportTask
from chalicelib.stream.model import TaskId
from chalicelib.stream.refusals import StreamUnavailable

_REASONS = {reason.value: reason for reason in StreamReason}
KIND = "chat_message"  # its kind in the register of processing
PART = "your chat data at Stream"

# Each wait doubles, starting at a second: a small export is ready in seconds, a large one takes minutes.
_SHORTEST, _LONGEST = timedelta(seconds=1), 10 * MINUTE


def wait_for_number(request: RightsRequest) -> timedelta | None:
    """How long a copy has to wait that leaves without a session (ADR 43); a session gets no link anyway."""
    if request.transfer_to or procedures.is_recovery(request):
        return number_change.time_to_wait(request.account_id, request.received_by)
    return None


def _ask(job: CopyJob) -> Outcome:
    """Request an export. A crash before the note causes a second request; the first is unused."""
    if wait := wait_for_number(job.request):
        return Wait(wait)
    asked = _request_export(job)
    return (
        _without_stream(job, asked)
        if isinstance(asked, MissingAtStream)
        else Done(notes=_requested_task(job, asked))
    )


def _await(job: CopyJob) -> Outcome:
    """Poll once; while the export is pending, wait as long as it has taken so far."""
    asked = _stream_task(job.notes)
    if asked is None:
        return Done()
    try:
        found = export_tasks.poll(asked)
    except StreamUnavailable:
        raise Unavailable from None
    match found:
        case Ready():
            return Done(notes=replace(job.notes, stream_ready=True))
        case MissingAtStream() if found.is_worth_asking_again and not job.notes.stream_asked_again:
            return _request_again(job)
        case MissingAtStream():
            return _without_stream(job, found)
        case Pending():
            return Wait(min(max(clock.now() - asked.at, _SHORTEST), _LONGEST))


def _request_again(job: CopyJob) -> Outcome:
    """Request an export again that Stream lost or failed to make; that usually succeeds."""
    asked = _request_export(job)
    if isinstance(asked, MissingAtStream):
        return _without_stream(job, asked)
    return Wait(_SHORTEST, replace(_requested_task(job, asked), stream_asked_again=True))


def _request_export(job: CopyJob) -> StreamExportTask | MissingAtStream:
    try:
        return export_tasks.start(job.request.user_id)
    except StreamUnavailable:
        raise Unavailable from None


def _requested_task(job: CopyJob, asked: StreamExportTask) -> CopyNotes:
    return replace(job.notes, stream_task=asked.task_id, stream_asked_at=asked.at)


def outcome(notes: CopyNotes) -> Ready | MissingAtStream:
    """Return the result that the two steps left for the step `assemble`."""
    if notes.stream_ready:
        return Ready(TaskId(str(notes.stream_task)))
    return MissingAtStream(_REASONS[str(notes.stream_missing)])


def _stream_task(notes: CopyNotes) -> StreamExportTask | None:
    if notes.stream_task is None or notes.stream_asked_at is None:
        return None
    return StreamExportTask(TaskId(notes.stream_task), notes.stream_asked_at)


def _without_stream(job: CopyJob, missing: MissingAtStream) -> Done:
    """Return the outcome of a step without Stream's part.

    If Stream has no user for the subject, no known data is missing; the copy says so.
    """
    lacking = () if missing.reason is StreamReason.NOT_THERE else (PART,)
    return Done(notes=replace(job.notes, stream_missing=missing.reason.value), missing=lacking)


ASK_STREAM = Step(right.ASK_STREAM, _ask)
AWAIT_STREAM = Step(right.AWAIT_STREAM, _await, waits_for_processor=True)
