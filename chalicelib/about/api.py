"""Routes about the service."""

from chalice.app import Blueprint

from chalicelib.about import service
from chalicelib.about.model import Controller, Health, KeySet, OpenApi, PrivacyControl
from chalicelib.core.http import route

about = Blueprint(__name__)


@route(about, "GET", "/v1/controller")
def read_controller() -> Controller:
    """Who is responsible for personal data here, who receives it, how long it is kept."""
    return service.controller()


@route(about, "GET", "/v1/health")
def read_health() -> Health:
    """Whether this runs."""
    return service.health()


@route(about, "GET", "/v1/openapi.json")
def read_openapi() -> OpenApi:
    """This contract."""
    return service.contract()


@route(about, "GET", "/.well-known/jwks.json")
def read_keys() -> KeySet:
    """The public keys that access tokens are verified with."""
    return service.key_set()


@route(about, "GET", "/.well-known/gpc.json")
def read_privacy_control() -> PrivacyControl:
    """That Global Privacy Control is honoured."""
    return PrivacyControl()
