"""Public information about the service and its controller, and the bodies that state it."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field

from chalicelib.core.http import View
from chalicelib.core.settings import settings
from chalicelib.privacy import accountability, register
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.recipients import Recipient
from chalicelib.privacy.register import WITHOUT_RECORD


class Authority(View):
    """A supervisory authority that handles complaints (Art. 77 GDPR, Art. 82 ZZPL; RGT-9)."""

    name: str
    address: str
    phone: str
    url: str


class RecipientView(View):
    """A recipient of personal data and its role."""

    name: str
    country: str
    role: str


class Retention(View):
    """A kind of record and how long it is kept."""

    what: str
    kept: str


class Controller(View):
    """The controller of personal data (Art. 13(1) GDPR, NOT-4)."""

    name: str
    address: str
    country: str
    contact_email: str
    data_protection_officer: str | None = None
    representative: str | None = None
    supervisory_authorities: tuple[Authority, ...]
    recipients: tuple[RecipientView, ...]
    retention: tuple[Retention, ...]


class Health(View):
    """The service is running; its version and stage."""

    status: Literal["ok"] = "ok"
    version: str
    stage: str


class PublicKey(View):
    """One public key. Other members of the configured key are not disclosed."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str
    kid: str
    use: Literal["sig"] = "sig"
    alg: Literal["ES256"] = "ES256"


class KeySet(View):
    """The public keys that verify access tokens (RFC 7517)."""

    keys: tuple[PublicKey, ...]


class CertificateKey(View):
    """A public key that verifies certificates of erasures. Other configured members are not shown."""

    kid: str  # SHA-256 of the key in DER, in hex
    algorithm: Literal["ECDSA_SHA_256"] = "ECDSA_SHA_256"
    pem: str


class CertificateKeySet(View):
    """The public keys that verify certificates of erasures, the current one first; earlier keys stay."""

    keys: tuple[CertificateKey, ...]


class PrivacyControl(View):
    """Support for Global Privacy Control: the service honours the signal."""

    gpc: bool = True
    last_update: str = Field("2026-11-24", serialization_alias="lastUpdate")


class OpenApi(View):
    """An OpenAPI document."""

    model_config = ConfigDict(extra="allow")

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]


def controller() -> Controller:
    """The controller; and from the declarations, the recipients and the retention periods."""
    kept = {record.declaration.kind: record.declaration.kept for record in register.records()}
    kept |= {entry.kind: entry.plainly for entry in WITHOUT_RECORD}
    arranged = accountability.of_stage(settings().environment)
    return Controller(
        name=CONTROLLER.name,
        address=CONTROLLER.address,
        country=CONTROLLER.country,
        contact_email=settings().contact_email,
        data_protection_officer=arranged.data_protection_officer or None,
        representative=arranged.representative or None,
        supervisory_authorities=tuple(Authority(**vars(a)) for a in CONTROLLER.authorities),
        recipients=tuple(RecipientView(name=r.label, country=r.country, role=r.activity) for r in Recipient),
        retention=tuple(Retention(what=kind, kept=words) for kind, words in sorted(kept.items())),
    )


def health() -> Health:
    """Version and stage of this function, without calling any other service."""
    return Health(version=settings().version, stage=settings().stage)


def key_set() -> KeySet:
    """The public keys, several during a rotation."""
    return KeySet.model_validate_json(settings().public_keys)


def certificate_key_set() -> CertificateKeySet:
    """The public keys of certificates, including those of earlier keys."""
    return CertificateKeySet.model_validate_json(settings().certificate_keys())


@cache
def contract() -> OpenApi:
    """The committed API contract; a test compares it with the routes."""
    return OpenApi.model_validate(json.loads((Path(__file__).parent / "openapi.json").read_text()))
