"""The address that a subject named, read strictly and before anything is looked up. Pure.

It is taken apart once, and the request is made from these parts, so no second parser can see another
host in it. A name that resolves to something of ours is found at sending only (`addresses`).

Taken: `https://` and a public DNS name, in any script; nothing or `:443` behind it; a path that is spelled
in ASCII, which is sent as it is. A query is refused: where uploads have one, it is a credential that lapses.
A secret part can stand in the path.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

import idna

LONGEST = 2000  # octets; the shortest limit that is common among servers
_LONGEST_NAME = 253  # RFC 1035, without the final dot

# RFC 3986, appendix B, for what has an authority.
_PARTS = re.compile(
    r"(?P<scheme>[^:/?#]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?"
)
_PATH = re.compile(r"(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*")

# The last label of a public name; what a resolver would read as a number is none in any spelling.
_TOP = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

# Names that mean something else in each network, or nothing. `example` is left for texts and tests.
_NOT_PUBLIC = frozenset(
    {
        *("alt", "arpa", "internal", "invalid", "local", "localhost", "onion", "test"),  # RFC 6761, ICANN
        *("corp", "home", "intranet", "lan", "localdomain", "private"),  # in wide use, and never delegated
    }
)


class TargetFault(StrEnum):
    """What is wrong with an address, in words that repeat nothing of it."""

    MALFORMED = "not an address of the web"
    TOO_LONG = "too long"
    NOT_HTTPS = "only https is taken"
    USER_INFO = "a user name or a password does not belong there"
    PORT = "only port 443 is taken"
    QUERY = "a query is not taken"
    FRAGMENT = "a fragment is not taken"
    NUMBER = "a name is needed, not the number of a machine"
    NOT_PUBLIC = "not a name that everybody can look up"


class BadTarget(ValueError):
    """Nothing is ever sent to such an address; the text is the fault and never the address."""

    def __init__(self, fault: TargetFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True)
class Target:
    """Where a subject wants data to be sent. Its representation shows none of it."""

    host: str = field(repr=False)  # ASCII and lower case
    path: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The target that a text spells.

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
        # Mapped as browsers do it (UTS 46), so other scripts' dots and digits are judged as what they become.
        name = idna.encode(host, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise BadTarget(TargetFault.NOT_PUBLIC) from None
    top = name.rpartition(".")[2]
    if _NUMBER.fullmatch(top):
        raise BadTarget(TargetFault.NUMBER)
    if "." not in name or len(name) > _LONGEST_NAME or not _TOP.fullmatch(top) or top in _NOT_PUBLIC:
        raise BadTarget(TargetFault.NOT_PUBLIC)
    return name
