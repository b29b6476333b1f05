"""Getting Stream's part of a copy: ask, wait, fetch, redact. What steps call it is told in chat/export.

What must hold, whatever breaks:

- Nothing here changes anything at Stream, so each step may run again after a crash; at worst a file is made
  twice there.
- A failure that passes is raised (`StreamUnavailable`) for the caller to try again; one that does not is
  returned as a `MissingAtStream` with its reason. Credentials that Stream refuses are our own fault: raised
  as `CredentialsRefused`, a kind of `StreamUnavailable`, without a limit of time. Whatever else Stream
  refuses is raised as `StreamRefused`, for an operator.
- A file is redacted as it comes in. What is not redacted is written down nowhere; what is, stands in a
  temporary file without a name, which ends with the `with` block.
- The copy is whole or says what may be missing: a file that breaks off is fetched again, one without a line
  of the subject is missing, one that is full to Stream's limit may have been cut.
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

from chalicelib.chat import download, export, gateway
from chalicelib.chat.download import FileGone, FileTooLarge, LinkRefused
from chalicelib.chat.export import AnyPart, MissingAtStream, Omission, StreamCopyKind, StreamReason
from chalicelib.chat.gateway import CredentialsRefused, InputRefused, StreamUnavailable, TaskGone, UserBurned
from chalicelib.chat.model import TaskId, TaskState
from chalicelib.chat.redaction import Redaction
from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY
from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric

# Stream names no time for a task. A day is far beyond what one takes, and leaves four weeks in which a person
# can get the file from Stream's support.
PATIENCE = DAY

_IN_MEMORY = 4 * 1024 * 1024


@dataclass(frozen=True)
class StreamExportTask:
    """Stream was asked for the export. May be kept: a random id and an instant."""

    task_id: TaskId
    at: datetime


@dataclass(frozen=True)
class Pending:
    """Stream is not done; ask later."""


@dataclass(frozen=True)
class Ready:
    """Stream has the file. May be kept; the link to it may not, so `copied` asks for a fresh one."""

    task_id: TaskId


@dataclass(frozen=True)
class StreamCopy:
    """What the subject gets, and what is to be told with it. Readable inside its `with` block, repeatedly."""

    counts: Mapping[str, int]  # by kind of part
    omissions: tuple[Omission, ...]
    missing: tuple[MissingAtStream, ...]
    _file: IO[bytes] = field(repr=False, compare=False)

    def ndjson(self) -> Iterator[bytes]:
        """A line of JSON for each part, absent values left out."""
        self._file.seek(0)
        yield from self._file

    def parts(self) -> Iterator[AnyPart]:
        """The parts, in the order of Stream's file."""
        for line in self.ndjson():
            yield _reader().validate_json(line)


def start(user_id: UserId) -> StreamExportTask | MissingAtStream:
    """Ask Stream for all that it has of a user.

    Raises:
        StreamUnavailable, StreamRefused: as above.
    """
    try:
        return StreamExportTask(gateway.export_users([user_id]), clock.now())
    except UserBurned:
        return MissingAtStream(StreamReason.NOT_THERE)  # as usual for who never chatted, so it is not counted
    except InputRefused:
        return _missing(StreamReason.REFUSED)


def poll(asked: StreamExportTask) -> Pending | Ready | MissingAtStream:
    """Where the export stands. After a day without one, it is missing.

    Raises:
        StreamUnavailable, StreamRefused: as above.
    """
    is_late = clock.now() >= asked.at + PATIENCE
    try:
        task = gateway.task(asked.task_id)
    except TaskGone:
        return _missing(StreamReason.TASK_GONE)
    except CredentialsRefused:
        raise  # our own fault takes nothing from a copy, however long it lasts
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
def copied(ready: Ready, user_id: UserId, shape: StreamCopyKind) -> Iterator[StreamCopy | MissingAtStream]:
    """Fetch the file and redact it for its subject, in memory that a line bounds.

    Raises:
        StreamUnavailable, StreamRefused: as above; nothing is left over.
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
    is_full = redaction.most_entries >= export.MOST_EXPORTED
    cut = (_missing(StreamReason.PERHAPS_CUT),) if is_full else ()
    return StreamCopy(counts, redaction.omissions, cut, file)


_REASONS = {
    TaskGone: StreamReason.TASK_GONE,
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
