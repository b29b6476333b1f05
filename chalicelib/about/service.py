"""What is told about the service."""

import json
from functools import cache
from pathlib import Path

from chalicelib.about.model import (
    Authority,
    Controller,
    Health,
    KeySet,
    OpenApi,
    RecipientView,
    Retention,
)
from chalicelib.core.settings import settings
from chalicelib.privacy import register
from chalicelib.privacy.recipients import Recipient

_COMMISSIONER = Authority(
    name="Commissioner for Information of Public Importance and Personal Data Protection",
    address="Bulevar kralja Aleksandra 15, 11000 Belgrade, Serbia",
    phone="+381 11 3408 900",
    url="https://www.poverenik.rs",
)


def controller() -> Controller:
    """Who is responsible, who receives what, how long it is kept; the last two from the declarations."""
    return Controller(
        name="RU4M Ltd",
        address="Tosin bunar 272B, 11070 Belgrade",
        country="RS",
        contact_email=settings().contact_email,
        supervisory_authorities=(_COMMISSIONER,),
        recipients=tuple(RecipientView(name=r.label, country=r.country, role=r.told) for r in Recipient),
        retention=tuple(
            Retention(what=record.declaration.kind, kept=record.declaration.retention.plainly)
            for record in register.records()
        ),
    )


def health() -> Health:
    """That this function answers, without asking anything else."""
    return Health(version=settings().version, stage=settings().stage)


def key_set() -> KeySet:
    """The public keys, several during a rotation."""
    return KeySet.model_validate_json(settings().public_keys)


@cache
def contract() -> OpenApi:
    """The committed contract; a test holds it equal to the routes."""
    return OpenApi.model_validate(json.loads((Path(__file__).parent / "openapi.json").read_text()))
