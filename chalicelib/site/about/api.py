"""Routes about the service and its controller, and their bodies, which are public."""

import json
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from chalice.app import Blueprint
from pydantic import ConfigDict, Field

from chalicelib.core import apps
from chalicelib.core.errors import NotFound
from chalicelib.core.http import PublicPage, ReaderLanguage, Shared, View, route
from chalicelib.core.languages import Language
from chalicelib.core.settings import Stage, settings
from chalicelib.privacy import accountability
from chalicelib.privacy.accountability import RepresentedLaw
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.purposes import Practice
from chalicelib.privacy.recipients import Recipient
from chalicelib.site.about.associations import AndroidStatements, AppleAssociation


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


class LocalRepresentative(View):
    """A representative of the controller, for people in a part of the world, and the law that wants one."""

    where: str
    law: str
    contact: str


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
    representative: str | None = Field(None, description="That in the European Union")
    representatives: tuple[LocalRepresentative, ...] = ()
    supervisory_authorities: tuple[Authority, ...]
    recipients: tuple[RecipientView, ...]
    retention: tuple[Retention, ...]

    @classmethod
    def of_stage(cls, language: Language) -> Self:
        """Build the view; recipients and retention periods are the facts that the policy states."""
        # The other routes need no declarations.
        from chalicelib.privacy.clauses.binding import Kept, phrasebook
        from chalicelib.privacy.clauses.clause import Article, citation
        from chalicelib.privacy.facts import declared

        say, arranged = phrasebook(language), accountability.of_stage(settings().environment)
        facts = declared(settings(), arranged, practices=Practice, rights={}, promises=(), answer=timedelta())
        return cls.showing(
            CONTROLLER,
            contact_email=settings().contact_email,
            data_protection_officer=arranged.data_protection_officer or None,
            representative=arranged.representatives.get(RepresentedLaw.EU) or None,
            representatives=tuple(
                LocalRepresentative(
                    where=say(law.plainly),
                    law=citation([Article(law.act, law.number)], language),
                    contact=named,
                )
                for law, named in arranged.represented()
            ),
            supervisory_authorities=tuple(
                Authority.showing(one, name=say(one.name), address=say(one.address))
                for one in CONTROLLER.authorities
            ),
            recipients=tuple(
                RecipientView(name=r.label, country=say(r.country), role=say(r.activity)) for r in Recipient
            ),
            retention=tuple(
                Retention(what=say(title), kept=Kept(kind).said(facts, say))
                for kind, title in facts.below("kind/").items()
            ),
        )


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


about = Blueprint(__name__)


@route(about, "GET", "/v1/controller")
def read_controller(reader: ReaderLanguage | None) -> Shared[Controller]:
    """Get the controller of personal data, the recipients and the retention periods."""
    return Shared(Controller.of_stage(ReaderLanguage.of(reader)))


@route(about, "GET", "/v1/health")
def read_health() -> Health:
    """Check that the service is running."""
    return Health(version=settings().version, stage=settings().stage)


@route(about, "GET", "/v1/openapi.json")
def read_openapi() -> Shared[OpenApi]:
    """Get this OpenAPI document."""
    return Shared(contract())


@route(about, "GET", "/reference", problems=(NotFound,))
def get_reference() -> PublicPage:
    """Get this contract as a page for app developers. Production has none."""
    if settings().stage is Stage.PRODUCTION:
        raise NotFound
    from chalicelib.core.page import POLICY  # the other routes have no page
    from chalicelib.site.about.reference import reference_page

    return PublicPage(markup=reference_page(), policy=POLICY)


@route(about, "GET", "/.well-known/jwks.json")
def read_keys() -> Shared[KeySet]:
    """Get the public keys that verify access tokens."""
    return Shared(KeySet.model_validate_json(settings().public_keys()))


@route(about, "GET", "/v1/certificate-keys")
def read_certificate_keys() -> Shared[CertificateKeySet]:
    """Get the public keys that verify certificates of erasures."""
    return Shared(CertificateKeySet.model_validate_json(settings().certificate_keys()))


@route(about, "GET", "/.well-known/gpc.json")
def read_privacy_control() -> Shared[PrivacyControl]:
    """Declare support for Global Privacy Control."""
    return Shared(PrivacyControl())


@route(about, "GET", "/.well-known/apple-app-site-association")
def read_apple_association() -> Shared[AppleAssociation]:
    """Get the apps for iOS that open links of this host, and the paths of these links."""
    return Shared(AppleAssociation.of(apps.of_stage(settings().environment)))


@route(about, "GET", "/.well-known/assetlinks.json")
def read_android_statements() -> Shared[AndroidStatements]:
    """Get the apps for Android that open links of this host, and the paths of these links."""
    return Shared(AndroidStatements.of(apps.of_stage(settings().environment)))


@cache
def contract() -> OpenApi:
    """The committed API contract; a test compares it with the routes."""
    return OpenApi.model_validate(json.loads((Path(__file__).parent / "openapi.json").read_text()))
