"""Assembles the copy into one file, delivers it as the answer, and deletes it when it has expired."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import UserId
from chalicelib.privacy import codec
from chalicelib.rights.copy import package, right, stream_export
from chalicelib.rights.copy.contents import Chat, CopyRequest
from chalicelib.rights.copy.freshness import is_stale, make_copy_again
from chalicelib.rights.copy.manifest import LeftOut, MissingFromCopy, WithheldShape
from chalicelib.rights.copy.model import CopyKind
from chalicelib.rights.engine.step import WHOLE_RUN, CopyJob, Done, Outcome, Step, Wait
from chalicelib.rights.request import files, store
from chalicelib.rights.request.model import ExportFile, RightsRequest
from chalicelib.rights.request.notes import CopyNotes, MadeCopy
from chalicelib.rights.request.terms import Right, Status
from chalicelib.stream.export import fields
from chalicelib.stream.export import service as export_tasks
from chalicelib.stream.export.parts import MissingAtStream as ChatMissing
from chalicelib.stream.export.parts import Omission, StreamCopyKind, StreamReason
from chalicelib.stream.refusals import StreamUnavailable

_COPIES = {Right.ACCESS: CopyKind.ACCESS, Right.PORTABILITY: CopyKind.PORTABILITY}
_SHAPES = {CopyKind.ACCESS: StreamCopyKind.ACCESS, CopyKind.PORTABILITY: StreamCopyKind.PORTABILITY}
_RECORDS = "some records that could not be read"


def _assemble(job: CopyJob) -> Outcome:
    """Pack the subject's data into one file at a fixed place; another run replaces the file.

    The file and the answer list what could not be read.
    """
    request = job.request
    if stream_export.wait_for_number(request):
        return make_copy_again(job)
    try:
        with open_chat(request.user_id, job.notes, _COPIES[request.right]) as chat:
            assembled = package.assemble(_copy_request(request), chat, files.key_of(request.request_id))
    except StreamUnavailable:
        raise Unavailable from None
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
        return Wait((ends - clock.now()) if ends else DAY)
    files.discard(job.request.request_id)
    return Done()


def _copy_request(request: RightsRequest) -> CopyRequest:
    copy, when = _COPIES[request.right], request.received_at
    return CopyRequest(copy, request.request_id, request.account_id, when, request.country, request.language)


def _missing_parts(request: RightsRequest, errors: tuple[MissingFromCopy, ...]) -> tuple[str, ...]:
    """The missing parts for the answer, without those that an earlier step listed."""
    known = (error for error in errors if error.reason != StreamReason.NOT_THERE)
    named = {stream_export.PART if error.what == stream_export.KIND else _RECORDS for error in known}
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
    found = stream_export.outcome(notes)
    if isinstance(found, ChatMissing):
        yield Chat(withheld=_withheld(shape), missing=_missing([found]))
        return
    with export_tasks.fetch_copy(found, user_id, shape) as copy:
        if isinstance(copy, ChatMissing):
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
        for field in fields.withheld(shape)
    )


def _left_out(omission: Omission) -> LeftOut:
    ground = omission.ground
    return LeftOut(what=omission.what, reason=ground, text=ground.plainly, count=omission.count)


def _missing(found: Iterable[ChatMissing]) -> tuple[MissingFromCopy, ...]:
    return tuple(
        MissingFromCopy(what=stream_export.KIND, reason=gap.reason, text=gap.plainly) for gap in found
    )


ASSEMBLE = Step(right.ASSEMBLE, _assemble, lease=WHOLE_RUN)
DELIVER = Step(right.DELIVER, _deliver)
DISCARD = Step(right.DISCARD, _discard)
