"""The steps that request the deletion of the user at Stream and wait until it is confirmed (STR-5)."""

from dataclasses import replace

from chalicelib.core import clock
from chalicelib.rights.engine.step import Again, Done, ErasureJob, Outcome, Step, Stop, Wait
from chalicelib.rights.erasure import right
from chalicelib.rights.request.notes import ErasureNotes, StreamAnswer
from chalicelib.stream import deletion
from chalicelib.stream.deletion import DeletionPending, DeletionProgress, DeletionStopped
from chalicelib.stream.model import StreamDeletion


def _delete(job: ErasureJob) -> Outcome:
    """Request the deletion. After a crash it is requested again, which does no harm.

    The first request is noted before it is sent. If a later one finds no user, the note shows that the user
    may have existed.
    """
    asked_before = job.notes.stream_asked_at
    if asked_before is None:
        job.note(replace(job.notes, stream_asked_at=clock.now()))
    found = deletion.start(job.request.user_id, asked_before)
    notes = _notes_after(job.notes, found)
    return Stop(found.doubt.value, notes) if isinstance(found, DeletionStopped) else Done(notes=notes)


def _await(job: ErasureJob) -> Outcome:
    """Poll once. If all attempts failed, stop for an operator, whose retry requests the deletion again."""
    if job.notes.stream_answer:
        return Done()
    asked = job.notes.stream
    if asked is None:
        return Again(right.DELETE_AT_STREAM, job.notes)
    found = deletion.poll(job.request.user_id, asked)
    notes = _notes_after(job.notes, found)
    match found:
        case DeletionPending():
            return Wait(found.wait, notes)
        case StreamDeletion():
            return Done(notes=notes)
        case DeletionStopped():
            return Stop(found.doubt.value, notes)


def _notes_after(notes: ErasureNotes, found: DeletionProgress) -> ErasureNotes:
    now = clock.now()
    match found:
        case DeletionPending(asked=asked):
            return replace(notes, stream=asked, stream_asked_at=notes.stream_asked_at or now)
        case StreamDeletion():
            answer = StreamAnswer(
                user=found.user,
                extent=found.extent,
                task_id=notes.stream.task_id if notes.stream else None,
                asked_at=notes.stream_asked_at or now,
                reported_at=now,
            )
            return replace(notes, stream_answer=answer)
        case DeletionStopped():
            return replace(notes, stream=None)


DELETE_AT_STREAM = Step(right.DELETE_AT_STREAM, _delete, waits_for_processor=True)
AWAIT_STREAM_DELETION = Step(right.AWAIT_STREAM_DELETION, _await, waits_for_processor=True)
