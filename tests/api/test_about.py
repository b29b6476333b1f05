"""Tests public information: controller, authority, keys, contract, health."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.core.languages import Language
from chalicelib.core.phrases import in_script
from chalicelib.core.settings import SettingsError, read
from chalicelib.privacy import register, words
from chalicelib.privacy.declaration import DataSubject
from infra import openapi
from infra.packaging import problems
from tests.support.clouds import environment
from tests.support.world.contract import committed, problems_of, resolved
from tests.support.world.limits import configure
from tests.support.world.world import World


@pytest.mark.promise("NOT-4")
def test_controller_and_its_contact_are_public(world: World) -> None:
    controller = world.call("GET", "/v1/controller").json
    assert (controller["name"], controller["contact_email"]) == ("RU4M Ltd", "privacy@test.example")


@pytest.mark.promise("NOT-4")
def test_representatives_and_officer_are_public_once_the_stage_names_them(world: World) -> None:
    people = ("representative", "data_protection_officer")
    configure(REPRESENTATIVES="")  # as a stage that names none
    named = world.call("GET", "/v1/controller").json
    assert ([named.get(one) for one in people], named["representatives"]) == ([None, None], [])
    configure(
        REPRESENTATIVES="eu=Example GmbH, Berlin|ch=Example AG, Zurich",
        DATA_PROTECTION_OFFICER="dpo@example.org",
    )
    named = world.call("GET", "/v1/controller").json
    assert [named.get(one) for one in people] == ["Example GmbH, Berlin", "dpo@example.org"]
    assert named["representatives"] == [
        {"where": "the European Union", "law": "Art. 27 GDPR", "contact": "Example GmbH, Berlin"},
        {"where": "Switzerland", "law": "Art. 14 FADP", "contact": "Example AG, Zurich"},
    ]


@pytest.mark.promise("RGT-9")
def test_supervisory_authority_is_public(world: World) -> None:
    (authority,) = world.call("GET", "/v1/controller").json["supervisory_authorities"]
    assert authority["name"].startswith("Commissioner")


def retention(world: World, language: str = "en") -> dict[str, str]:
    answer = world.call("GET", "/v1/controller", headers={"accept-language": language})
    return {one["what"]: one["kept"] for one in answer.json["retention"]}


@pytest.mark.promise("RET-1")
def test_every_record_about_users_is_listed_with_its_retention(world: World) -> None:
    kept = retention(world)
    assert kept[words.title("challenge")] == "48 hours after a code was requested"
    declared = [one.declaration for one in register.records()]
    ours = [one.kind for one in declared if one.personal_fields() and one.subject is DataSubject.USER]
    assert set(map(words.title, ours)) <= kept.keys()


@pytest.mark.promise("STR-11", "NOT-4")
def test_period_of_messages_at_stream_is_listed_as_configured(world: World) -> None:
    configure(PERIODS="chat_messages=P14D")
    kept = retention(world)[words.title("chat_message")]
    assert kept.startswith("14 days after the message was sent, then deleted by our chat provider")


@pytest.mark.promise("NOT-4")
@pytest.mark.parametrize("language", [Language.SERBIAN_LATIN, Language.SERBIAN_CYRILLIC])
def test_controller_is_shown_in_the_language_of_its_reader(world: World, language: Language) -> None:
    kept = in_script("48 sati nakon što je kod zatražen", language)
    assert kept in retention(world, language).values()


@pytest.mark.promise("NOT-4")
def test_missing_contact_refuses_the_start() -> None:
    variables = environment.variables()
    del variables["RU4M_CONTACT_EMAIL"]
    with pytest.raises(SettingsError, match="RU4M_CONTACT_EMAIL"):
        read(variables)


def test_health_states_the_version_and_no_secret(world: World) -> None:
    assert world.call("GET", "/v1/health").json == {"status": "ok", "version": "test", "stage": "staging"}


def test_public_keys_verify_the_tokens(world: World) -> None:
    assert shown_keys(world) == [environment.public_jwk(environment.signing_key())]


@pytest.mark.promise("SEC-1")
def test_private_key_among_the_public_keys_is_not_shown(world: World) -> None:
    public = environment.public_jwk(environment.signing_key())
    configured = {"keys": [{**public, "d": "secret", "key_ops": ["sign"]}]}
    configure(PUBLIC_KEYS=json.dumps(configured))
    assert shown_keys(world) == [public]


def shown_keys(world: World) -> list[dict[str, str]]:
    keys: list[dict[str, str]] = world.call("GET", "/.well-known/jwks.json").json["keys"]
    return keys


@pytest.mark.promise("RGT-3")
def test_public_keys_of_certificates_are_published_and_nothing_else(world: World) -> None:
    keys = [{"kid": "new", "pem": "PEM 2"}, {"kid": "old", "pem": "PEM 1"}]
    configured = {"keys": [{**key, "arn": "arn:aws:kms:key/1"} for key in keys]}
    configure(CERTIFICATE_KEYS=json.dumps(configured))
    shown = world.call("GET", "/v1/certificate-keys").json["keys"]
    assert shown == [{**key, "algorithm": "ECDSA_SHA_256"} for key in keys]


@pytest.mark.promise("USE-4")
def test_global_privacy_control_is_honoured(world: World) -> None:
    assert world.call("GET", "/.well-known/gpc.json").json == {"gpc": True, "lastUpdate": "2026-11-24"}


@pytest.mark.parametrize("path", ["/v1/health", "/v1/rights-receipts/r_1"])
def test_body_header_and_log_contain_the_same_request_id(
    world: World, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = world.call("GET", path)
    assert reply.call_id
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["request_id"] == reply.call_id
    assert reply.status == 200 or reply.json["request_id"] == reply.call_id


def test_contract_is_served_as_committed(world: World) -> None:
    assert world.call("GET", "/v1/openapi.json").json == json.loads(openapi.PLACE.read_text())


def test_committed_contract_equals_the_generated_one(world: World) -> None:
    assert openapi.PLACE.read_text() == openapi.text(), "run `make generate`"


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, by_method in committed()["paths"].items():
        for method, operation in by_method.items():
            yield f"{method} {path}", operation


def schemas_shown() -> dict[str, dict[str, Any]]:
    """Return the schemas of successful responses, and the schemas that they refer to."""
    schemas = committed()["components"]["schemas"]
    good = [
        operation["responses"].get(status)
        for _, operation in operations()
        for status in ("200", "201", "202")
    ]
    found: dict[str, dict[str, Any]] = {}
    shown = good
    while refs := set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(shown))) - found.keys():
        found |= {name: schemas[name] for name in refs}
        shown = list(found.values())
    return found


def test_fields_of_times_are_typed_as_instants() -> None:
    times = {
        f"{name}.{field}": schema.get("format")
        for name, shown in schemas_shown().items()
        for field, schema in shown.get("properties", {}).items()
        if field.endswith(("_at", "_after")) and schema["type"] == "string"
    }
    assert "ChallengeView.resend_at" in times
    assert set(times.values()) == {"date-time"}


def test_fields_that_are_always_returned_are_required_and_not_nullable(world: World) -> None:
    schemas = schemas_shown()
    profile = schemas["OwnProfile"]
    # An account may be without a number (ADR 66).
    assert {"phone", *profile["required"]} == world.a_user().profile().keys()
    assert "avatar_url" in profile["properties"]
    assert '"null"' not in json.dumps(schemas)
    assert {"token_type"} <= set(schemas["SessionView"]["required"])


def test_no_field_of_a_request_body_has_null_as_its_default() -> None:
    assert '"default": null' not in json.dumps(committed()["components"])
    assert committed()["components"]["schemas"]["ProfileChanges"]["minProperties"] == 1


@pytest.mark.parametrize("status", ["403", "413", "429", "500", "503"])
def test_every_operation_documents_the_gateways_own_responses(status: str) -> None:
    documented = {
        name: problems_of(resolved(operation["responses"][status])) for name, operation in operations()
    }
    (code,) = {p.code for p in problems.ANSWERS.values() if str(p.status) == status}
    assert [name for name, codes in documented.items() if code not in codes] == []


def test_every_429_response_documents_retry_after() -> None:
    answers = [resolved(operation["responses"]["429"]) for _, operation in operations()]
    assert all("Retry-After" in answer["headers"] for answer in answers)
    shown = [schema for answer in answers for schema in problems_of(answer).values()]
    assert all(schema["required"] == ["limit", "retry_after"] for schema in shown)


def test_every_parameter_and_operation_is_described() -> None:
    for name, operation in operations():
        assert operation["summary"], name
        assert all(parameter["description"] for parameter in operation.get("parameters", ())), name
