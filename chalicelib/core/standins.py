"""Local TLS servers in place of other controllers' hosts, for tests and the tour (stage `local`).

`RU4M_LOCAL_TARGETS` lists them as `host:port=address[,CA file]`, separated by `;`. The port is that of the
local server: the address that a subject submits has no port, on this stage as on every other.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_ENTRY = re.compile(r"(?P<host>[a-z0-9.-]+):(?P<port>[0-9]{1,5})=(?P<address>[^,;]+)(,(?P<ca_file>[^;]+))?")


@dataclass(frozen=True)
class LocalTarget:
    """A local TLS server that answers for a host."""

    address: str  # a loopback address
    port: int
    ca_file: str | None  # the CA that signed its certificate; trusted for this host only


def read(text: str) -> Mapping[str, LocalTarget]:
    """The listed servers, by host.

    Raises:
        ValueError: an entry is malformed, or its address is not on this machine.
    """
    targets = {}
    for entry in filter(None, text.split(";")):
        found = _ENTRY.fullmatch(entry)
        if not found or not _is_here(found["address"]):
            raise ValueError("not host:port=loopback address[,CA file]")
        targets[found["host"]] = LocalTarget(found["address"], int(found["port"]), found["ca_file"])
    return targets


def _is_here(address: str) -> bool:
    from ipaddress import ip_address  # not at the top: the authorizer imports this module and never needs it

    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
