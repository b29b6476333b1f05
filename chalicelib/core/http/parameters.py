"""The types that a parameter of a view may have, and how each is read from a request.

    caller: Caller              a subclass of Authenticated; the route then requires a token
    operator: Operator          staff, by an IAM signature (core/http/operators); the route is internal
    body: NewThing              a subclass of Body; JSON, unknown fields refused
    body: NewAny                a subclass of OneOf (core/http/forms); JSON in one of several forms
    body: SentForm              a subclass of FormBody; a form, as browsers and mail programs send it
    body: SentHook              a subclass of SignedBody; the bytes as they were sent
    user_id: UserId             an Id; the part of the path with the parameter's name, or, if the path has
                                none, the parameter of the query with this name, then required
    version: NoticeVersion      any str subclass with `parse`; likewise
    expected: IfMatch           a Header; here: required, 428 without it
    key: IdempotencyKey | None  an optional Header
    address: ClientAddress      the client's address, shortened to a block
    go_on: Confirmation | None  a subclass of QueryOption: an optional parameter of the query with this name
    cursor: Cursor | None       the start of a page: `next_cursor` of the previous page
    size: PageSize              how many items a page has at most: `limit` of the query

All parameters are parsed before the view runs, so a view never sees invalid input.
"""

import email.parser
import email.policy
import ipaddress
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import parse_qsl

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from chalicelib.core.contract_words import ErrorCode, word_of
from chalicelib.core.errors import (
    Forbidden,
    InvalidRequest,
    PayloadTooLarge,
    PreconditionRequired,
    Problem,
    UnexpectedField,
    UnsupportedMedia,
    fault,
)
from chalicelib.core.languages import Language, preferred
from chalicelib.core.needs import Claims, Found, Wanted
from chalicelib.core.settings import settings


class View(BaseModel, frozen=True):
    """The JSON body of a response. Fields without a value are left out."""

    @classmethod
    def showing(cls, source: object, **other: object) -> Self:
        """Build the view of an object, whose attributes have the names of fields; also those of parts.

        `other` has the fields of which the object has no such attribute, or that show another value.
        """
        stored = getattr(type(source), "model_fields", ())  # reading one that is still sealed raises
        shown = {
            name: getattr(source, name)
            for name in cls.model_fields.keys() - other.keys()
            if name in stored or hasattr(source, name)
        }
        return cls.model_validate(shown | other, from_attributes=True)


class RequestError(View):
    """A place in the body that breaks a rule. Never the rejected value."""

    pointer: Annotated[
        str,
        Field(description="RFC 6901; empty: the whole body", json_schema_extra={"format": "json-pointer"}),
    ]
    code: ErrorCode
    message: Annotated[str, Field(description="The rule, for a developer")]


class Body(BaseModel, frozen=True, extra="forbid", strict=True):
    """The JSON body of a request. Types are strict: 0 is not false, a number is not a string.

    Dates and ids are JSON strings.
    """

    media_type: ClassVar[str] = "application/json"
    also_as: ClassVar[tuple[str, ...]] = ()  # other media types that are read
    max_bytes: ClassVar[int] = 16 * 1024

    @classmethod
    def parse(cls, raw: bytes, content_type: str | None) -> Self:
        """Read a request's body.

        Raises:
            UnsupportedMedia: the media type is missing or none that is read.
            PayloadTooLarge: the body is larger than `max_bytes`.
            UnexpectedField: the body has fields that this route does not accept.
            InvalidRequest: any other fault. It names places and rules, never the value.
        """
        kind = (content_type or "").split(";")[0].strip().lower()
        if kind not in {cls.media_type, *cls.also_as}:
            raise UnsupportedMedia(f"Send {' or '.join((cls.media_type, *cls.also_as))}")
        if len(raw) > cls.max_bytes:
            raise PayloadTooLarge(f"At most {cls.max_bytes} bytes")
        try:
            return cls.read(raw, str(content_type))
        except ValidationError as error:
            raise cls.refusal(error) from None

    @classmethod
    def read(cls, raw: bytes, _: str) -> Self:
        """Read a body of one of the media types, given as it was sent.

        Raises:
            ValidationError: the body does not have this form.
            InvalidRequest: an object in it has two members with one name.
        """
        body = cls.model_validate_json(raw)
        refuse_repeated(raw)
        return body

    @classmethod
    def refusal(cls, error: ValidationError, under: str = "") -> InvalidRequest:
        """The problem of a body that is not valid; `under`: the place of the body in the request's body."""
        details = details_of(error)
        unexpected = any(detail["type"] == "extra_forbidden" for detail in details)
        errors = faults_of(details[:20], under, cls.place_of)
        return UnexpectedField(errors=errors) if unexpected else InvalidRequest(errors=errors)

    @classmethod
    def place_of(cls, detail: ErrorDetails) -> tuple[int | str, ...]:
        """The place of an error in the body."""
        return detail["loc"]


