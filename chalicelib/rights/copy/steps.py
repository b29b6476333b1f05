"""The steps of a copy: Stream's part, the file, its delivery, and its deletion when it has expired.

Stream's export is requested, then awaited; a failure blocks nothing. The copy and the answer disclose what is
missing. The notes hold the id of Stream's task (also recorded as evidence, RGT-10), then either that its file
is ready, or the reason why there is none.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from chalicelib.core import clock
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import UserId
from chalicelib.privacy import codec
from chalicelib.rights.copy import package, right
from chalicelib.rights.copy.contents import Chat, CopyRequest
from chalicelib.rights.copy.freshness import is_stale, make_copy_again
from chalicelib.rights.copy.manifest import LeftOut, MissingFromCopy, WithheldShape
from chalicelib.rights.copy.model import CopyKind
from chalicelib.rights.engine.step import WHOLE_RUN, CopyJob, Done, Outcome, Step, Wait
from chalicelib.rights.request import files, number_change, procedures, store
from chalicelib.rights.request.model import ExportFile, RightsRequest
from chalicelib.rights.request.notes import CopyNotes, MadeCopy
from chalicelib.rights.request.terms import Right, Status
from chalicelib.rights.request.waits import WaitReason
from chalicelib.stream.export import parts
from chalicelib.stream.export import service as export_tasks
from chalicelib.stream.export.parts import MissingAtStream, Omission, StreamCopyKind, StreamReason
from chalicelib.stream.export.service import Pending, Ready, StreamExportTask
from chalicelib.stream.model import TaskId

_REASONS = {reason.value: reason for reason in StreamReason}
KIND = "chat_message"  # its kind in the register of processing
PART = "your chat data at Stream"
_COPIES = {Right.ACCESS: CopyKind.ACCESS, Right.PORTABILITY: CopyKind.PORTABILITY}
_SHAPES = {CopyKind.ACCESS: StreamCopyKind.ACCESS, CopyKind.PORTABILITY: StreamCopyKind.PORTABILITY}
_RECORDS = "some records that could not be read"

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
        return Wait(wait, WaitReason.NUMBER_CHANGED)
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
    found = export_tasks.poll(asked)
    match found:
        case Ready():
            return Done(notes=replace(job.notes, stream_ready=True))
        case MissingAtStream() if found.is_worth_asking_again and not job.notes.stream_asked_again:
            return _request_again(job)
        case MissingAtStream():
            return _without_stream(job, found)
        case Pending():
            return Wait(min(max(clock.now() - asked.at, _SHORTEST), _LONGEST), WaitReason.STREAM_TASK)


def _request_again(job: CopyJob) -> Outcome:
    """Request an export again that Stream lost or failed to make; that usually succeeds."""
    asked = _request_export(job)
    if isinstance(asked, MissingAtStream):
        return _without_stream(job, asked)
    again = replace(_requested_task(job, asked), stream_asked_again=True)
    return Wait(_SHORTEST, WaitReason.STREAM_TASK, again)


def _request_export(job: CopyJob) -> StreamExportTask | MissingAtStream:
    return export_tasks.start(job.request.user_id)


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


def _assemble(job: CopyJob) -> Outcome:
    """Pack the subject's data into one file at a fixed place; another run replaces the file.

    The file and the answer list what could not be read.
    """
    request = job.request
    if wait_for_number(request):
        return make_copy_again(job)
    with open_chat(request.user_id, job.notes, _COPIES[request.right]) as chat:
        assembled = package.assemble(_copy_request(request), chat, files.key_of(request.request_id))
    return Done(
        notes=replace(job.notes, copy=MadeCopy(assembled.sha256, assembled.size, clock.now())),
        counts={f"of_{kind}": number for kind, number in assembled.counts.items() if number},
        missing=_missing_parts(request, assembled.missing),
    )


def _deliver(job: CopyJob) -> Outcome:
    """Answer the request: record the file in the transaction that closes the request.

    From then on the subject can fetch the file.
    """
    request, copy = job.request, job.notes.copy
    if copy is None or is_stale(copy):
        return make_copy_again(job)
    file = ExportFile(
        request_id=request.request_id,
        key=files.key_of(request.request_id),
        sha256=copy.sha256,
        size=copy.size,
        made_at=copy.made_at,
    )
    answer = Status.PARTIALLY_COMPLETED if request.missing else Status.COMPLETED
    return Done(answers=answer, also=(store.keeping_file(file),))


def _discard(job: CopyJob) -> Outcome:
    """Delete the copy once it has expired, or at once if it was never delivered.

    The bucket's lifecycle rule is the fallback.
    """
    if file := store.export_file(job.request.request_id):
        ends = codec.expires_at(file)
        return Wait((ends - clock.now()) if ends else DAY, WaitReason.COPY_TO_FETCH)
    files.discard(files.key_of(job.request.request_id))
    return Done()


def _copy_request(request: RightsRequest) -> CopyRequest:
    copy, when = _COPIES[request.right], request.received_at
    return CopyRequest(copy, request.request_id, request.account_id, when, request.country, request.language)


def _missing_parts(request: RightsRequest, errors: tuple[MissingFromCopy, ...]) -> tuple[str, ...]:
    """The missing parts for the answer, without those that an earlier step listed."""
    known = (error for error in errors if error.reason != StreamReason.NOT_THERE)
    named = {PART if error.what == KIND else _RECORDS for error in known}
    return tuple(sorted(named - set(request.missing)))


@contextmanager
def open_chat(user_id: UserId, notes: CopyNotes, kind: CopyKind) -> Iterator[Chat]:
    """Stream's part of a copy, fetched and redacted; it exists only inside the block.

    Args:
        user_id: the subject's user at Stream.
        notes: what the steps `ask_stream` and `await_stream` left.
        kind: the copy, which decides what is redacted.

    Raises:
        StreamUnavailable: Stream does not answer.
    """
    shape = _SHAPES[kind]
    found = outcome(notes)
    if isinstance(found, MissingAtStream):
        yield Chat(withheld=_withheld(shape), missing=_missing([found]))
        return
    with export_tasks.fetch_copy(found, user_id, shape) as copy:
        if isinstance(copy, MissingAtStream):
            yield Chat(withheld=_withheld(shape), missing=_missing([copy]))
            return
        yield Chat(
            lines=lambda: (line.decode() for line in copy.ndjson()),
            counts=copy.counts,
            left_out=tuple(map(_left_out, copy.omissions)),
            withheld=_withheld(shape),
            missing=_missing(copy.missing),
        )


def _withheld(shape: StreamCopyKind) -> tuple[WithheldShape, ...]:
    return tuple(
        WithheldShape(name=f"{field.where}: {field.name}", why=field.ground.plainly)
        for field in parts.withheld(shape)
    )


def _left_out(omission: Omission) -> LeftOut:
    ground = omission.ground
    return LeftOut(what=omission.what, reason=ground, text=ground.plainly, count=omission.count)


def _missing(found: Iterable[MissingAtStream]) -> tuple[MissingFromCopy, ...]:
    return tuple(MissingFromCopy(what=KIND, reason=gap.reason, text=gap.plainly) for gap in found)


ASK_STREAM = Step(right.ASK_STREAM, _ask)
AWAIT_STREAM = Step(right.AWAIT_STREAM, _await, waits_for_processor=True)
ASSEMBLE = Step(right.ASSEMBLE, _assemble, lease=WHOLE_RUN)
DELIVER = Step(right.DELIVER, _deliver)
DISCARD = Step(right.DISCARD, _discard)
