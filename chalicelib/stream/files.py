"""Files at Stream's hosts: which links point to them, whether a file may be there, and its bytes.

A request for a file carries no credentials: no token, no cookie, no proxy or password of the environment. The
link is one that Stream gave, or that a client wrote into a message; it is never logged.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import requests

from chalicelib.core import clock, egress
from chalicelib.core.settings import settings
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.recipients import Recipient
from chalicelib.stream.model import StreamUnavailable

TIMEOUTS = (3.0, 10.0)  # seconds to connect, and between two reads
_LINK = re.compile(r"https://(?P<host>([a-z0-9][a-z0-9-]{0,62}\.)+[a-z]{2,})(:443)?/[!-~]*")
_GONE = {404, 410}
_SLOWEST = timedelta(seconds=20)
CHUNK = 64 * 1024


def is_streams(url: str) -> bool:
    """Return whether a link points to Stream, by its raw text, since URL parsers differ."""
    if url.startswith(settings().stream_url.rstrip("/") + "/"):
        return True
    link = _LINK.fullmatch(url)
    return link is not None and any(
        link["host"] == domain or link["host"].endswith(f".{domain}")
        for domain in settings().stream_file_hosts
    )


def may_be_at_stream(url: str) -> bool:
    """Return whether a link points to Stream, and Stream does not say that its file is gone.

    Raises:
        StreamUnavailable: Stream does not answer.
    """
    if not is_streams(url):
        return False
    try:
        with session() as own, own.get(url, stream=True, allow_redirects=False, timeout=TIMEOUTS) as answer:
            return answer.status_code not in _GONE
    except requests.RequestException:
        raise StreamUnavailable from None  # its text quotes the link


class LinkRefused(Exception):
    """The link points to a host that is not Stream's, or answers with a redirect."""


class FileGone(Exception):
    """The host refuses the link for good (4xx except 429)."""


class FileTooLarge(Exception):
    """The file, or a line of it, exceeds its bound."""


def fetch(url: str, largest: int) -> bytes | None:
    """The bytes of a file; None if there is none, or the link does not point to Stream.

    Raises:
        FileTooLarge: it has more bytes.
        StreamUnavailable: no answer, an incomplete file, or too slow.
    """
    content, ends = bytearray(), clock.now() + _SLOWEST
    try:
        with opened(url) as answer:
            for chunk in answer.iter_content(CHUNK):
                content += chunk
                if len(content) > largest:
                    raise FileTooLarge
                if clock.now() > ends:
                    raise StreamUnavailable
    except (LinkRefused, FileGone):
        return None
    return bytes(content)


@contextmanager
def opened(url: str) -> Iterator[requests.Response]:
    """Ask for the file of a link.

    Raises:
        LinkRefused, FileGone: this link cannot give the file.
        StreamUnavailable: no answer, or an incomplete file.
    """
    if not is_streams(url):
        raise LinkRefused
    try:
        with session() as own, own.get(url, stream=True, allow_redirects=False, timeout=TIMEOUTS) as answer:
            status = answer.status_code
            if 300 <= status < 400:
                raise LinkRefused
            if 400 <= status < 500 and status != 429:
                raise FileGone
            if status != 200:
                raise StreamUnavailable
            yield answer
    except requests.RequestException:
        raise StreamUnavailable from None  # its text quotes the link


def session() -> requests.Session:
    """A session that sends nothing but the link."""
    return egress.client(Recipient.STREAM, Purpose.LEGAL_OBLIGATION, (), _session)


def _session() -> requests.Session:
    own = requests.Session()
    own.trust_env = False
    return own
