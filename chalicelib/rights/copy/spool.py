"""Temporary files that hold records on disk, by kind, until the package is written.

A partition contains kinds in mixed order, but the files of the ZIP are written one after the other, each with
its records grouped by kind: data.json, the CSV files, the page. Reading the tables once per file would
multiply the reads, and the files could show different states. So each record is stored once, as its line of
JSON in data.json, and all other formats are made from that line: they cannot disagree.

The files have no name, so the kernel removes them when the process ends for any reason. They are compressed,
and together use at most `MAX_BYTES` of the 512 MB of a function's disk. That is enough for about ten million
events; the time limit of a run, fifteen minutes, may be reached before.
"""

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, cast

MAX_BYTES = 384 * 1024 * 1024
_LOOK = 1000  # lines between measurements of the files; an item has at most 400 KB, and few come near that


class TooMuch(Exception):
    """The records do not fit on the function's disk; it needs a larger one (EphemeralStorage)."""


class Spool:
    """The lines of one kind: all are written first, and can then be read repeatedly."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._writer: gzip.GzipFile | None = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1)
        self.total = 0
        self.size = 0  # bytes of all lines

    def add(self, line: str) -> None:
        """Write a line. It must not contain a line end."""
        written = cast("gzip.GzipFile", self._writer).write(f"{line}\n".encode())
        self.total += 1
        self.size += written

    def stored(self) -> int:
        """Bytes on the disk so far."""
        return self._file.tell()

    def lines(self) -> Iterator[str]:
        """Yield all lines without line ends.

        One iteration at a time; nothing can be added afterwards.
        """
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
        """Return the spool of a kind, empty if nothing was added."""
        if kind not in self._by_kind:
            file = tempfile.TemporaryFile()  # noqa: SIM115 - the stack closes it
            self._by_kind[kind] = Spool(self._files.enter_context(file))
        return self._by_kind[kind]

    def add(self, kind: str, line: str) -> None:
        """Write a line of a kind.

        Raises:
            TooMuch: all spools together take more than `MAX_BYTES`.
        """
        self[kind].add(line)
        self._added += 1
        if self._added % _LOOK == 0 and sum(spool.stored() for spool in self._by_kind.values()) > MAX_BYTES:
            raise TooMuch


@contextmanager
def spooled() -> Iterator[Spools]:
    """Provide spools that are deleted after the block."""
    with ExitStack() as files:
        yield Spools(files)
