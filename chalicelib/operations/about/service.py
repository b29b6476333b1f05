"""The public information about the service."""

import json
from functools import cache
from pathlib import Path

from chalicelib.core.settings import settings
from chalicelib.operations.about.model import (
    Authority,
    CertificateKeySet,
    Controller,
    Health,
    KeySet,
    OpenApi,
    RecipientView,
    Retention,
)
from chalicelib.privacy import accountability, register
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.recipients import Recipient
from chalicelib.privacy.register import WITHOUT_RECORD


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
        retention=tuple(Retention(what=kind, kept=words) for kind, words in kept.items()),
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