def faults_of(
    details: Iterable[ErrorDetails],
    under: str,
    place_of: Callable[[ErrorDetails], tuple[int | str, ...]] = Body.place_of,
) -> list[dict[str, str]]:
    """The errors of a value in our words; `under` is the place of the value in the request's body."""
    return [
        fault(
            under + "".join(f"/{_escaped(part)}" for part in place_of(detail)),
            word_of(detail["type"]),
            _message(detail["type"], detail["msg"]),
        )
        for detail in details
    ]


def details_of(error: ValidationError) -> list[ErrorDetails]:
    """The errors of a value, without the value."""
    return error.errors(include_url=False, include_input=False, include_context=False)


# Some of pydantic's messages repeat the value ("unable to parse ..., got 'x'"). These kinds do not.
_PLAIN = re.compile(
    r"(string_too_|too_|missing|extra_forbidden|greater_than|less_than|literal_error|.*_type$)"
)


def _message(kind: str, text: str) -> str:
    return text if _PLAIN.match(kind) else "This value is not valid"


def _escaped(part: int | str) -> str:
    """Escape and shorten a JSON Pointer token (RFC 6901), whose text may come from the client."""
    return str(part)[:64].replace("~", "~0").replace("/", "~1")


def refuse_repeated(raw: bytes) -> None:
    """Refuse valid JSON in which an object has two members with one name (RFC 8259, 4).

    Readers differ in which of the two counts, so a proxy, a log or the sender may have seen another value.

    Raises:
        InvalidRequest: there is such an object.
    """
    json.loads(raw, object_pairs_hook=_refuse_repeated_names)


def _refuse_repeated_names(members: list[tuple[str, object]]) -> None:
    if len({name for name, _ in members}) < len(members):
        rule = "An object has two members with one name"
        raise InvalidRequest(errors=[fault("", ErrorCode.REPEATED, rule)])


class SignedBody:
    """The bytes of a request's body, for a sender whose signature covers them.

    The media type is not checked: without a valid signature no body is read at all.
    """

    media_type: ClassVar[str] = "application/json"
    max_bytes: ClassVar[int]
    schema: ClassVar[Mapping[str, object]] = {"type": "object"}

    def __init__(self, sent: bytes) -> None:
        self.sent = sent

    @classmethod
    def parse(cls, raw: bytes, _: str | None) -> Self:
        """Take a request's body.

        Raises:
            PayloadTooLarge: the body is larger than `max_bytes`.
        """
        if len(raw) > cls.max_bytes:
            raise PayloadTooLarge(f"At most {cls.max_bytes} bytes")
        return cls(raw)


class Authenticated(ABC):
    """A caller, authorized by the claims of the token and the current state in the tables."""

    authorizer: ClassVar[Any]  # Chalice's, so that core needs no concept
    needs: ClassVar[tuple[Wanted[Any], ...]]
    problems: ClassVar[tuple[type[Problem], ...]]
    needs_current_app: ClassVar[bool] = False  # whether an app below the minimum is refused (ADR 84)

    @classmethod
    @abstractmethod
    def authorize(cls, claims: Claims, found: Found) -> Self:
        """Return the caller, or raise the Problem that prevents the call."""


class Header(ABC):
    """A request header that a view can take."""

    name: ClassVar[str]
    description: ClassVar[str]
    schema: ClassVar[Mapping[str, object]] = {"type": "string"}
    problems: ClassVar[tuple[type[Problem], ...]] = (InvalidRequest,)
    is_of_pages: ClassVar[bool] = False  # whether only routes of our own forms read it

    @classmethod
    @abstractmethod
    def parse(cls, value: str) -> Self:
        """Read the header's value."""

    @classmethod
    def absent(cls) -> Self:
        """Return the value for a missing header, or raise if the view requires the header."""
        raise InvalidRequest(f"The header {cls.name} is required")


