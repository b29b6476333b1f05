"""Parses an address that a subject submitted, strictly and before any look-up. Pure.

It is parsed once, and the request is built from the parts, so no second parser can find another host in it. A
name that resolves to an address of our own network is detected when the parcel is sent (`line`).

Accepted is `https://` and a public DNS name in any script, optionally `:443`, and a path in ASCII, which is
sent unchanged. A query is refused: in upload URLs it usually is a credential that expires. The path may
contain a secret.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

import idna

LONGEST = 2000  # bytes; the lowest limit that is common among servers
_LONGEST_NAME = 253  # RFC 1035, without the final dot

# RFC 3986, appendix B, for URLs with an authority.
_PARTS = re.compile(
    r"(?P<scheme>[^:/?#]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?"
)
_PATH = re.compile(r"(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*")

# The last label of a public name. A label that a resolver would read as a number is refused in any notation.
_TOP = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

# Top-level names that are private to a network, or reserved. `example` is accepted, for documentation and
# tests.
_NOT_PUBLIC = frozenset(
    {
        *("alt", "arpa", "internal", "invalid", "local", "localhost", "onion", "test"),  # RFC 6761, ICANN
        *("corp", "home", "intranet", "lan", "localdomain", "private"),  # in wide use, and never delegated
    }
)


class TargetFault(StrEnum):
    """The fault of an address, in words that quote nothing of it."""

    MALFORMED = "not a web address"
    TOO_LONG = "too long"
    NOT_HTTPS = "only https is accepted"
    USER_INFO = "a user name or password is not accepted"
    PORT = "only port 443 is accepted"
    QUERY = "a query is not accepted"
    FRAGMENT = "a fragment is not accepted"
    NUMBER = "a host name is required, not an IP address"
    NOT_PUBLIC = "not a public host name"


class BadTarget(ValueError):
    """The address is not accepted; the text is the fault and never the address."""

    def __init__(self, fault: TargetFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True)
class Target:
    """The host and path to which a subject wants data sent; its representation shows neither."""

    host: str = field(repr=False)  # ASCII and lower case
    path: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The target that a text denotes.

        Raises:
            BadTarget: see `TargetFault`.
        """
        if len(text.encode(errors="replace")) > LONGEST:
            raise BadTarget(TargetFault.TOO_LONG)
        parts = _PARTS.fullmatch(text)
        if parts is None:
            raise BadTarget(TargetFault.MALFORMED)
        if parts["scheme"].lower() != "https":
            raise BadTarget(TargetFault.NOT_HTTPS)
        if parts["query"] is not None:
            raise BadTarget(TargetFault.QUERY)
        if parts["fragment"] is not None:
            raise BadTarget(TargetFault.FRAGMENT)
        if not _PATH.fullmatch(parts["path"]):
            raise BadTarget(TargetFault.MALFORMED)
        return cls(_host(parts["authority"]), parts["path"] or "/")


def _host(authority: str) -> str:
    if "@" in authority:
        raise BadTarget(TargetFault.USER_INFO)
    if authority.startswith("["):
        raise BadTarget(TargetFault.NUMBER)
    host, colon, port = authority.partition(":")
    if colon and port != "443":
        raise BadTarget(TargetFault.PORT)
    return _public_name(host)


def _public_name(host: str) -> str:
    try:
        # Mapped as in browsers (UTS 46), so dots and digits of other scripts are checked in their ASCII form.
        name = idna.encode(host, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise BadTarget(TargetFault.NOT_PUBLIC) from None
    top = name.rpartition(".")[2]
    if _NUMBER.fullmatch(top):
        raise BadTarget(TargetFault.NUMBER)
    if "." not in name or len(name) > _LONGEST_NAME or not _TOP.fullmatch(top) or top in _NOT_PUBLIC:
        raise BadTarget(TargetFault.NOT_PUBLIC)
    return name
