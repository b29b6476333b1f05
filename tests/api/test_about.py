"""What the service tells about itself."""

import json

import pytest

from chalicelib.core.settings import SettingsError, read
from infra import openapi
from tests.support import environment
from tests.support.world import World


@pytest.mark.promise("NOT-4")
def test_the_controller_and_its_contact_are_public(world: World) -> None:
    controller = world.call("GET", "/v1/controller").json
    assert (controller["name"], controller["contact_email"]) == ("RU4M Ltd", "privacy@test.example")


@pytest.mark.promise("RGT-9")
def test_the_supervisory_authority_is_public(world: World) -> None:
    (authority,) = world.call("GET", "/v1/controller").json["supervisory_authorities"]
    assert authority["name"].startswith("Commissioner")


@pytest.mark.promise("RET-1")
def test_every_record_is_told_with_its_retention(world: World) -> None:
    kept = {r["what"]: r["kept"] for r in world.call("GET", "/v1/controller").json["retention"]}
    assert kept["challenge"] == "a day after a code was asked for"
    assert {"account", "profile", "session", "acceptance", "claim"} <= kept.keys()


@pytest.mark.promise("NOT-4")
def test_a_missing_contact_refuses_the_start() -> None:
    variables = environment.variables()
    del variables["RU4M_CONTACT_EMAIL"]
    with pytest.raises(SettingsError, match="RU4M_CONTACT_EMAIL"):
        read(variables)


def test_health_tells_the_version_and_no_secret(world: World) -> None:
    assert world.call("GET", "/v1/health").json == {"status": "ok", "version": "test", "stage": "staging"}


def test_the_public_keys_verify_the_tokens(world: World) -> None:
    (key,) = world.call("GET", "/.well-known/jwks.json").json["keys"]
    assert key["kid"] == environment.KID
    assert "d" not in key


def test_global_privacy_control_is_honoured(world: World) -> None:
    assert world.call("GET", "/.well-known/gpc.json").json == {"gpc": True, "lastUpdate": "2026-11-24"}


def test_the_contract_is_served_as_committed(world: World) -> None:
    assert world.call("GET", "/v1/openapi.json").json == json.loads(openapi.PLACE.read_text())


def test_the_committed_contract_is_what_the_routes_say(world: World) -> None:
    assert openapi.PLACE.read_text() == openapi.text(), "run `make generate`"
