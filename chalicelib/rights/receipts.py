"""Receipts: the holder of a receipt may read its request, with or without an account.

A receipt is a key version and the HMAC of the request's id under that key; receipts are not stored.
"""

import base64
import hmac

from chalicelib.core import keyring
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.settings import Secret


def receipt(request_id: RightsRequestId) -> str:
    """The receipt of a request."""
    return _receipt(request_id, keyring.mac_keys(Secret.RECEIPTS).current)


def is_of(request_id: RightsRequestId, shown: str) -> bool:
    """Whether a receipt belongs to this request under any key version; in constant time."""
    versions = keyring.mac_keys(Secret.RECEIPTS).versions
    made = [_receipt(request_id, version).encode() for version in versions]
    return any([hmac.compare_digest(one, shown.encode()) for one in made])  # noqa: C419 - compare all versions, always


def _receipt(request_id: RightsRequestId, version: str) -> str:
    digest = keyring.mac_keys(Secret.RECEIPTS).digest_under(version, "receipt", request_id)
    return f"{version}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
