"""Idempotency-Key: a request that is repeated within 24 hours creates its resource only once.

Stored are the id of the resource and a keyed fingerprint of the request, never a response: the response is
built again from the resource. The scope (account or device) is part of the id, so another client that guesses
the key finds nothing. By draft-ietf-httpapi-idempotency-key-header the header is a String of RFC 9651: in
double quotes, possibly with parameters, of which none is defined. A bare UUID is accepted too.
"""

import hmac
import re
import uuid
from collections.abc import Mapping
from typing import ClassVar, Self, TypeVar

from chalicelib.core import keyring
from chalicelib.core.clock import DAY
from chalicelib.core.errors import IdempotencyMismatch, InvalidRequest
from chalicelib.core.http.parameters import Body, Header
from chalicelib.core.ids import Id
from chalicelib.core.settings import Secret

AnyId = TypeVar("AnyId", bound=Id)

# How long a request is remembered; the resource that it created may be kept for longer.
KEPT = DAY

_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
# The values of a parameter (RFC 9651, 3.3): numbers and dates; strings, bytes and booleans; tokens.
_NUMBER = r"@?-?[0-9]{1,15}|-?[0-9]{1,12}\.[0-9]{1,3}"
_TEXT = r'"([ !#-\[\]-~]|\\["\\])*"|%"([ !#$&-~]|%[0-9a-f]{2})*"|:[0-9A-Za-z+/=]*:|\?[01]'
_WORD = r"[A-Za-z*][0-9A-Za-z!#$%&'*+.^_`|~:/-]*"
_PARAMETERS = f"(; *[a-z*][a-z0-9_.*-]*(=({_NUMBER}|{_TEXT}|{_WORD}))?)*"
_PATTERN = f'({_UUID}|"{_UUID}"{_PARAMETERS})'
_VALUE = re.compile(_PATTERN)
_LENGTH = 36  # of a UUID


class IdempotencyKey(Header):
    """A client's name for one request."""

    name = "Idempotency-Key"
    description = (
        "A UUID that the client generates for this request, bare or as a String of RFC 9651 (in double "
        "quotes; parameters are ignored). Repeating the request with the same key and body within 24 hours "
        "creates nothing new: the response is about the result of the first request."
    )
    schema: ClassVar[Mapping[str, object]] = {
        "type": "string",
        "pattern": f"^{_PATTERN}$",
        "examples": ["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    }

    def __init__(self, value: uuid.UUID) -> None:
        self.value = value

    @classmethod
    def parse(cls, value: str) -> Self:
        """A UUID, bare or as a String of RFC 9651.

        Raises:
            InvalidRequest: it is neither. `uuid.UUID` alone would accept braces, a URN and missing hyphens.
        """
        text = value.strip(" ")
        if not _VALUE.fullmatch(text):
            raise InvalidRequest("Idempotency-Key has to be a UUID, bare or in double quotes")
        return cls(uuid.UUID(text.removeprefix('"')[:_LENGTH]))

    def id_for(self, kind: type[AnyId], scope: str) -> AnyId:
        """The id of the resource: the same key in the same scope always gives the same id."""
        digest = keyring.mac_keys(Secret.CODES).digest("idempotency", scope, str(self.value))
        return kind.from_digest(digest)


def next_id(forgotten: AnyId) -> AnyId:
    """The id of the next resource of a key, where the one of its first request is kept for longer.

    The same request gets the same id again, as by `id_for`.
    """
    return type(forgotten).from_digest(keyring.mac_keys(Secret.CODES).digest("idempotency", forgotten))


def fingerprint(body: Body) -> str:
    """A keyed digest of a body, by which another body under the same key is detected."""
    return keyring.mac_keys(Secret.CODES).digest("fingerprint", body.model_dump_json()).hex()


def check(stored: str, body: Body) -> None:
    """Compare a body with a stored fingerprint.

    Raises:
        IdempotencyMismatch: the key was used with another body.
    """
    if not hmac.compare_digest(stored, fingerprint(body)):
        raise IdempotencyMismatch
