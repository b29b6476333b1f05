"""A known device has a reserve of sign-in codes that no stranger can use up (ADR 25)."""

import itertools
import uuid
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.challenges import limits
from chalicelib.core.ids import AccountId
from chalicelib.core.settings import Secret
from chalicelib.profiles import service as profiles
from tests.api.test_lockout import allow, close_prefix, use_up_guesses
from tests.api.test_signup_rotation import rotate
from tests.support import cloud
from tests.support.builders import a_device, a_phone, other_than
from tests.support.races import just_before
from tests.support.world import Reply, User, World

SMS_DOWN = EndpointConnectionError(endpoint_url="https://sns")
TABLE_DOWN = EndpointConnectionError(endpoint_url="https://dynamodb")
_blocks = itertools.count(1)


@pytest.fixture
def device() -> dict[str, Any]:
    """Return the owner's device."""
    return a_device()


@pytest.fixture
def mila(world: World, device: dict[str, Any]) -> User:
    """Return the owner of a number, who signed in on her device."""
    return world.a_user(device=device)


def asks(world: World, phone: str, device: dict[str, Any] | None = None, **more: Any) -> Reply:
    """Ask for a code from a block of addresses that no other call uses."""
    number = next(_blocks)
    address = f"10.{number // 256 % 256}.{number % 256}.1"
    return world.asks_for_a_code(phone, device, **{"address": address} | more)


