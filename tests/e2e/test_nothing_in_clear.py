"""Tests that tables of the deployed service contain no personal data in clear (SEC-1)."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from typing import Any

import phonenumbers
import pytest

from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from tests.support.clouds.deployed import StoredItems

PROFILE = {
    "display_name": "Zvezdanka Canary",
    "name": "Zvezdanka Canarović",
    "date_of_birth": "1987-03-19",
    "job_title": "Keeper of canaries",
    "employer": "Aviary Petrovaradin",
    "country": "LI",
}
MODEL, OS, APP = "Canaryphone 9", "CanaryOS 17.3.1", "31.41.59"


@pytest.fixture(scope="module")
def store(cloud: LocalCloud) -> StoredItems:
    return StoredItems(cloud)


@pytest.fixture(scope="module")
def zvezdanka(a_phone: Callable[[], Phone]) -> Phone:
    """Return a user who filled in every field and made every request that writes data."""
    phone = a_phone()
    sign_in(phone)
    phone.change_profile(**PROFILE)
    phone.refresh()
    phone.chat_token()
    phone.change_profile(job_title="Canary in retirement")
    phone.change_profile(job_title=PROFILE["job_title"])
    assert phone.call("GET", "/v1/sessions").status == 200
    sign_in(phone)
    abandoned = Phone(phone.api_url, phone.number, phone.inbox, device_id=phone.device_id)
    ask(abandoned)  # a code that is never verified
    other = Phone(phone.api_url, phone.number, phone.inbox)
    sign_in(other)
    other.log_out()
    return phone


def ask(phone: Phone) -> str:
    """Request a code as an app that sends all data of its device."""
    phone._texts_read = len(phone.inbox(phone.number))
    device = {
        "device_id": phone.device_id,
        "platform": "ios",
        "model": MODEL,
        "os_version": OS,
        "app_version": APP,
    }
    answer = phone.call(
        "POST",
        "/v1/signup",
        {"phone": phone.number, "device": device, "locale": "sr-Latn-LI"},
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )
    assert answer.status == 202
    return str(answer.body["challenge_id"])


def sign_in(phone: Phone) -> None:
    phone.give_code(ask(phone), phone.read_code())


def numbers_of(phone: Phone) -> set[str]:
    parsed = phonenumbers.parse(phone.number)
    national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return {phone.number, phone.number.lstrip("+"), str(parsed.national_number), national}


@pytest.mark.promise("SEC-1")
def test_no_table_shows_the_number_the_profile_or_the_device(store: StoredItems, zvezdanka: Phone) -> None:
    secret = {*PROFILE.values(), "Canary in retirement", *numbers_of(zvezdanka), MODEL, OS, APP}
    secret |= {zvezdanka.device_id, zvezdanka.device_id.replace("-", ""), "sr-Latn-LI"}
    secret -= {PROFILE["country"]}  # random text contains any two letters
    assert {value: places for value in secret if (places := store.keys_with(value))} == {}


@pytest.mark.promise("SEC-1")
def test_item_of_a_profile_contains_ids_times_and_a_sealed_blob(store: StoredItems, zvezdanka: Phone) -> None:
    account = owner_of(zvezdanka)
    key = {"pk": {"S": f"A#{account}"}, "sk": {"S": "profile"}}
    item = store.dynamodb.get_item(TableName="ru4m-local-accounts", Key=key)["Item"]
    assert item.keys() == {"pk", "sk", "kind", "account_id", "version", "shape", "sealed"}


def owner_of(phone: Phone) -> str:
    return str(phone.session["refresh_token"].split(".")[0])


def test_search_finds_values_that_are_in_clear(store: StoredItems, zvezdanka: Phone) -> None:
    found = store.keys_with(owner_of(zvezdanka))
    assert {place.split()[0] for place in found} >= {
        "ru4m-local-accounts", "ru4m-local-claims", "ru4m-local-challenges", "ru4m-local-keys",
    }  # fmt: skip


@pytest.mark.parametrize(
    "planted",
    [
        lambda value: {"S": f"who is {value}?"},
        lambda value: {"S": value.upper()},
        lambda value: {"B": b"\x00" + value.encode()},
        lambda value: {"B": base64.b64encode(value.encode())},
        lambda value: {"S": base64.b64encode(b"{" + value.encode() + b"}").decode()},
        lambda value: {"S": base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")},
        lambda value: {"M": {"deep": {"L": [{"S": value}]}}},
        lambda value: {"SS": ["another", value]},
        lambda value: {"M": {value: {"N": "1"}}},
        lambda value: {"S": value.encode().hex()},
    ],
    ids=["text", "capitals", "bytes", "base64 bytes", "base64", "urlsafe", "nested", "set", "name", "hex"],
)  # fmt: skip
def test_search_finds_a_planted_value(store: StoredItems, planted: Callable[[str], dict[str, Any]]) -> None:
    value = f"planted{uuid.uuid4().hex}"
    key = {"pk": {"S": f"planted-{uuid.uuid4()}"}}
    store.dynamodb.put_item(TableName="ru4m-local-challenges", Item={**key, "found": planted(value)})
    try:
        assert store.keys_with(value) == [f"ru4m-local-challenges {key['pk']['S']}"]
    finally:
        store.dynamodb.delete_item(TableName="ru4m-local-challenges", Key=key)