class IfMatch(Header):
    """The version to which an edit or an approval applies (RFC 9110 §13.1.1).

    `*` matches every version, and a list matches several, so neither shows which version the client read.
    Both get the response of a missing header: the required precondition was not sent (RFC 6585 §3, ADR 23).
    """

    name = "If-Match"
    description = "The ETag of the version that the client read. Exactly one; `*` is refused."
    schema: ClassVar[Mapping[str, object]] = {**Header.schema, "examples": ['"3"']}
    problems = (PreconditionRequired,)

    def __init__(self, tag: str) -> None:
        self._tag = tag

    @classmethod
    def parse(cls, value: str) -> Self:
        """Read one tag, for strong comparison: a weak tag matches nothing."""
        tag = value.strip()
        if tag in {"", "*"} or "," in tag:
            raise PreconditionRequired
        return cls(tag)

    @classmethod
    def absent(cls) -> Self:
        """Refuse the edit: without a version it could overwrite a change unknown to the client."""
        raise PreconditionRequired

    def allows(self, etag: str) -> bool:
        """Return whether the client read this version."""
        return etag == self._tag


class GlobalPrivacyControl(Header):
    """Global Privacy Control (W3C): the user objects to the sale or sharing of their data."""

    name = "Sec-GPC"
    description = "`1` if the user's browser sends Global Privacy Control. Any other value is ignored."
    schema: ClassVar[Mapping[str, object]] = {**Header.schema, "examples": ["1"]}
    problems = ()

    def __init__(self, *, on: bool) -> None:
        self.on = on

    @classmethod
    def parse(cls, value: str) -> Self:
        """Accept exactly `1`. Several headers arrive joined by commas; one `1` among them is enough."""
        return cls(on="1" in (part.strip() for part in value.split(",")))


class FetchSite(Header):
    """Where a form was sent from (Fetch Metadata Request Headers, W3C). Pages of other sites are refused.

    Browsers set the header, and no page can. Programs and old browsers send none.
    """

    name = "Sec-Fetch-Site"
    description = "`cross-site` and `same-site` are refused: only our own pages send our forms."
    problems = (Forbidden,)
    is_of_pages = True

    @classmethod
    def parse(cls, value: str) -> Self:
        """Accept our own pages, and what a person opened directly."""
        if value not in {"same-origin", "none"}:
            raise Forbidden("Only our own pages send this form")
        return cls()


class ReaderLanguage(Header):
    """The language that a reader prefers."""

    name = "Accept-Language"
    description = "The language of the texts: `en`, `sr-Latn` or `sr-Cyrl`."
    problems = ()

    def __init__(self, language: Language | None) -> None:
        self.language = language

    @classmethod
    def parse(cls, value: str) -> Self:
        """Read the first of our languages; any other value is as no header."""
        return cls(preferred(value))

    @classmethod
    def of(cls, reader: Self | None) -> Language:
        """The language of a reader for whom none is known besides."""
        return (reader and reader.language) or Language.ENGLISH


class ClientAddress:
    """The client's address as the block that limits count: /24 of IPv4, /64 of IPv6, or coarser.

    Only this constructor sees the full address (USE-1).
    """

    def __init__(self, source_ip: str) -> None:
        address = ipaddress.ip_address(source_ip)
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        figures = settings().limits
        bits = figures.address_bits_v4 if address.version == 4 or mapped else figures.address_bits_v6
        self.block = str(ipaddress.ip_network(f"{mapped or address}/{bits}", strict=False))

    @property
    def site(self) -> str:
        """The block of all networks that one customer may have: /48 of IPv6, else the same block."""
        block, bits = ipaddress.ip_network(self.block), settings().limits.site_bits_v6
        is_part = block.version == 6 and block.prefixlen > bits
        return str(block.supernet(new_prefix=bits)) if is_part else self.block


_MULTIPART = "multipart/form-data"
_MAX_FIELDS = 20


class FormBody(Body, extra="ignore"):
    """The fields of a form. Unknown ones are ignored: the senders are programs that we do not know."""

    media_type: ClassVar[str] = "application/x-www-form-urlencoded"
    also_as: ClassVar[tuple[str, ...]] = (_MULTIPART,)
    max_bytes: ClassVar[int] = 4 * 1024

    @classmethod
    def read(cls, raw: bytes, content_type: str) -> Self:
        """Read the fields of a form.

        Raises:
            InvalidRequest: it is malformed.
            ValidationError: a field is missing or has another value.
        """
        is_multipart = content_type.strip().lower().startswith(_MULTIPART)
        try:
            fields = dict(_form_parts(raw, content_type) if is_multipart else _form_pairs(raw))
        except ValueError:
            raise InvalidRequest("The form is malformed") from None
        return cls.model_validate(fields)


def _form_pairs(raw: bytes) -> list[tuple[str, str]]:
    return parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS)


def _form_parts(raw: bytes, content_type: str) -> Iterator[tuple[str, str]]:
    """The fields of a multipart body (RFC 7578); parts without a name are skipped."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("ascii")
    found = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + raw)
    for part in found.iter_parts() if found.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            yield name, content.decode().strip()
