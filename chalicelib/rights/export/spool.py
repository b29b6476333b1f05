"""Records between their one reading and the files that they go into, kind by kind, on the function's disk.

A partition holds its kinds mixed, and a ZIP takes one file after the other, in which each kind stands
together: in data.json, in its CSV, on the page. Reading the tables once for each of them would cost as many
times the reads, and show as many states. So each record is written down once, as the line of JSON that
data.json holds, and the other forms are made from that line: they can't disagree.

The files have no name (the kernel drops them with the process, however it ends), are compressed, and together
take at most `MOST` of the 512 MB that a function has. That is room for about ten million events; the fifteen
minutes of a run may end sooner.
"""

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, cast

MOST = 384 * 1024 * 1024
_LOOK = 1000  # lines after which the files are measured: an item has 400 KB at most, and few come near


class TooMuch(Exception):
    """The records do not fit on the function's disk: it needs a larger one (EphemeralStorage)."""


class Spool:
    """The lines of one kind: first all are written, then they are read as often as is needed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._writer: gzip.GzipFile | None = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1)
        self.total = 0
        self.size = 0  # bytes of all lines

    def add(self, line: str) -> None:
        """Write a line, which has no end of line in it."""
        written = cast("gzip.GzipFile", self._writer).write(f"{line}\n".encode())
        self.total += 1
        self.size += written

    def stored(self) -> int:
        """Bytes on the disk so far."""
        return self._file.tell()

    def lines(self) -> Iterator[str]:
        """All lines, without their ends. One walk at a time; nothing is added afterwards."""
        if self._writer:
            self._writer.close()
            self._writer = None
        self._file.seek(0)
        with gzip.GzipFile(fileobj=self._file, mode="rb") as reader:
            for line in reader:
                yield line.decode().removesuffix("\n")


class Spools:
    """A spool for each kind."""

    def __init__(self, files: ExitStack) -> None:
        self._files = files
        self._by_kind: dict[str, Spool] = {}
        self._added = 0

    def __getitem__(self, kind: str) -> Spool:
        """The spool of a kind, empty if nothing was added."""
        if kind not in self._by_kind:
            file = tempfile.TemporaryFile()  # noqa: SIM115 - the stack closes it
            self._by_kind[kind] = Spool(self._files.enter_context(file))
        return self._by_kind[kind]

    def add(self, kind: str, line: str) -> None:
        """Write a line of a kind.

        Raises:
            TooMuch: all together they take more than `MOST`.
        """
        self[kind].add(line)
        self._added += 1
        if self._added % _LOOK == 0 and sum(spool.stored() for spool in self._by_kind.values()) > MOST:
            raise TooMuch


@contextmanager
def spooled() -> Iterator[Spools]:
    """Spools that are gone after the block."""
    with ExitStack() as files:
        yield Spools(files)
