"""Tests answers that are the same for everyone: a client that has one asks whether it is still so."""

import pytest

from tests.support.world.limits import configure
from tests.support.world.world import World

SHARED = [
    "/.well-known/apple-app-site-association",
    "/.well-known/assetlinks.json",
    "/.well-known/gpc.json",
    "/.well-known/jwks.json",
    "/v1/certificate-keys",
    "/v1/controller",
    "/v1/notices",
    "/v1/notices/current",
    "/v1/openapi.json",
    "/v1/signup/countries",
]


@pytest.mark.parametrize("path", SHARED)
def test_answer_that_did_not_change_is_not_sent_again(world: World, path: str) -> None:
    first = world.call("GET", path)
    again = world.call("GET", path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.text) == (304, "")
    assert again.headers["etag"] == first.headers["etag"]
    assert first.headers["cache-control"] == again.headers["cache-control"] == "public, no-cache"


@pytest.mark.parametrize("sent", ['"x", {tag}', "W/{tag}", "*"])
def test_list_of_tags_a_weak_tag_and_any_tag_match(world: World, sent: str) -> None:
    tag = world.call("GET", "/v1/notices").headers["etag"]
    assert world.call("GET", "/v1/notices", headers={"If-None-Match": sent.format(tag=tag)}).status == 304


@pytest.mark.parametrize("sent", ['"x"', "", "{tag}x", '"'])
def test_other_tag_gets_the_whole_answer(world: World, sent: str) -> None:
    first = world.call("GET", "/v1/notices")
    again = world.call(
        "GET", "/v1/notices", headers={"If-None-Match": sent.format(tag=first.headers["etag"])}
    )
    assert (again.status, again.json) == (200, first.json)


def test_answer_that_changed_has_another_tag(world: World) -> None:
    before = world.call("GET", "/v1/signup/countries").headers["etag"]
    configure(SMS_COUNTRIES="RS,DE")
    after = world.call("GET", "/v1/signup/countries", headers={"If-None-Match": before})
    assert after.status == 200
    assert after.headers["etag"] != before


@pytest.mark.promise("SEC-1")
def test_profile_is_stored_by_no_cache(world: World) -> None:
    mila = world.a_user()
    first = mila.gets("/v1/profile")
    again = mila.calls("GET", "/v1/profile", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.headers["cache-control"]) == (200, "no-store")


def test_countries_are_those_whose_numbers_get_a_code(world: World) -> None:
    configure(SMS_COUNTRIES="XK,RS,DE", SMS_ROUTES_OFF="DE")
    shown = world.call("GET", "/v1/signup/countries").json["items"]
    assert shown == [
        {"country": "DE", "calling_code": "+49", "channel": "email"},
        {"country": "RS", "calling_code": "+381", "channel": "sms"},
        {"country": "XK", "calling_code": "+383", "channel": "sms"},
    ]
