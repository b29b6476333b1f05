"""What a view may ask for, by the type of its parameter.

    caller: Caller              a subclass of Authenticated; the route then requires a token
    operator: Operator          staff, by a signature of IAM (core/http/operators); the route is internal
    body: NewThing              a subclass of Body; JSON, unknown fields refused
    user_id: UserId             an Id; the part of the path with the parameter's name
    version: NoticeVersion      any str subclass with `parse`; likewise
    expected: IfMatch           a Header; here: required, 428 without it
    key: IdempotencyKey | None  a Header that may be missing
    address: ClientAddress      who asks, shortened to a block
    cursor: Cursor | None       where a list goes on: `next` of the page before

Each is parsed before the view runs, so a view never sees bad input and nothing is half done.
"""

import ipaddress
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from chalicelib.core.errors import (
    InvalidRequest,
    PayloadTooLarge,
    PreconditionRequired,
    Problem,
    UnexpectedField,
    UnsupportedMedia,
)
from chalicelib.core.needs import Claims, Found, Wanted
from chalicelib.core.settings import settings


class View(BaseModel):
    """What an answer shows. Absent values are left out."""

    model_config = ConfigDict(frozen=True)


class Body(BaseModel):
    """What a client sends. Strict: a number is no text, 0 is no false; dates and ids are texts in JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    media_type: ClassVar[str] = "application/json"
    max_bytes: ClassVar[int] = 16 * 1024

    @classmethod
    def parse(cls, raw: bytes, content_type: str | None) -> Self:
        """Read a request's body.

        Raises:
            UnsupportedMedia: another media type, or none.
            PayloadTooLarge: over `max_bytes`.
            UnexpectedField: fields that this call does not take.
            InvalidRequest: anything else; places and rules, never the value.
        """
        if (content_type or "").split(";")[0].strip().lower() != cls.media_type:
            raise UnsupportedMedia(f"Send {cls.media_type}")
        if len(raw) > cls.max_bytes:
            raise PayloadTooLarge(f"At most {cls.max_bytes} bytes")
        try:
            return cls.model_validate_json(raw)
        except ValidationError as error:
            raise cls._refusal(error) from None

    @classmethod
    def _refusal(cls, error: ValidationError) -> InvalidRequest:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        unexpected = any(detail["type"] == "extra_forbidden" for detail in details)
        errors = [
            {
                "pointer": "".join(f"/{_escaped(part)}" for part in detail["loc"]),
                "code": detail["type"],
                "message": _message(detail["type"], detail["msg"]),
            }
            for detail in details[:20]
        ]
        return UnexpectedField(errors=errors) if unexpected else InvalidRequest(errors=errors)


# Some of pydantic's messages repeat what was sent ("unable to parse ..., got 'x'"); these do not.
_PLAIN = re.compile(
    r"(string_too_|too_|missing|extra_forbidden|greater_than|less_than|literal_error|.*_type$)"
)


def _message(kind: str, text: str) -> str:
    return text if _PLAIN.match(kind) else "This value is not valid"


def _escaped(part: int | str) -> str:
    """A JSON Pointer token (RFC 6901), shortened: an unknown field's name is the client's own text."""
    return str(part)[:64].replace("~", "~0").replace("/", "~1")


class Authenticated(ABC):
    """A caller who was judged from the token's claims and what the tables say now."""

    authorizer: ClassVar[Any]  # Chalice's, so that core needs no concept
    needs: ClassVar[tuple[Wanted[Any], ...]]
    problems: ClassVar[tuple[type[Problem], ...]]

    @classmethod
    @abstractmethod
    def judge(cls, claims: Claims, found: Found) -> Self:
        """The caller, or the Problem that stands in the way."""


class PathText(Protocol):
    """A part of a path: text with a form of its own."""

    pattern: ClassVar[re.Pattern[str]]

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """What the text spells, or None, which is answered with 404."""


class Header(ABC):
    """A request header with a meaning."""

    name: ClassVar[str]
    description: ClassVar[str]
    schema: ClassVar[Mapping[str, object]] = {"type": "string"}
    problems: ClassVar[tuple[type[Problem], ...]] = (InvalidRequest,)

    @classmethod
    @abstractmethod
    def parse(cls, value: str) -> Self:
        """Read the header's value."""

    @classmethod
    def absent(cls) -> Self:
        """What a missing header means where the view requires it."""
        raise InvalidRequest(f"The header {cls.name} is required")


class IfMatch(Header):
    """The one version that an edit or an approval is meant for (RFC 9110 §13.1.1).

    `*` holds for every version, and a list for several, so neither shows what the client read. Both are
    answered like a missing header: the precondition that is required was not sent (RFC 6585 §3, ADR 23).
    """

    name = "If-Match"
    description = "The ETag of the version that is meant, as it was read: exactly one; `*` is refused."
    schema: ClassVar[Mapping[str, object]] = {"type": "string", "examples": ['"3"']}
    problems = (PreconditionRequired,)

    def __init__(self, tag: str) -> None:
        self._tag = tag

    @classmethod
    def parse(cls, value: str) -> Self:
        """One tag, in strong comparison: a weak one matches nothing."""
        tag = value.strip()
        if tag in {"", "*"} or "," in tag:
            raise PreconditionRequired
        return cls(tag)

    @classmethod
    def absent(cls) -> Self:
        """An edit without a version is refused: it could undo somebody's change unseen."""
        raise PreconditionRequired

    def allows(self, etag: str) -> bool:
        """Whether the edit is meant for this version."""
        return etag == self._tag


class GlobalPrivacyControl(Header):
    """The signal of a browser that its user wants no sale or sharing of data (W3C)."""

    name = "Sec-GPC"
    description = "`1` if the user's browser sends Global Privacy Control; any other value is no signal."
    problems = ()

    def __init__(self, *, on: bool) -> None:
        self.on = on

    @classmethod
    def parse(cls, value: str) -> Self:
        """Exactly `1`; of several headers, which arrive joined by commas, one is enough."""
        return cls(on="1" in (part.strip() for part in value.split(",")))


class Cursor(str):
    """A place in a list, in the query as `cursor`. Opaque to clients; who made it reads it."""

    __slots__ = ()
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"[0-9A-Za-z_-]{1,128}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The cursor that a text spells.

        Raises:
            InvalidRequest: it is none of ours.
        """
        if not cls.pattern.fullmatch(text):
            raise InvalidRequest("This cursor is not one of ours")
        return cls(text)


class ClientAddress:
    """Who asks, as a block that limits can be kept for: /24 of IPv4, /64 of IPv6, or coarser.

    The full address never gets further than this constructor (USE-1).
    """

    def __init__(self, source_ip: str) -> None:
        address = ipaddress.ip_address(source_ip)
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        figures = settings().limits
        bits = figures.address_bits_v4 if address.version == 4 or mapped else figures.address_bits_v6
        self.block = str(ipaddress.ip_network(f"{mapped or address}/{bits}", strict=False))
