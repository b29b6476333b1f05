"""What the public may know of the service and of who is responsible for it."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from chalicelib.core.http import View


class Authority(View):
    """A supervisory authority to complain to (Art. 77 GDPR, Art. 82 ZZPL; RGT-9)."""

    name: str
    address: str
    phone: str
    url: str


class RecipientView(View):
    """Who else receives personal data, and what for."""

    name: str
    country: str
    role: str


class Retention(View):
    """How long one kind of record is kept."""

    what: str
    kept: str


class Controller(View):
    """Who is responsible (Art. 13(1) GDPR, NOT-4)."""

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
    """That it runs, and what runs."""

    status: Literal["ok"] = "ok"
    version: str
    stage: str


class PublicKey(View):
    """One public key; whatever else the configured one carries is not shown."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str
    kid: str
    use: Literal["sig"] = "sig"
    alg: Literal["ES256"] = "ES256"


class KeySet(View):
    """Public keys of the access tokens (RFC 7517)."""

    keys: tuple[PublicKey, ...]


class PrivacyControl(View):
    """Global Privacy Control: the service honours the signal."""

    gpc: bool = True
    last_update: str = Field("2026-11-24", serialization_alias="lastUpdate")


class OpenApi(View):
    """The OpenAPI document, as it is committed."""

    model_config = ConfigDict(extra="allow")

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]
