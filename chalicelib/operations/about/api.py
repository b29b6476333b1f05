"""Routes about the service."""

from chalice.app import Blueprint

from chalicelib.core.http import route
from chalicelib.operations.about import service
from chalicelib.operations.about.service import (
    CertificateKeySet,
    Controller,
    Health,
    KeySet,
    OpenApi,
    PrivacyControl,
)

about = Blueprint(__name__)


@route(about, "GET", "/v1/controller")
def read_controller() -> Controller:
    """Get the controller of personal data, the recipients and the retention periods."""
    return service.controller()


@route(about, "GET", "/v1/health")
def read_health() -> Health:
    """Check that the service is running."""
    return service.health()


@route(about, "GET", "/v1/openapi.json")
def read_openapi() -> OpenApi:
    """Get this OpenAPI document."""
    return service.contract()


@route(about, "GET", "/.well-known/jwks.json")
def read_keys() -> KeySet:
    """Get the public keys that verify access tokens."""
    return service.key_set()


@route(about, "GET", "/v1/certificate-keys")
def read_certificate_keys() -> CertificateKeySet:
    """Get the public keys that verify certificates of erasures."""
    return service.certificate_key_set()


@route(about, "GET", "/.well-known/gpc.json")
def read_privacy_control() -> PrivacyControl:
    """Declare support for Global Privacy Control."""
    return PrivacyControl()
