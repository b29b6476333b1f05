"""Parsers of single settings. A value that is not accepted raises ValueError, which does not quote it.

Standard library only, because the authorizer reads the settings too.
"""

import re
from urllib.parse import urlsplit

_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def https_url(url: str) -> str:
    """An https URL, without a slash at its end."""
    if not url.startswith("https://"):
        raise ValueError("not an https address")
    return url.rstrip("/")


def private_url(url: str) -> str:
    """An https URL, or a URL on this machine, so that no third party can read the traffic."""
    local = url.startswith("http://") and urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}
    return url if local else https_url(url)


def web_url(url: str) -> str:
    """An http or https URL."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError("not a web address")
    return url


def domains(text: str) -> tuple[str, ...]:
    """Domains under which every host is trusted; each has a dot, so none is a top-level domain."""
    found = tuple(text.split(","))
    if not all(_DOMAIN.fullmatch(name) for name in found):
        raise ValueError("not a list of domains")
    return found


def email_address(text: str) -> str:
    """An email address."""
    if "@" not in text:
        raise ValueError("not an email address")
    return text
