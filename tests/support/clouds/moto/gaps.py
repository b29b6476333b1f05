"""What moto does otherwise than AWS: signatures of KMS, and the suppression list of SES.

KMS signs messages by their type; moto hashes a digest again and signs messages of any length. The rules are
those of AWS's reference of the operation Sign: `RAW` takes at most 4,096 bytes, and with `DIGEST` KMS does
not hash the message, whose length has to be that of the algorithm's digest. Moto has no suppression list.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock
from urllib.parse import unquote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto.kms.exceptions import ValidationException
from moto.kms.responses import KmsResponse
from moto.kms.utils import ECDSAPrivateKey

from chalicelib.core import aws

_MOST_BYTES = 4_096
_plain_sign = KmsResponse.sign


@contextmanager
def messages_by_type() -> Iterator[None]:
    """Sign by the type of the message in this block."""
    with mock.patch.object(KmsResponse, "sign", _sign):
        yield


def _sign(self: KmsResponse) -> str:
    message = self._get_param("Message")
    if self._get_param("MessageType") != "DIGEST":
        if len(message) > _MOST_BYTES:
            raise ValidationException("Member must have length less than or equal to 4096")
        return _plain_sign(self)
    if len(message) != hashes.SHA256.digest_size:
        raise ValidationException("Digest is invalid length for algorithm ECDSA_SHA_256.")
    answer = json.loads(_plain_sign(self))  # with its checks of the key and the algorithm
    key = self.kms_backend.describe_key(self._get_param("KeyId")).private_key
    assert isinstance(key, ECDSAPrivateKey)
    signature = key.private_key.sign(message, ec.ECDSA(Prehashed(hashes.SHA256())))
    return json.dumps({**answer, "Signature": base64.b64encode(signature).decode()})


@contextmanager
def suppression_list(*addresses: str) -> Iterator[set[str]]:
    """Let SES have these addresses on its list in this block; returns the list."""
    listed = set(addresses)

    def delete(params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        address = unquote(params["url_path"].rsplit("/addresses/", 1)[1])
        status = 200 if address in listed else 404
        listed.discard(address)
        error = {"Error": {"Code": "NotFoundException", "Message": f"{address} is not on the list"}}
        answer = {} if status == 200 else error
        return SimpleNamespace(status_code=status), {**answer, "ResponseMetadata": {"HTTPStatusCode": status}}

    events, name = aws.client("sesv2").meta.events, "before-call.sesv2.DeleteSuppressedDestination"
    events.register_last(name, delete)
    try:
        yield listed
    finally:
        events.unregister(name, delete)