def use_up_codes(world: World, phone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for a number's codes until no more are sent before tomorrow."""
    allow(monkeypatch, codes_per_number_day=2)
    while asks(world, phone).status == 202:
        pass


def signs_in(world: World, mila: User, device: dict[str, Any]) -> Reply:
    """Ask for a code on a device and verify it."""
    asked = asks(world, mila.phone, device)
    assert asked.status == 202, asked.text
    return world.verifies(asked.json["challenge_id"], world.code_for(mila.phone))


def without_id(reply: Reply) -> tuple[int, dict[str, Any]]:
    return reply.status, reply.json | {"request_id": ""}


# Limits that strangers use up do not stop a known device


@pytest.mark.promise("ACC-2")
def test_used_up_codes_of_a_number_do_not_keep_its_owner_from_signing_in(
    world: World, mila: User, device: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    mila.logs_out()
    use_up_codes(world, mila.phone, monkeypatch)
    signed_in = signs_in(world, mila, device)
    assert (signed_in.status, signed_in.json["user_id"]) == (200, mila.user_id)


@pytest.mark.promise("ACC-2")
def test_closed_prefix_does_not_keep_the_owner_from_signing_in(
    world: World, mila: User, device: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, codes_per_prefix_least=5)
    close_prefix(world)
    assert signs_in(world, mila, device).status == 200


@pytest.mark.promise("ACC-2")
def test_used_up_codes_of_a_block_do_not_keep_the_owner_from_signing_in(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    here = "198.51.100.7"
    while asks(world, a_phone(), address=here).status == 202:
        pass
    assert asks(world, a_phone(), device, address=here).json["limit"] == "codes_per_address"
    assert asks(world, mila.phone, device, address=here).status == 202


@pytest.mark.promise("ACC-2")
def test_used_up_guesses_of_a_block_do_not_keep_the_owner_from_signing_in(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    hers = asks(world, mila.phone, device).json["challenge_id"]
    code = world.code_for(mila.phone)
    phone = a_phone()
    strangers = asks(world, phone, device).json["challenge_id"]
    use_up_guesses(world)
    assert world.verifies(strangers, world.code_for(phone)).problem == "too_many_attempts"
    assert world.verifies(hers, other_than(code)).json["attempts_left"] == 4
    assert world.verifies(hers, code).status == 200


def test_code_of_the_reserve_is_sent_again_from_the_reserve(
    world: World, mila: User, device: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_up_codes(world, mila.phone, monkeypatch)
    challenge = asks(world, mila.phone, device).json["challenge_id"]
    world.advance(timedelta(minutes=1))
    assert world.call("POST", f"/v1/signup/{challenge}/resend").status == 202
    assert asks(world, mila.phone, device).status == 202
    assert asks(world, mila.phone, device).problem == "too_many_codes"


# The owner of the reserve


@pytest.mark.promise("ACC-2")
def test_stranger_with_the_owners_number_gets_no_code_of_the_reserve(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = a_device()
    world.a_user(device=theirs)
    use_up_codes(world, mila.phone, monkeypatch)
    sent = len(world.messages_to(mila.phone))
    for stranger in (theirs, a_device()):
        assert asks(world, mila.phone, stranger).json["limit"] == "codes_per_number"
    assert len(world.messages_to(mila.phone)) == sent


@pytest.mark.promise("ACC-1")
def test_refusal_does_not_show_whether_a_number_is_registered(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    unregistered = a_phone()
    for phone in (mila.phone, unregistered):
        use_up_codes(world, phone, monkeypatch)
    with cloud.counted() as of_hers:
        hers = asks(world, mila.phone)
    with cloud.counted() as of_nobodys:
        assert without_id(asks(world, unregistered)) == without_id(hers)
    assert of_hers == of_nobodys
    assert of_hers.tables == {"PutItem": 2, "UpdateItem": 2, "BatchGetItem": 2}


@pytest.mark.promise("ACC-1")
def test_refusal_shows_no_number_while_the_lookup_key_is_rotated(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate(Secret.LOOKUP, current="2")
    unregistered = a_phone()
    for phone in (mila.phone, unregistered):
        use_up_codes(world, phone, monkeypatch)
    with cloud.counted() as of_hers:
        asks(world, mila.phone)
    with cloud.counted() as of_nobodys:
        asks(world, unregistered)
    assert of_hers == of_nobodys


@pytest.mark.promise("SEC-1")
def test_id_and_number_of_a_known_device_are_readable_nowhere(world: World) -> None:
    device = a_device(id=world.canaries.add("device", str(uuid.uuid4())))
    world.a_user(phone=world.canaries.add("phone", a_phone()), device=device)
    assert len(cloud.records("known_device")) == 1
    assert world.canaries.in_tables() == []


# The size of the reserve


@pytest.mark.promise("ACC-2")
def test_reserve_ends_after_three_codes_a_day_with_a_strangers_refusal(
    world: World, mila: User, device: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_up_codes(world, mila.phone, monkeypatch)
    strangers = asks(world, mila.phone)
    for _ in range(3):
        assert asks(world, mila.phone, device).status == 202
    assert without_id(asks(world, mila.phone, device)) == without_id(strangers)
    world.advance(timedelta(hours=12))
    use_up_codes(world, mila.phone, monkeypatch)
    assert asks(world, mila.phone, device).status == 202


@pytest.mark.promise("ACC-2")
def test_all_known_devices_of_an_account_together_get_nine_codes_a_day(
    world: World, mila: User, device: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    devices = [device, *(a_device() for _ in range(3))]
    for one in devices[1:]:
        world.a_user(phone=mila.phone, device=one)
    use_up_codes(world, mila.phone, monkeypatch)
    sent = [asks(world, mila.phone, one).status for one in devices for _ in range(4)]
    assert sent == [202, 202, 202, 429] * 3 + [429] * 4


@pytest.mark.promise("ACC-2")
def test_one_of_two_racing_requests_for_the_last_reserved_code_is_refused(
    world: World, mila: User, device: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_up_codes(world, mila.phone, monkeypatch)
    for _ in range(2):
        asks(world, mila.phone, device)
    winners = just_before(monkeypatch, limits, "_reserve_of", lambda: asks(world, mila.phone, device))
    assert asks(world, mila.phone, device).problem == "too_many_codes"
    assert winners[0].status == 202


def test_codes_left_by_strangers_are_used_before_the_reserve(
    world: World, mila: User, device: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        assert asks(world, mila.phone, device).status == 202
    use_up_codes(world, mila.phone, monkeypatch)
    assert [asks(world, mila.phone, device).status for _ in range(4)] == [202, 202, 202, 429]


def test_code_that_the_carrier_refused_is_not_taken_from_the_reserve(
    world: World, mila: User, device: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_up_codes(world, mila.phone, monkeypatch)
    with cloud.failing("sns", "Publish", SMS_DOWN):
        for _ in range(10):
            assert asks(world, mila.phone, device).problem == "sms_unavailable"
    assert [asks(world, mila.phone, device).status for _ in range(4)] == [202, 202, 202, 429]


@pytest.mark.promise("ACC-2")
def test_no_code_is_sent_while_the_reserve_cannot_be_counted(
    world: World, mila: User, device: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_up_codes(world, mila.phone, monkeypatch)
    sent = len(world.messages_to(mila.phone))
    with cloud.failing("dynamodb", "UpdateItem", TABLE_DOWN, touching="codes_reserved"):
        assert asks(world, mila.phone, device).problem == "sms_unavailable"
    assert len(world.messages_to(mila.phone)) == sent
    assert asks(world, mila.phone, device).status == 202


@pytest.mark.promise("ACC-2")
def test_try_is_given_back_while_a_device_cannot_be_recognised(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    hers = asks(world, mila.phone, device).json["challenge_id"]
    wrong = other_than(world.code_for(mila.phone))
    use_up_guesses(world)
    with cloud.failing("dynamodb", "BatchGetItem", TABLE_DOWN):
        assert world.verifies(hers, wrong).problem == "unavailable"
    assert world.verifies(hers, wrong).json["attempts_left"] == 4


# The end of the reserve


@pytest.mark.promise("RET-1")
@pytest.mark.parametrize(("days", "status"), [(89, 202), (90, 429)])
def test_reserve_ends_ninety_days_after_the_last_session(
    world: World, mila: User, device: dict[str, Any], monkeypatch: pytest.MonkeyPatch, days: int, status: int
) -> None:
    mila.logs_out()
    world.advance(timedelta(days=days))
    use_up_codes(world, mila.phone, monkeypatch)
    assert asks(world, mila.phone, device).status == status


def test_device_stays_known_while_its_session_is_refreshed(
    world: World, mila: User, device: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.advance(timedelta(days=59))
    refresh(world, mila, device)
    world.advance(timedelta(days=89))
    use_up_codes(world, mila.phone, monkeypatch)
    assert asks(world, mila.phone, device).status == 202


def test_repeated_refresh_on_a_later_day_keeps_the_device_known(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    refresh(world, mila, device)
    world.advance(timedelta(hours=13))
    refresh(world, mila, device)
    (known,) = cloud.records("known_device")
    assert known["seen_at"]["S"] == "2026-11-25T01:00:00Z"


def test_only_the_first_refresh_of_a_day_writes_to_the_known_device(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    world.advance(timedelta(days=1))
    for expected in ("TransactWriteItems", "UpdateItem"):
        with cloud.counted() as calls:
            refresh(world, mila, device)
        assert calls.tables == {"BatchGetItem": 1, expected: 1}


# Rotation of the lookup key


def test_device_stays_known_while_the_lookup_key_is_rotated(
    world: World, mila: User, device: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate(Secret.LOOKUP, current="2")
    use_up_codes(world, mila.phone, monkeypatch)
    assert asks(world, mila.phone, device).status == 202


@pytest.mark.parametrize(("refreshed", "status"), [(True, 202), (False, 429)])
def test_retired_lookup_key_forgets_devices_not_used_since_the_rotation(
    world: World,
    mila: User,
    device: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    *,
    refreshed: bool,
    status: int,
) -> None:
    rotate(Secret.LOOKUP, current="2")
    world.advance(timedelta(days=1))
    if refreshed:
        refresh(world, mila, device)
    profiles.rekey_claims([AccountId(mila.account_id)])
    rotate(Secret.LOOKUP, current="2", without=("1",))
    use_up_codes(world, mila.phone, monkeypatch)
    assert asks(world, mila.phone, device).status == status


def refresh(world: World, mila: User, device: dict[str, Any]) -> None:
    """Refresh the session with its first token."""
    body = {"refresh_token": mila.session["refresh_token"], "device_id": device["id"]}
    assert world.call("POST", "/v1/sessions/refresh", body=body).status == 200
