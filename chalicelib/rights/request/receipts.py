"""Receipts: the holder of a request's receipt can read and cancel the request without a session.

A receipt is an HMAC of the request's id under a key of the vault, so it is not stored and cannot be guessed.
It comes in a header, and so does the reader's language.

A release key is the second word of a request that gives a number (ADR 68). It is made in the same way, of the
decision of two operators too, so each decision has another one. The operator who has it has no receipt.
"""

import base64
import hmac
from datetime import datetime
from typing import Self

from chalicelib.core import clock, keyring
from chalicelib.core.errors import NotFound
from chalicelib.core.http.parameters import Header
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.settings import Secret, settings


def of(request_id: RightsRequestId) -> str:
    """The receipt of a request: a key version, and the HMAC of the request's id under it."""
    return _made(keyring.mac_keys(Secret.RECEIPTS).current, "receipt", request_id)


def link(request_id: RightsRequestId) -> str:
    """Return the address of the page that shows a request and cancels it.

    Anyone with the address can do both. The issuer is the API's public address; on the local cloud no host
    has that name.
    """
    return f"{settings().issuer}/privacy/request#{request_id}.{of(request_id)}"


def belongs_to(request_id: RightsRequestId, shown: str) -> bool:
    """Return whether a receipt belongs to this request under any key version; in constant time."""
    return _is_one_of(shown, "receipt", request_id)


def release_key(request_id: RightsRequestId, released_at: datetime) -> str:
    """The key that two operators released at an instant, for the owner of the account."""
    current = keyring.mac_keys(Secret.RECEIPTS).current
    return _made(current, "release", request_id, clock.to_text(released_at))


def is_release_key(request_id: RightsRequestId, released_at: datetime, shown: str) -> bool:
    """Return whether it is the key of this decision under any key version; in constant time."""
    return _is_one_of(shown, "release", request_id, clock.to_text(released_at))


def _is_one_of(shown: str, *parts: str) -> bool:
    made = [_made(version, *parts) for version in keyring.mac_keys(Secret.RECEIPTS).versions]
    return any([hmac.compare_digest(one.encode(), shown.encode()) for one in made])  # noqa: C419 - compare all versions, always


def _made(version: str, *parts: str) -> str:
    digest = keyring.mac_keys(Secret.RECEIPTS).digest_under(version, *parts)
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
