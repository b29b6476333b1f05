"""Codes go to served countries only; owners on known devices still sign in (ADR 26)."""

from typing import Any

import pytest

from chalicelib.core.settings import SettingsError, settings
from tests.support.clouds import cloud
from tests.support.world.builders import a_device, a_phone
from tests.support.world.limits import allow, configure
from tests.support.world.world import Reply, World

ABROAD = "+77011234567"


def errors_of(reply: Reply) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in reply.json["errors"]]


def limits_that_counted() -> set[str]:
    """Return the names of the limits that have a counter."""
    return {item["pk"]["S"].split("#")[1] for item in cloud.records("limit")}


@pytest.mark.parametrize(
    "phone",
    ["+12425551234", "+12025550123", "+447781123456", "+77011234567", "+79161234567", "+2348031234567"],
    ids=["Bahamas", "USA", "Guernsey", "Kazakhstan", "Russia", "Nigeria"],
)
def test_number_of_an_unserved_country_is_refused_and_gets_no_text(world: World, phone: str) -> None:
    refused = world.asks_for_a_code(phone)
    assert (refused.status, refused.problem) == (400, "invalid_phone")
    assert world.sent_messages() == []


def test_refusal_of_a_country_names_the_reason_and_not_the_number(world: World) -> None:
    refused = world.asks_for_a_code(ABROAD)
    assert errors_of(refused) == [("/phone", "country_not_served")]
    assert ABROAD not in refused.text


@pytest.mark.parametrize(
    "phone",
    ["+38344123456", "+381601234567", "+447400123456", "+41791234567", "+4915123456789", "+3546111234"],
    ids=["Kosovo", "Serbia", "United Kingdom", "Switzerland", "Germany", "Iceland"],
)
def test_number_of_a_country_that_is_served_by_default_gets_a_code(world: World, phone: str) -> None:
    assert world.asks_for_a_code(phone).status == 202


def test_request_refused_for_its_country_counts_for_neither_number_nor_prefix(world: World) -> None:
    world.asks_for_a_code(ABROAD)
    assert limits_that_counted() == {"codes_per_address"}


def test_requests_refused_for_their_country_count_for_the_address(world: World) -> None:
    allow(codes_per_address=25)
    for _ in range(25):
        assert world.asks_for_a_code(ABROAD).status == 400
    assert world.asks_for_a_code(ABROAD).json["limit"] == "codes_per_address"


@pytest.mark.promise("ACC-1")
def test_refusal_of_a_country_does_not_show_whether_a_number_is_registered(world: World) -> None:
    mila = world.a_user(a_phone())  # signs up anew, so the container has read its keys
    configure(SMS_COUNTRIES="DE,AT")
    with cloud.counted() as of_hers:
        hers = world.asks_for_a_code(mila.phone)
    with cloud.counted() as of_nobodys:
        strangers = world.asks_for_a_code(a_phone())
    assert hers.json | {"request_id": ""} == strangers.json | {"request_id": ""}
    assert of_hers == of_nobodys
    assert of_hers.tables == {"PutItem": 2, "UpdateItem": 1, "BatchGetItem": 2}


# An owner whose country was removed from the list


@pytest.mark.promise("ACC-2")
def test_known_device_signs_in_although_its_country_is_no_longer_served(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    mila.logs_out()
    configure(SMS_COUNTRIES="DE,AT")
    asked = world.asks_for_a_code(mila.phone, device)
    signed_in = world.verifies(asked.json["challenge_id"], world.code_for(mila.phone))
    assert (signed_in.status, signed_in.json["user_id"]) == (200, mila.user_id)


def test_device_with_a_used_up_reserve_is_refused_like_a_stranger(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    configure(SMS_COUNTRIES="DE,AT")
    replies = [world.asks_for_a_code(mila.phone, device) for _ in range(4)]
    assert [reply.status for reply in replies] == [202, 202, 202, 400]


@pytest.mark.promise("ACC-2")
def test_session_of_a_country_that_is_no_longer_served_steps_up(world: World) -> None:
    mila = world.a_user()
    configure(SMS_COUNTRIES="DE,AT")
    assert mila.steps_up().status == 200


@pytest.mark.parametrize("listed", ["Serbia", "RS;DE", "rs", "381", "RS,,BA"])
def test_malformed_list_of_countries_refuses_the_start(listed: str) -> None:
    configure(SMS_COUNTRIES=listed)
    with pytest.raises(SettingsError, match="RU4M_SMS_COUNTRIES is refused") as refused:
        settings()
    assert listed not in str(refused.value).removeprefix("RU4M_SMS_COUNTRIES")
    settings.cache_clear()


def test_countries_are_a_comma_separated_list(world: World) -> None:
    configure(SMS_COUNTRIES="KZ, DE")
    replies: list[Any] = [world.asks_for_a_code(phone).status for phone in (ABROAD, a_phone())]
    assert replies == [202, 400]
