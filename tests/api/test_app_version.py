"""Apps below the minimum version: which routes refuse them with 426, and which never do (ADR 84)."""

from __future__ import annotations

import pytest

from chalicelib.core.apps import Apps
from chalicelib.core.settings import settings
from tests.support.cases.guests import asks
from tests.support.cases.routes import calls_route, routes
from tests.support.clouds import cloud
from tests.support.clouds.cloud import counted
from tests.support.world.builders import a_device, a_verification
from tests.support.world.contract import committed
from tests.support.world.world import Reply, World

OLD, NEW = {"App-Version": "ios/1.3.9"}, {"App-Version": "ios/1.4.0"}
# Chapters of the contract in which no route may refuse an old app: rights, what informs about them, and
# reports of abuse.
NEVER = {"rights", "consents", "sessions", "sign-up", "about", "pages", "hooks", "reports"}
# Of the chapter `notices`: it presupposes that the app showed the version.
ACCEPTANCE = "/v1/notices/{version}/acceptance"


@pytest.fixture(autouse=True)
def _minimum(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RU4M_APP_MINIMUM_IOS", "1.4")
    settings.cache_clear()


def refusing() -> set[tuple[str, str]]:
    """Return method and path of the routes that answer 426 by the contract; they also take the header."""
    found = {
        (method.upper(), path)
        for path, methods in committed()["paths"].items()
        for method, operation in methods.items()
        if "426" in operation["responses"]
    }
    for path, methods in committed()["paths"].items():
        for method, operation in methods.items():
            taken = [
                one["required"] for one in operation.get("parameters", ()) if one["name"] == "App-Version"
            ]
            assert taken == [False] * ((method.upper(), path) in found), path
    return found


# An old app lets no other device in, which signs in by a code instead.
LINKS = {("GET", "/v1/sessions/links/{link_id}/device"), ("POST", "/v1/sessions/links/{link_id}/confirm")}


@pytest.mark.promise("RGT-11")
def test_no_route_of_rights_consents_sessions_or_notices_knows_the_refusal() -> None:
    tags = {
        (method.upper(), path): operation["tags"][0]
        for path, methods in committed()["paths"].items()
        for method, operation in methods.items()
    }
    assert {*tags.values()} > NEVER
    exempt = {route for route, tag in tags.items() if tag in NEVER}
    exempt |= {route for route, tag in tags.items() if tag == "notices" and route[1] != ACCEPTANCE}
    exempt -= LINKS
    exempt |= {("GET", "/v1/users/{user_id}/avatars/{avatar_id}/{form}")}  # it has no session
    assert refusing() == tags.keys() - exempt


@pytest.mark.promise("RGT-11")
def test_each_route_of_a_session_answers_an_old_app_as_its_contract_says(world: World) -> None:
    mila = world.a_user()
    refused = refusing()
    assert refused < routes()
    for method, path in sorted(routes() - {("DELETE", "/v1/sessions")}):
        with counted() as calls:
            reply = calls_route(mila, method, path, headers=OLD, user_id=mila.user_id)
        assert (reply.status == 426) is ((method, path) in refused), path
        assert reply.status != 426 or (reply.json["minimum"], calls) == ("1.4", {})


def test_old_app_refreshes_and_exercises_a_right_and_is_refused_elsewhere(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    token = {"refresh_token": mila.session["refresh_token"], "device_id": device["device_id"]}
    fresh = world.call("POST", "/v1/sessions/refresh", body=token, headers=OLD)
    assert fresh.status == 200
    bearer = {"Authorization": f"Bearer {fresh.json['access_token']}"}

    def answer(method: str, path: str, version: dict[str, str], body: object = None) -> Reply:
        return world.call(method, path, body=body, headers=bearer | version)

    assert answer("GET", "/v1/profile", OLD).problem == "app_outdated"
    assert answer("POST", "/v1/chat/token", OLD).problem == "app_outdated"
    assert (
        answer("POST", "/v1/rights-requests", OLD, {"right": "objection", "purposes": ["diagnostics"]}).status
        == 202
    )
    assert answer("GET", "/v1/breach-notices", OLD).status == 200
    assert answer("PUT", "/v1/consents/analytics", OLD, {"state": "withdrawn"}).status == 200
    assert answer("GET", "/v1/profile", NEW).status == 200
    assert answer("GET", "/v1/profile", {}).status == 200


def test_old_app_without_a_session_signs_in_and_asks_as_a_guest(world: World) -> None:
    mila = world.a_user()
    challenge = world.asks_for_a_code(mila.phone, headers=OLD).json["challenge_id"]
    answer = a_verification(world.code_for(mila.phone))
    path = f"/v1/signup/{challenge}/verify"
    assert world.call("POST", path, body=answer, headers=OLD).json["session"]["scope"] == "full"
    assert asks(world, phone=mila.phone, headers=OLD).status == 202


# What has the form of no version of an app; "{}" stands for a number far beyond what an integer may have.
MALFORMED = (
    "| ios | ios/ | 1.3.9 | iOS/1.3.9 | web/1.3.9 | ios/1.3.9.1 | ios/1,3 | ios/-1 | ios/\uff11.3 | ios/x "
    "| ios/.1 | ios/1. | ios/1.3.9, ios/1.3.9 | ios /1.3.9 | minimum_ios/1 | android/0.0.1 | ios/{}"
)


@pytest.mark.parametrize("sent", MALFORMED.format("9" * 5000).split("|"))
def test_header_of_another_form_or_platform_refuses_nothing(world: World, sent: str) -> None:
    assert world.a_user().calls("GET", "/v1/profile", headers={"App-Version": sent.strip()}).status == 200


def test_versions_are_compared_as_numbers() -> None:
    apps = Apps(minimum_ios="1.10", minimum_android="2")
    older = {"ios/1.9.9", "ios/1.9", "ios/1", "android/1.99.99", "ios/1.9.9-beta+117", "ios/0"}
    current = {"ios/1.10", "ios/1.10.0", "ios/1.10-beta", "ios/2", "android/2.0.0", "ios/01.010"}
    assert {sent for sent in older | current if apps.minimum_above(sent)} == older
    assert apps.minimum_above("android/1.2") == "2"
    assert Apps().minimum_above("ios/0") == ""


@pytest.mark.promise("SEC-1")
def test_header_is_neither_stored_nor_logged(world: World) -> None:
    mila, sent = world.a_user(), world.canaries("app")
    for header in (f"ios/1.0-{sent}", f"ios/9.9-{sent}", sent):
        mila.calls("GET", "/v1/profile", headers={"App-Version": header})
        mila.exercises("access", headers={"App-Version": header})
    assert sent not in world.log.getvalue()
    assert sent not in str(cloud.all_items())
