"""Downloads the file of an export line by line from Stream's storage.

Invariants:

- The link is a secret: it opens the file for a day. `gateway.task` returns it just before, and it is never
  written to a log, a note or an exception.
- Requests go only to Stream's file hosts (settings) or to the address of Stream's API, which is also how the
  emulator is reached. Any other link is refused, and no redirect is followed.
- A request carries no credentials: no token, no cookie, no proxy or password of the environment.
- The sizes of a line and of the file are bounded, and so is the time; hence memory is bounded. An incomplete
  file is an error.
"""

from collections.abc import Iterator

import requests

from chalicelib.core import clock
from chalicelib.core.clock import MINUTE
from chalicelib.stream import files
from chalicelib.stream.files import CHUNK, FileTooLarge
from chalicelib.stream.model import StreamUnavailable

# A user is one line: 10,000 messages of 3 KB, the size of a few sentences with Stream's metadata. In
# measurements, reading a line took three to six times its size in memory, most if the texts are short.
MAX_LINE_BYTES = 32 * 1024 * 1024
MAX_FILE_BYTES = 64 * 1024 * 1024
LONGEST = 5 * MINUTE  # a worker has 15 for the whole package


def lines(url: str) -> Iterator[bytes | bytearray]:
    """Download the file of a link; yield its lines without line ends, skipping empty ones.

    Raises:
        LinkRefused, FileGone, FileTooLarge: this link cannot give the file.
        StreamUnavailable: no answer, an incomplete file, or too slow; try again with a fresh link.
    """
    with files.opened(url) as answer:
        yield from _lines(answer)


def _lines(answer: requests.Response) -> Iterator[bytes | bytearray]:
    ends, size, line = clock.now() + LONGEST, 0, bytearray()
    for chunk in answer.iter_content(CHUNK):
        size += len(chunk)
        if clock.now() > ends:
            raise StreamUnavailable
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            line += part
            _refuse_too_large(line, size)
            if line:
                yield line
            line = bytearray()
        line += rest
        _refuse_too_large(line, size)
    if line:
        yield line


def _refuse_too_large(line: bytearray, size: int) -> None:
    if len(line) > MAX_LINE_BYTES or size > MAX_FILE_BYTES:
        raise FileTooLarge
