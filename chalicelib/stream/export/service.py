"""Exports a subject's data from Stream for a copy: request, poll, fetch, redact.

The docstring of stream/export/parts shows which step of a copy calls which function.

Invariants:

- No call changes data at Stream, so each step may run again after a crash; at worst Stream makes the file
  twice.
- A transient failure is raised as `StreamUnavailable`, and the caller tries again. A permanent one is
  returned as a `MissingAtStream` with its reason. If Stream refuses our credentials, our configuration is
  wrong. This is raised as `CredentialsRefused`, a subclass of `StreamUnavailable`, and the caller retries
  without a time limit. Any other refusal is raised as `StreamRefused`: a retry would fail again, so an
  operator has to act.
- A file is redacted while it is downloaded. Unredacted data is never stored; redacted data goes to an unnamed
  temporary file, which is deleted at the end of the `with` block.
- The copy is complete or lists its gaps. An incompletely downloaded file is fetched again. A file without a
  line about the subject is reported as missing. If the file reaches Stream's limit, the copy states that data
  may be missing.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import IO

from pydantic import TypeAdapter

from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY
from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.stream import gateway
from chalicelib.stream.export import download
from chalicelib.stream.export import parts as export
from chalicelib.stream.export.parts import AnyPart, MissingAtStream, Omission, StreamCopyKind, StreamReason
from chalicelib.stream.export.redaction import Redaction
from chalicelib.stream.files import FileGone, FileTooLarge, LinkRefused
from chalicelib.stream.model import (
    CredentialsRefused,
    InputRefused,
    StreamUnavailable,
    TaskId,
    TaskNotFound,
    TaskState,
    UserBurned,
)

# Stream documents no maximum time for a task. A task takes far less than a day, and a day's wait leaves an
# operator four weeks of the legal deadline to get the file from Stream's support.
EXPORT_TIMEOUT = DAY

_IN_MEMORY = 4 * 1024 * 1024


@dataclass(frozen=True)
class StreamExportTask:
    """An export that was requested from Stream.

    This object may be stored: it contains only a random id and an instant.
    """

    task_id: TaskId
    at: datetime


@dataclass(frozen=True)
class Pending:
    """Stream has not finished the export; poll again later."""


@dataclass(frozen=True)
class Ready:
    """Stream has finished the file.

    This object may be stored, but the file's link may not, so `fetch_copy` requests a new link.
    """

    task_id: TaskId


@dataclass(frozen=True)
class StreamCopy:
    """The redacted copy and its gaps.

    It can be read repeatedly inside the `with` block of `fetch_copy`.
    """

    counts: Mapping[str, int]  # by kind of part
    omissions: tuple[Omission, ...]
    missing: tuple[MissingAtStream, ...]
    _file: IO[bytes] = field(repr=False, compare=False)

    def ndjson(self) -> Iterator[bytes]:
        """Yield one line of JSON per part, without absent values."""
        self._file.seek(0)
        yield from self._file

    def parts(self) -> Iterator[AnyPart]:
        """Yield the parts, in the order of Stream's file."""
        for line in self.ndjson():
            yield _reader().validate_json(line)


def start(user_id: UserId) -> StreamExportTask | MissingAtStream:
    """Request an export of all data that Stream holds about a user.

    Raises:
        StreamUnavailable, StreamRefused: the call failed, see the module.
    """
    try:
        return StreamExportTask(gateway.export_users([user_id]), clock.now())
    except UserBurned:
        return MissingAtStream(StreamReason.NOT_THERE)  # normal for a user who never chatted: not counted
    except InputRefused:
        return _missing(StreamReason.REFUSED)


def poll(asked: StreamExportTask) -> Pending | Ready | MissingAtStream:
    """Read the state of the export; if it is not ready after a day, it counts as missing.

    Raises:
        StreamUnavailable, StreamRefused: the call failed, see the module.
    """
    is_late = clock.now() >= asked.at + EXPORT_TIMEOUT
    try:
        task = gateway.task(asked.task_id)
    except TaskNotFound:
        return _missing(StreamReason.TASK_GONE)
    except CredentialsRefused:
        raise  # our configuration is wrong: keep retrying until it is corrected
    except StreamUnavailable:
        if is_late:
            return _missing(StreamReason.NEVER_READY)
        raise
    if task.state is TaskState.FAILED:
        return _missing(StreamReason.FAILED)
    if task.state is TaskState.COMPLETED:
        return Ready(asked.task_id) if task.url else _missing(StreamReason.FAILED)
    return _missing(StreamReason.NEVER_READY) if is_late else Pending()


@contextmanager
def fetch_copy(
    ready: Ready, user_id: UserId, shape: StreamCopyKind
) -> Iterator[StreamCopy | MissingAtStream]:
    """Fetch the file and redact it for its subject; memory is bounded by the longest line.

    Raises:
        StreamUnavailable, StreamRefused: the call failed, see the module; no data is left behind.
    """
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        yield _copy(ready, user_id, shape, file)


def _copy(
    ready: Ready, user_id: UserId, shape: StreamCopyKind, file: IO[bytes]
) -> StreamCopy | MissingAtStream:
    redaction, counts = Redaction(user_id, shape), Counter[str]()
    try:
        for line in _lines(ready):
            for part in redaction.parts(line):
                file.write(part.model_dump_json(exclude_none=True).encode() + b"\n")
                counts[part.kind] += 1
    except tuple(_REASONS) as error:
        return _missing(_REASONS[type(error)])
    if not counts:
        return _missing(StreamReason.NOTHING_FOUND)
    is_full = redaction.most_entries >= export.MAX_EXPORTED
    cut = (_missing(StreamReason.PERHAPS_CUT),) if is_full else ()
    return StreamCopy(counts, redaction.omissions, cut, file)


_REASONS = {
    TaskNotFound: StreamReason.TASK_GONE,
    FileGone: StreamReason.FILE_GONE,
    FileTooLarge: StreamReason.TOO_LARGE,
    LinkRefused: StreamReason.LINK_REFUSED,
}


def _lines(ready: Ready) -> Iterator[bytes | bytearray]:
    url = gateway.task(ready.task_id).url
    if not url:
        raise FileGone
    return download.lines(url)


def _missing(reason: StreamReason) -> MissingAtStream:
    metrics.count(Metric.CHAT_EXPORT_MISSING)
    return MissingAtStream(reason)


@cache
def _reader() -> TypeAdapter[AnyPart]:
    return TypeAdapter(AnyPart)
