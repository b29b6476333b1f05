"""A user uploads an avatar, others see it by an address of ours, and it goes when it should (ADR 103)."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.accounts.avatars import store
from chalicelib.accounts.avatars.model import AvatarView
from chalicelib.core.clock import HOUR
from chalicelib.core.ids import AccountId, AvatarId, UserId
from tests.support.cases.avatars import (
    asks_to_upload,
    clean,
    looks_at,
    removes,
    shows,
    state_of,
    stored_keys,
    uploads,
)
from tests.support.cases.erasure_parts import freeze
from tests.support.cases.images import a_gif, a_jpeg
from tests.support.world.limits import allow
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("ACC-9")


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user()


def policy_of(offer: dict[str, Any]) -> list[Any]:
    """Return the conditions that S3 checks of an upload."""
    conditions: list[Any] = json.loads(base64.b64decode(offer["fields"]["policy"]))["conditions"]
    return conditions


def test_form_takes_one_file_of_the_stated_type_and_length(world: World, mila: User) -> None:
    offer = asks_to_upload(mila, 4_711, "image/png")
    assert (offer.status, offer.headers["location"]) == (201, "/v1/profile")
    conditions = policy_of(offer.json)
    assert ["content-length-range", 4_711, 4_711] in conditions
    assert {"Content-Type": "image/png"} in conditions
    assert {"key": f"incoming/{mila.account_id}/{offer.json['avatar_id']}"} in conditions
    left = json.loads(base64.b64decode(offer.json["fields"]["policy"]))["expiration"]
    assert left == offer.json["expires_at"].replace("+00:00", "Z")
    assert (world.now + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ") == left


@pytest.mark.parametrize(
    ("size", "content_type", "code"),
    [
        (8_000_001, "image/jpeg", "out_of_range"),
        (0, "image/jpeg", "out_of_range"),
        (100, "image/svg+xml", "not_a_choice"),
        (100, "image/heic", "not_a_choice"),
        (100, "image/gif", "not_a_choice"),
    ],
)
def test_form_for_other_files_is_refused(mila: User, size: int, content_type: str, code: str) -> None:
    reply = asks_to_upload(mila, size, content_type)
    assert (reply.status, reply.json["errors"][0]["code"]) == (400, code)


def test_uploads_over_the_daily_limit_are_refused(mila: User) -> None:
    allow(avatars_day=1)
    assert asks_to_upload(mila).status == 201
    assert asks_to_upload(mila).json["limit"] == "avatars"


def test_owner_sees_how_far_the_upload_has_come(mila: User) -> None:
    assert "avatar" not in mila.profile()
    key = uploads(mila, a_jpeg())
    assert state_of(mila) == ("processing", None)
    assert "avatar_url" not in mila.profile()
    clean(key)
    assert state_of(mila) == ("ready", None)
    clean(uploads(mila, a_gif()))
    assert state_of(mila) == ("rejected", "other_type")


def test_earlier_picture_is_shown_until_the_new_one_is_ready(mila: User) -> None:
    first = shows(mila)
    key = uploads(mila, a_jpeg(orientation=6))
    assert mila.profile()["avatar_url"] == first
    assert looks_at(mila, first).status == 302
    clean(key)
    assert mila.profile()["avatar_url"] != first
    assert looks_at(mila, first).status == 404


def test_upload_that_never_arrives_is_rejected_after_an_hour(world: World, mila: User) -> None:
    asks_to_upload(mila)
    for passed, state in ((HOUR - timedelta(seconds=1), "processing"), (timedelta(seconds=1), "rejected")):
        world.advance(passed)
        shown = AvatarView.of(store.read(AccountId(mila.account_id)))
        assert (shown and shown.state) == state
    assert shown
    assert shown.reason == "not_uploaded"


def test_address_leads_to_the_picture_for_a_minute(mila: User) -> None:
    reply = looks_at(mila, shows(mila))
    link = urlsplit(reply.headers["location"])
    asked = parse_qs(link.query)
    assert (reply.status, reply.headers["cache-control"]) == (302, "private, max-age=30")
    assert (asked["X-Amz-Expires"], asked["response-cache-control"]) == (["60"], ["private, max-age=86400"])
    assert link.path.endswith("/512.webp")


@pytest.mark.parametrize("form", ["512.webp", "512.jpg", "128.webp", "128.jpg"])
def test_each_form_has_an_address(mila: User, form: str) -> None:
    reply = looks_at(mila, shows(mila).replace("512.webp", form))
    assert (reply.status, urlsplit(reply.headers["location"]).path.rpartition("/")[2]) == (302, form)


@pytest.mark.promise("STR-1")
def test_address_and_link_name_neither_account_nor_number(mila: User) -> None:
    address = shows(mila)
    link = looks_at(mila, address).headers["location"]
    names = (mila.account_id, mila.phone, mila.phone[1:])
    assert [one for one in names if one in f"{address} {link}"] == []


def test_other_addresses_answer_not_found(world: World, mila: User) -> None:
    address, other = shows(mila), world.a_user()
    theirs = shows(other)
    for wrong in (
        address.replace("512.webp", "1024.webp"),
        address.replace("512.webp", "512.png"),
        address.replace(mila.user_id, UserId.new()),
        address.replace(mila.user_id, other.user_id),
        address.replace(address.split("/")[-2], AvatarId.new()),
        address.replace(address.split("/")[-2], theirs.split("/")[-2]),
    ):
        assert looks_at(mila, wrong).status == 404


@pytest.mark.promise("RGT-4")
def test_restricted_account_shows_no_avatar(mila: User) -> None:
    address = shows(mila.is_stepped_up())
    assert mila.exercises("restriction", ground="a").status == 202
    assert looks_at(mila, address).status == 404
    assert asks_to_upload(mila).problem == "restricted"


@pytest.mark.promise("RGT-3")
def test_frozen_account_shows_no_avatar(mila: User) -> None:
    address = shows(mila)
    freeze(mila.account_id)
    assert looks_at(mila, address).status == 404
    assert asks_to_upload(mila).problem == "account_frozen"


@pytest.mark.promise("ACC-4")
def test_removed_avatar_is_gone_from_our_address_and_from_storage(mila: User) -> None:
    address = shows(mila)
    assert removes(mila).status == 204
    assert looks_at(mila, address).status == 404
    assert {"avatar", "avatar_url"} & mila.profile().keys() == set()
    assert stored_keys() == []
    assert removes(mila).status == 204


def test_removal_ends_an_upload_in_progress(mila: User) -> None:
    key = uploads(mila, a_jpeg())
    removes(mila)
    clean(key)
    assert ("avatar" in mila.profile(), stored_keys()) == (False, [])


def test_second_offer_supersedes_the_first(mila: User) -> None:
    first, second = uploads(mila, a_jpeg()), uploads(mila, a_jpeg(orientation=6))
    clean(second, first)
    (avatar,) = {key.split("/")[1] for key in stored_keys() if key.startswith("kept/")}
    assert (avatar, state_of(mila)) == (second.split("/")[2], ("ready", None))


@pytest.mark.promise("ACC-6")
def test_others_see_the_picture_and_not_its_upload(world: World, mila: User) -> None:
    address, vuk = shows(mila), world.a_user()
    uploads(mila, a_jpeg())
    public = vuk.gets(f"/v1/users/{mila.user_id}").json
    assert (public["avatar_url"], public.keys()) == (address, {"user_id", "display_name", "avatar_url"})
    assert vuk.calls("PUT", f"/v1/blocks/{mila.user_id}").status < 300
    assert vuk.gets(f"/v1/users/{mila.user_id}").status == 404
