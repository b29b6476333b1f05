"""Servers on this machine that stand in for somebody else's, for tests and the tour (stage `local` only).

`RU4M_LOCAL_TARGETS` lists them as `host:port=address[,CA file]`, several with `;` between them. The port is
that of the server here: an address that a subject names has none, on this stage as on every other.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_ENTRY = re.compile(r"(?P<host>[a-z0-9.-]+):(?P<port>[0-9]{1,5})=(?P<address>[^,;]+)(,(?P<ca_file>[^;]+))?")


@dataclass(frozen=True)
class LocalTarget:
    """A TLS server here that answers for a host."""

    address: str  # a loopback address
    port: int
    ca_file: str | None  # of a CA that signed its certificate; trusted for this host alone


def read(text: str) -> Mapping[str, LocalTarget]:
    """The servers that are listed, by host.

    Raises:
        ValueError: malformed, or not on this machine.
    """
    targets = {}
    for entry in filter(None, text.split(";")):
        found = _ENTRY.fullmatch(entry)
        if not found or not _is_here(found["address"]):
            raise ValueError("not host:port=loopback address[,CA file]")
        targets[found["host"]] = LocalTarget(found["address"], int(found["port"]), found["ca_file"])
    return targets


def _is_here(address: str) -> bool:
    from ipaddress import ip_address  # the authorizer reads settings too, and never gets here

    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
