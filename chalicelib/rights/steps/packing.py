"""Assembles the copy into one file, then delivers it, which is the answer."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from chalicelib.chat import exporting, fields
from chalicelib.chat.export import MissingAtStream as ChatMissing
from chalicelib.chat.export import Omission, StreamCopyKind, StreamReason
from chalicelib.chat.gateway import StreamUnavailable
from chalicelib.core import clock
from chalicelib.core.errors import Unavailable
from chalicelib.rights import files, plans, store
from chalicelib.rights.export import package
from chalicelib.rights.export.contents import Chat, CopyRequest
from chalicelib.rights.export.manifest import LeftOut, MissingFromCopy, WithheldShape
from chalicelib.rights.export.model import CopyKind
from chalicelib.rights.model import ExportFile, Right, RightsRequest, Status
from chalicelib.rights.plans.step import SHORT, WHOLE_RUN, Done, Job, Outcome
from chalicelib.rights.steps import copying, remaking

_COPIES = {Right.ACCESS: CopyKind.ACCESS, Right.PORTABILITY: CopyKind.PORTABILITY}
_SHAPES = {CopyKind.ACCESS: StreamCopyKind.ACCESS, CopyKind.PORTABILITY: StreamCopyKind.PORTABILITY}
_RECORDS = "some records that could not be read"


class Assemble:
    """Pack the subject's data into one file at a fixed place; another run replaces the file."""

    name = plans.ASSEMBLE
    lease = WHOLE_RUN
    waits_for_processor = False

    def run(self, job: Job) -> Outcome:
        """Read, pack and store the data; the file and the answer list what could not be read."""
        request = job.request
        try:
            with _chat(request) as chat:
                assembled = package.assemble(_copy_request(request), chat, files.key_of(request.request_id))
        except StreamUnavailable:
            raise Unavailable from None
        notes: dict[str, str | int] = {
            files.SHA256: assembled.sha256,
            files.SIZE: assembled.size,
            files.MADE_AT: clock.to_text(clock.now()),
        }
        return Done(
            notes=notes,
            counts={f"of_{kind}": number for kind, number in assembled.counts.items() if number},
            missing=_missing_parts(request, assembled.errors),
        )


class Deliver:
    """Answer the request: from now on the subject can fetch the file."""

    name = plans.DELIVER
    lease = SHORT
    waits_for_processor = False

    def run(self, job: Job) -> Outcome:
        """Record the file in the transaction that closes the request."""
        if remaking.is_stale(job):
            return remaking.make_again(job)
        request, notes = job.request, job.notes
        file = ExportFile(
            request_id=request.request_id,
            key=files.key_of(request.request_id),
            sha256=str(notes[files.SHA256]),
            size=int(notes[files.SIZE]),
            made_at=datetime.fromisoformat(str(notes[files.MADE_AT])),
        )
        answer = Status.PARTIALLY_COMPLETED if request.missing else Status.COMPLETED
        return Done(answers=answer, also=(store.keeping_file(file),))


def _copy_request(request: RightsRequest) -> CopyRequest:
    copy, when = _COPIES[request.right], request.received_at
    return CopyRequest(copy, request.request_id, request.account_id, when, request.country)


def _missing_parts(request: RightsRequest, errors: tuple[MissingFromCopy, ...]) -> tuple[str, ...]:
    """The missing parts for the answer, without those that an earlier step listed."""
    known = (error for error in errors if error.reason != StreamReason.NOT_THERE)
    named = {copying.PART if error.what == copying.KIND else _RECORDS for error in known}
    return tuple(sorted(named - set(request.missing)))


@contextmanager
def _chat(request: RightsRequest) -> Iterator[Chat]:
    """Stream's part, fetched and redacted; it exists only inside the block."""
    shape = _SHAPES[_COPIES[request.right]]
    found = copying.outcome(request.notes)
    if isinstance(found, ChatMissing):
        yield Chat(withheld=_withheld(shape), missing=_missing([found]))
        return
    with exporting.fetch_copy(found, request.user_id, shape) as copy:
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
        WithheldShape(name=f"{one.where}: {one.name}", why=one.ground.plainly)
        for one in fields.withheld(shape)
    )


def _left_out(one: Omission) -> LeftOut:
    return LeftOut(what=one.what, reason=one.ground, text=one.ground.plainly, count=one.count)


def _missing(found: Iterable[ChatMissing]) -> tuple[MissingFromCopy, ...]:
    return tuple(MissingFromCopy(what=copying.KIND, reason=one.reason, text=one.plainly) for one in found)
