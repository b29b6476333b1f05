"""Keys of the service: those in the vault, and the stage key, which KMS unwraps.

All are read once per container and kept in memory only. In the vault each purpose has a secret of its own,
so IAM decides which function can read which key. New hashes use the current version of a key. Older versions
stay in the secret, so that hashes made under them can still be verified: claims, known devices, receipts and
refresh tokens contain the version of their key. Keys of limit counters and turns do not, so a new version
starts new ones.

The functions are configured with the ciphertext of the stage key only. From each of its versions HKDF
derives, each with a label of its own: the key that wraps subjects' data keys, the key of transient records,
and one key per retention class. So none of them opens what another one sealed.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from chalicelib.core import aws
from chalicelib.core.sealing import KEY_BYTES, SealingKeys
from chalicelib.core.settings import Secret, settings


@dataclass(frozen=True, repr=False)
class MacKeys:
    """Versioned keys for HMAC-SHA-256; `current` names the version that new digests use."""

    current: str
    versions: dict[str, bytes]

    def digest(self, *parts: str) -> bytes:
        """Return the HMAC over the parts, each preceded by its length, under the current version."""
        return self._digest(self.current, parts)

    def digest_under(self, version: str, *parts: str) -> bytes:
        """Return the HMAC over the parts under a given version, to verify a digest made under it."""
        return self._digest(version, parts)

    def digests(self, *parts: str) -> Iterator[bytes]:
        """Yield the HMACs over the parts under all versions, the current one first."""
        for version in (self.current, *sorted(self.versions.keys() - {self.current})):
            yield self._digest(version, parts)

    def lookup_keys(self, kind: str, value: str) -> Iterator[str]:
        """Yield the item keys of a value, `<kind>#<version>#<hex>`, the current version first."""
        others = (version for version in self.versions if version != self.current)
        for version in (self.current, *others):
            yield f"{kind}#{version}#{self._digest(version, (kind, value)).hex()}"

    def _digest(self, version: str, parts: tuple[str, ...]) -> bytes:
        encoded = [part.encode() for part in parts]
        message = b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
        return hmac.digest(self.versions[version], message, hashlib.sha256)


_CONFIGURED = {Secret.LOOKUP, Secret.STAFF}


@cache
def mac_keys(purpose: Secret) -> MacKeys:
    """Return all versions of the HMAC key of a purpose.

    For the keys of lookups and staff, `RU4M_<purpose>_VERSIONS` lists the versions to use. A container that
    did not know a version would miss what was found under it, and could give a number to a second account, or
    a person a second pseudonym. So a rotation changes the setting, which starts new containers
    (infra/ops/keys/versions).
    """
    document = _read(purpose)
    stored = {version: base64.b64decode(key) for version, key in document["versions"].items()}
    if purpose not in _CONFIGURED:
        return MacKeys(document["current"], stored)
    current, *others = settings().mac_versions(purpose)
    return MacKeys(current, {version: stored[version] for version in (current, *others)})


@dataclass(frozen=True, repr=False)
class SigningKey:
    """The private key of access tokens (ES256), and the key id of its published public key."""

    kid: str
    pem: str


@cache
def signing_key() -> SigningKey:
    """Return the current signing key of access tokens; only signup and sessions read it.

    Configuration names it, so a rotation starts new containers, which read the secret again.
    """
    kid = settings().signing_kid()
    return SigningKey(kid, _read(Secret.SIGNING)["keys"][kid])


_stream_secrets: list[str] = []  # at most one


def stream_secret() -> str:
    """Return the API secret of Stream, which signs chat tokens and the gateway's requests."""
    if not _stream_secrets:
        renew_stream_secret()
    return _stream_secrets[0]


def renew_stream_secret() -> None:
    """Read Stream's secret again now; if that fails, the known one stays in use.

    Raises:
        Unavailable, AwsBug: as for `_read`.
    """
    _stream_secrets[:] = [_read(Secret.STREAM)["secret"]]


@cache
def pair_key() -> MacKeys:
    """Return the key from which the ids of conversations of two users follow. It is never rotated.

    Under another key, two users would get a second conversation and lose the first one. The id of every
    existing pair would have to change, also at Stream, where the id of a channel cannot change. Nothing is
    signed with the key: who knows it can compute an id from two known user ids, and no more. So its document
    has no versions, and no command that rotates keys accepts it.
    """
    return MacKeys("1", {"1": base64.b64decode(_read(Secret.PAIRS)["key"])})


