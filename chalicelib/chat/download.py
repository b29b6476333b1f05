"""The file that Stream made of an export, fetched line by line from where Stream keeps it.

What must hold:

- The link is a key: whoever has it has the file for a day. It comes from `gateway.task` a moment before, and
  gets into no log, note or exception.
- Only Stream's own hosts are asked (settings), or the address that Stream's API itself has, which is how the
  emulator is reached. A link to anywhere else is refused, and no redirect is followed to anywhere else.
- Nothing goes along that proves who we are: no token, no cookie, no proxy or password of the environment.
- A line, the file and the time have bounds, so memory has one. A file that breaks off is no file.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from chalicelib.chat.gateway import StreamUnavailable
from chalicelib.core import clock, egress
from chalicelib.core.clock import MINUTE
from chalicelib.core.settings import settings
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.recipients import Recipient

# A user is one line: 10,000 messages of 3 KB, which is what a text of a few sentences comes to with
# everything that Stream writes around it. Reading one took three to six times its size of memory when
# measured, most where texts are short.
MOST_IN_A_LINE = 32 * 1024 * 1024
MOST_IN_A_FILE = 64 * 1024 * 1024
LONGEST = 5 * MINUTE  # a worker has 15 for the whole package

_CHUNK = 64 * 1024
_PATIENCE = (3.0, 10.0)  # seconds to connect, and between two reads
_LINK = re.compile(r"https://(?P<host>[a-z0-9.-]+)(:443)?/[!-~]*")


class LinkRefused(Exception):
    """The link leads away from Stream, or answers with a redirect."""


class FileGone(Exception):
    """The host knows no such file for this link; a new export makes a new one."""


class FileTooLarge(Exception):
    """More than we read."""


def lines(url: str) -> Iterator[bytes | bytearray]:
    """The lines of the file behind a link, without their ends; empty ones are left out.

    Raises:
        LinkRefused, FileGone, FileTooLarge: there is nothing to be had by this link.
        StreamUnavailable: not answered, broken off or too slow; may be asked again with a fresh link.
    """
    if not _is_streams(url):
        raise LinkRefused
    session = egress.client(Recipient.STREAM, Purpose.LEGAL_OBLIGATION, (), _session)
    try:
        with session, _answer(session, url) as answer:
            yield from _lines(answer)
    except requests.RequestException:
        raise StreamUnavailable from None  # its text quotes the link


def _is_streams(url: str) -> bool:
    """By the raw text, since parsers differ over what is odd; an odd link is refused."""
    if url.startswith(settings().stream_url.rstrip("/") + "/"):
        return True
    link = _LINK.fullmatch(url)
    return link is not None and any(
        link["host"] == domain or link["host"].endswith(f".{domain}")
        for domain in settings().stream_file_hosts
    )


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


@contextmanager
def _answer(session: requests.Session, url: str) -> Iterator[requests.Response]:
    with session.get(url, stream=True, allow_redirects=False, timeout=_PATIENCE) as answer:
        status = answer.status_code
        if 300 <= status < 400:
            raise LinkRefused
        if 400 <= status < 500 and status != 429:
            raise FileGone
        if status != 200:
            raise StreamUnavailable
        yield answer


def _lines(answer: requests.Response) -> Iterator[bytes | bytearray]:
    ends, size, line = clock.now() + LONGEST, 0, bytearray()
    for chunk in answer.iter_content(_CHUNK):
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
    if len(line) > MOST_IN_A_LINE or size > MOST_IN_A_FILE:
        raise FileTooLarge
