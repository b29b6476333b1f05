"""Files at Stream's hosts: which links point to them, and whether such a file is there.

A request for a file carries no credentials: no token, no cookie, no proxy or password of the environment. The
link is one that Stream gave, or that a client wrote into a message; it is never logged.
"""

import re

import requests

from chalicelib.core import egress
from chalicelib.core.settings import settings
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.recipients import Recipient
from chalicelib.stream.model import StreamUnavailable

TIMEOUTS = (3.0, 10.0)  # seconds to connect, and between two reads
_LINK = re.compile(r"https://(?P<host>[a-z0-9.-]+)(:443)?/[!-~]*")
_GONE = {404, 410}


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


def session() -> requests.Session:
    """A session that sends nothing but the link."""
    return egress.client(Recipient.STREAM, Purpose.LEGAL_OBLIGATION, (), _session)


def _session() -> requests.Session:
    own = requests.Session()
    own.trust_env = False
    return own