class NoCredentials(Exception):
    """The vault has no credentials at a provider of pushes."""


@dataclass(frozen=True, repr=False)
class ApnsCredentials:
    """A key (PEM) that signs tokens for APNs, its id, its team, and the app that gets the pushes."""

    team_id: str
    key_id: str
    topic: str
    key: str


@dataclass(frozen=True, repr=False)
class FcmCredentials:
    """A service account that sends the pushes of a project at Firebase, and its private key (PEM)."""

    project_id: str
    client_email: str
    private_key: str


@cache
def apns_credentials() -> ApnsCredentials:
    """Return our credentials at Apple; only functions that push read them.

    Raises:
        NoCredentials: the stage has none.
    """
    return ApnsCredentials(**_credentials(Secret.APPLE))


@cache
def fcm_credentials() -> FcmCredentials:
    """Return our credentials at Google, as for Apple."""
    return FcmCredentials(**_credentials(Secret.GOOGLE))


def _credentials(provider: Secret) -> dict[str, str]:
    """A deployment creates the document empty, and `ops keys` fills it (infra/ops/keys/push_credentials)."""
    if not (held := _read(provider)):
        raise NoCredentials
    return held


def forget_push_credentials() -> None:
    """Read the credentials again at their next use; for a caller whose credentials a provider refused."""
    apns_credentials.cache_clear()
    fcm_credentials.cache_clear()


def forget_stream_secret() -> None:
    """Read Stream's secret again at its next use; for a caller whose secret Stream refused."""
    _stream_secrets.clear()


def forget() -> None:
    """Read all keys of the vault again at their next use; for commands that rotate them."""
    for cached in (mac_keys, pair_key, signing_key):
        cached.cache_clear()
    forget_stream_secret()
    forget_push_credentials()


def wrapping_key() -> SealingKeys:
    """The key that wraps the data keys of subjects."""
    return _derived("wrap")


def transient_key() -> SealingKeys:
    """The key of records that TTL deletes within days: challenges."""
    return _derived("transient")


def retained_key(retention_class: str) -> SealingKeys:
    """The key of a retention class, for records kept by a hold or a statute after erasure."""
    return _derived(f"retained:{retention_class}")


def encryption_context() -> dict[str, str]:
    """The encryption context: the ciphertext of one stage cannot be unwrapped for another."""
    return {"stage": settings().stage.value, "purpose": "sealing"}


def forget_stage_keys() -> None:
    """Read the configuration and the stage keys again at their next use; for commands that rotate them."""
    for cached in (_configured, _unwrapped, _derive):
        cached.cache_clear()


def _read(purpose: Secret) -> dict[str, Any]:
    """Read the document of a secret.

    Raises:
        Unavailable: Secrets Manager does not respond, or throttles.
        AwsBug: Secrets Manager rejects the request, and a retry would not help.
    """
    answer = aws.ask("secretsmanager", "get_secret_value", SecretId=settings().secret(purpose))
    document: dict[str, Any] = json.loads(answer["SecretString"])
    return document


def _derived(label: str) -> SealingKeys:
    return SealingKeys(current=_configured()[0], find=_finder(label))


def _finder(label: str) -> Callable[[int], bytes | None]:
    return lambda version: _derive(version, label)


@cache
def _derive(version: int, label: str) -> bytes | None:
    stage_key = _unwrapped(version)
    if stage_key is None:
        return None
    return HKDFExpand(SHA256(), KEY_BYTES, f"ru4m/sealing/{label}".encode()).derive(stage_key)


@cache
def _unwrapped(version: int) -> bytes | None:
    """One version of the stage key, by the only call to KMS: one per container and version."""
    wrapped = _configured()[1].get(version)
    if wrapped is None:
        return None
    answer = aws.ask("kms", "decrypt", CiphertextBlob=wrapped, EncryptionContext=encryption_context())
    key: bytes = answer["Plaintext"]
    return key


@cache
def _configured() -> tuple[int, dict[int, bytes]]:
    document = json.loads(settings().stage_keys())
    versions = {int(version): base64.b64decode(key) for version, key in document["versions"].items()}
    return int(document["current"]), versions
