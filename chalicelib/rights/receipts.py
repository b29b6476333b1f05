"""Receipts: the holder of a request's receipt can read and cancel the request without a session.

A receipt is an HMAC of the request's id under a key of the vault, so it is not stored and cannot be guessed.
"""

import base64
import hmac

from chalicelib.core import keyring
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.settings import Secret


def of(request_id: RightsRequestId) -> str:
    """The receipt of a request: a key version, and the HMAC of the request's id under it."""
    return _receipt(request_id, keyring.mac_keys(Secret.RECEIPTS).current)


def belongs_to(request_id: RightsRequestId, shown: str) -> bool:
    """Return whether a receipt belongs to this request under any key version; in constant time."""
    versions = keyring.mac_keys(Secret.RECEIPTS).versions
    made = [_receipt(request_id, version).encode() for version in versions]
    return any([hmac.compare_digest(receipt, shown.encode()) for receipt in made])  # noqa: C419 - compare all versions, always


def _receipt(request_id: RightsRequestId, version: str) -> str:
    digest = keyring.mac_keys(Secret.RECEIPTS).digest_under(version, "receipt", request_id)
    return f"{version}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
