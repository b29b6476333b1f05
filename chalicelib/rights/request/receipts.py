"""Receipts: the holder of a request's receipt can read and cancel the request without a session.

A receipt is an HMAC of the request's id under a key of the vault, so it is not stored and cannot be guessed.
It comes in a header, and so does the reader's language.
"""

import base64
import hmac
from typing import Self

from chalicelib.core import keyring
from chalicelib.core.errors import NotFound
from chalicelib.core.http.parameters import Header
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.languages import Language, preferred
from chalicelib.core.settings import Secret, settings


def of(request_id: RightsRequestId) -> str:
    """The receipt of a request: a key version, and the HMAC of the request's id under it."""
    return _receipt(request_id, keyring.mac_keys(Secret.RECEIPTS).current)


def link(request_id: RightsRequestId) -> str:
    """Return the address of the page that shows a request and cancels it.

    Anyone with the address can do both. The issuer is the API's public address; on the local cloud no host
    has that name.
    """
    return f"{settings().issuer}/v1/receipt#{request_id}.{of(request_id)}"


def belongs_to(request_id: RightsRequestId, shown: str) -> bool:
    """Return whether a receipt belongs to this request under any key version; in constant time."""
    versions = keyring.mac_keys(Secret.RECEIPTS).versions
    made = [_receipt(request_id, version).encode() for version in versions]
    return any([hmac.compare_digest(receipt, shown.encode()) for receipt in made])  # noqa: C419 - compare all versions, always


def _receipt(request_id: RightsRequestId, version: str) -> str:
    digest = keyring.mac_keys(Secret.RECEIPTS).digest_under(version, "receipt", request_id)
    return f"{version}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


class Receipt(Header):
    """The proof that a request was received. Sent in a header, because paths end up in logs."""

    name = "Rights-Receipt"
    description = "The receipt from the response that accepted the request."
    problems = (NotFound,)

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def parse(cls, value: str) -> Self:
        """Accept any text; the service checks whether it is the receipt."""
        return cls(value.strip())

    @classmethod
    def absent(cls) -> Self:
        """Respond with 404 if there is no receipt."""
        raise NotFound


class ReaderLanguage(Header):
    """The language that the reader of a receipt's page prefers; without it, the one kept with the request."""

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
    def absent(cls) -> Self:
        """No preference."""
        return cls(None)
