"""Pushes to iPhones, by Apple's push notification service (APNs).

Each call has a token that we signed. Apple accepts one for an hour, and refuses calls whose token changes
more than once in 20 minutes on a connection. So all containers use the same one for 40 minutes: it is issued
at the beginning of a window, and the signature is deterministic (RFC 6979).
"""

import json
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from jwt import PyJWS
from jwt.algorithms import ECAlgorithm
from jwt.utils import der_to_raw_signature

from chalicelib.accounts.push_tokens.model import PushEnvironment, PushToken
from chalicelib.core import clock
from chalicelib.core.clock import MINUTE
from chalicelib.core.keyring import ApnsCredentials
from chalicelib.core.settings import settings
from chalicelib.privacy.recipients import Recipient
from chalicelib.push.model import Push, PushKind, PushOutcome
from chalicelib.push.providers.connection import post
from chalicelib.push.words import line_of

_URLS = {
    PushEnvironment.PRODUCTION: "https://api.push.apple.com",
    PushEnvironment.SANDBOX: "https://api.sandbox.push.apple.com",
}
_WINDOW = int(40 * MINUTE.total_seconds())
_PUSHES = UUID("6c3f0c5e-7d0a-4f0e-9a39-2b8d3f6a51c7")  # random: a name space of our own


def send(push: Push, token: PushToken, held: ApnsCredentials) -> PushOutcome:
    """Send a push to an iPhone.

    Raises:
        ProviderSilent, PushCredentialsRefused: it has to be sent again.
    """
    to = settings().push_urls.get(f"apple_{token.environment}", _URLS[token.environment])
    url = f"{to}/3/device/{quote(token.token, safe='')}"
    headers = _headers(push, token, held)
    return post(Recipient.APPLE, push.kind.purpose, url, headers, json.dumps(_payload(push))).outcome()


def _headers(push: Push, token: PushToken, held: ApnsCredentials) -> dict[str, str]:
    """The headers of a push; the repetition of a call has the same ones, so that the phone shows it once."""
    is_proof, expires = push.kind is PushKind.PROOF, clock.to_epoch(push.expires_at)
    return {
        "authorization": f"bearer {provider_token(held)}",
        "apns-push-type": "background" if is_proof else "alert",
        "apns-priority": "5" if is_proof else "10",
        "apns-topic": held.topic,
        "apns-expiration": str(expires),
        "apns-collapse-id": push.id,
        "apns-id": str(uuid5(_PUSHES, f"{push.id} {expires} {token.token}")),
    }


def _payload(push: Push) -> dict[str, Any]:
    if push.kind is PushKind.PROOF:
        return {"aps": {"content-available": 1}, "kind": push.kind, "id": push.id, "nonce": push.nonce}
    alert = {"body": line_of(push.kind, push.language)}
    return {
        "aps": {"alert": alert, "sound": "default", "mutable-content": 1},
        "kind": push.kind,
        "id": push.id,
    }


class _DeterministicES256(ECAlgorithm):
    def sign(self, msg: bytes, key: EllipticCurvePrivateKey) -> bytes:
        signature = key.sign(msg, ECDSA(self.hash_alg(), deterministic_signing=True))
        return der_to_raw_signature(signature, key.curve)


_jws = PyJWS(algorithms=[])
_jws.register_algorithm("ES256", _DeterministicES256(ECAlgorithm.SHA256))


def provider_token(held: ApnsCredentials) -> str:
    """Return the token of this window, which is the same in each container."""
    now = clock.to_epoch(clock.now())
    return _signed(held, now - now % _WINDOW)


@lru_cache(maxsize=1)
def _signed(held: ApnsCredentials, issued_at: int) -> str:
    claims = json.dumps({"iss": held.team_id, "iat": issued_at}).encode()
    return _jws.encode(claims, held.key, algorithm="ES256", headers={"kid": held.key_id})
