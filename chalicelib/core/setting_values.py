"""Parsers of single settings. A value that is not accepted raises ValueError, which does not quote it.

Standard library only, because the authorizer reads the settings too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
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


def private_urls(text: str) -> Mapping[str, str]:
    """Private URLs by name, as `name=URL` separated by `;`."""
    return {name: private_url(url) for name, _, url in (one.partition("=") for one in text.split(";") if one)}


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


_LOCAL_TARGET = re.compile(
    r"(?P<host>[a-z0-9.-]+):(?P<port>[0-9]{1,5})=(?P<address>[^,;]+)(,(?P<ca_file>[^;]+))?"
)


@dataclass(frozen=True)
class LocalTarget:
    """A local TLS server that answers for a host."""

    address: str  # a loopback address
    port: int
    ca_file: str | None  # the CA that signed its certificate; trusted for this host only


def local_targets(text: str) -> Mapping[str, LocalTarget]:
    """Local TLS servers in place of other controllers' hosts, by host: for tests and the tour.

    The text lists them as `host:port=address[,CA file]`, separated by `;`. The port is that of the local
    server: the address that a subject submits has no port, on this stage as on every other.

    Raises:
        ValueError: an entry is malformed, or its address is not on this machine.
    """
    targets = {}
    for entry in filter(None, text.split(";")):
        found = _LOCAL_TARGET.fullmatch(entry)
        if not found or not _is_loopback(found["address"]):
            raise ValueError("not host:port=loopback address[,CA file]")
        targets[found["host"]] = LocalTarget(found["address"], int(found["port"]), found["ca_file"])
    return targets


def _is_loopback(address: str) -> bool:
    from ipaddress import ip_address  # not at the top: the authorizer imports this module and never needs it

    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
