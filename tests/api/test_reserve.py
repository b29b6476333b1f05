"""Tests the reserve: sign-in codes of a known device that strangers cannot use up (ADR 25)."""

import itertools
import uuid
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.accounts.challenges import limits
from chalicelib.accounts.profiles import service as profiles
from chalicelib.core.ids import AccountId
from chalicelib.core.settings import Secret
from tests.api.test_lockout import use_up_guesses, use_up_prefix
from tests.api.test_signup_rotation import rotate
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.world.builders import a_device, a_phone, other_than
from tests.support.world.limits import allow
from tests.support.world.world import Reply, User, World

pytestmark = pytest.mark.proof  # takes long

SMS_DOWN = EndpointConnectionError(endpoint_url="https://sns")
TABLE_DOWN = EndpointConnectionError(endpoint_url="https://dynamodb")
_blocks = itertools.count(1)


@pytest.fixture
def mila(world: World, device: dict[str, Any]) -> User:
    """Return the owner of a number, who signed in on her device."""
    return world.a_user(device=device)


def asks(world: World, phone: str, device: dict[str, Any] | None = None, **more: Any) -> Reply:
    """Request a code from an address block that no other request uses."""
    number = next(_blocks)
    address = f"10.{number // 256 % 256}.{number % 256}.1"
    return world.asks_for_a_code(phone, device, **{"address": address} | more)


def use_up_codes(world: World, phone: str) -> None:
    """Request codes for a number until its daily limit refuses one."""
    allow(codes_per_number_day=2)
    while asks(world, phone).status == 202:
        pass


def signs_in(world: World, mila: User, device: dict[str, Any]) -> Reply:
    """Request a code on a device and submit it."""
    asked = asks(world, mila.phone, device)
    assert asked.status == 202, asked.text
    return world.verifies(asked.json["challenge_id"], world.code_for(mila.phone))


def without_request_id(reply: Reply) -> tuple[int, dict[str, Any]]:
    return reply.status, reply.json | {"request_id": ""}


# Limits that strangers can use up, and that do not apply to a known device


@pytest.mark.promise("ACC-2")
def test_owner_can_sign_in_after_strangers_used_up_the_codes_of_the_number(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    mila.logs_out()
    use_up_codes(world, mila.phone)
    signed_in = signs_in(world, mila, device)
    assert (signed_in.status, signed_in.json["user_id"]) == (200, mila.user_id)


@pytest.mark.promise("ACC-2")
def test_owner_can_sign_in_while_the_breaker_refuses_the_prefix(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    allow(codes_per_prefix_least=5)
    use_up_prefix(world)
    assert signs_in(world, mila, device).status == 200


@pytest.mark.promise("ACC-2")
def test_owner_can_sign_in_after_the_codes_of_the_address_block_are_used_up(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    allow(codes_per_address=25)
    here = "198.51.100.7"
    while asks(world, a_phone(), address=here).status == 202:
        pass
    assert asks(world, a_phone(), device, address=here).json["limit"] == "codes_per_address"
    assert asks(world, mila.phone, device, address=here).status == 202


@pytest.mark.promise("ACC-2")
def test_owner_can_sign_in_after_the_guesses_of_the_block_are_used_up(
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


def test_resending_a_reserve_code_counts_against_the_reserve(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    use_up_codes(world, mila.phone)
    challenge = asks(world, mila.phone, device).json["challenge_id"]
    world.advance(timedelta(minutes=1))
    assert world.call("POST", f"/v1/signup/{challenge}/resend").status == 202
    assert asks(world, mila.phone, device).status == 202
    assert asks(world, mila.phone, device).problem == "too_many_codes"


# Who may use the reserve


@pytest.mark.promise("ACC-2")
def test_stranger_who_knows_the_number_cannot_use_the_reserve(world: World, mila: User) -> None:
    theirs = a_device()
    world.a_user(device=theirs)
    use_up_codes(world, mila.phone)
    sent = len(world.messages_to(mila.phone))
    for stranger in (theirs, a_device()):
        assert asks(world, mila.phone, stranger).json["limit"] == "codes_per_number"
    assert len(world.messages_to(mila.phone)) == sent


@pytest.mark.promise("ACC-1")
def test_refusal_does_not_show_whether_a_number_is_registered(world: World, mila: User) -> None:
    unregistered = a_phone()
    for phone in (mila.phone, unregistered):
        use_up_codes(world, phone)
    with cloud.counted() as of_hers:
        hers = asks(world, mila.phone)
    with cloud.counted() as of_nobodys:
        assert without_request_id(asks(world, unregistered)) == without_request_id(hers)
    assert of_hers == of_nobodys
    assert of_hers.tables == {"PutItem": 2, "UpdateItem": 2, "BatchGetItem": 2}


@pytest.mark.promise("ACC-1")
def test_refusal_during_key_rotation_does_not_show_who_is_registered(world: World, mila: User) -> None:
    rotate(Secret.LOOKUP, current="2")
    unregistered = a_phone()
    for phone in (mila.phone, unregistered):
        use_up_codes(world, phone)
    with cloud.counted() as of_hers:
        asks(world, mila.phone)
    with cloud.counted() as of_nobodys:
        asks(world, unregistered)
    assert of_hers == of_nobodys


@pytest.mark.promise("SEC-1")
def test_tables_contain_no_id_or_number_of_a_known_device_in_clear(world: World) -> None:
    device = a_device(device_id=world.canaries.add("device", str(uuid.uuid4())))
    world.a_user(phone=world.canaries.add("phone", a_phone()), device=device)
    assert len(cloud.records("known_device")) == 1
    assert world.canaries.in_tables() == []


# How many codes the reserve has


@pytest.mark.promise("ACC-2")
def test_after_three_reserve_codes_a_day_a_device_is_refused_like_a_stranger(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    use_up_codes(world, mila.phone)
    strangers = asks(world, mila.phone)
    for _ in range(3):
        assert asks(world, mila.phone, device).status == 202
    assert without_request_id(asks(world, mila.phone, device)) == without_request_id(strangers)
    world.advance(timedelta(hours=12))
    use_up_codes(world, mila.phone)
    assert asks(world, mila.phone, device).status == 202


@pytest.mark.promise("ACC-2")
def test_all_known_devices_of_an_account_together_get_nine_codes_a_day(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    devices = [device, *(a_device() for _ in range(3))]
    for known in devices[1:]:
        world.a_user(phone=mila.phone, device=known)
    use_up_codes(world, mila.phone)
    sent = [asks(world, mila.phone, known).status for known in devices for _ in range(4)]
    assert sent == [202, 202, 202, 429] * 3 + [429] * 4


@pytest.mark.promise("ACC-2")
def test_one_of_two_concurrent_requests_for_the_last_reserve_code_is_refused(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    use_up_codes(world, mila.phone)
    for _ in range(2):
        asks(world, mila.phone, device)
    winners = just_before(limits, "_reserve_of", lambda: asks(world, mila.phone, device))
    assert asks(world, mila.phone, device).problem == "too_many_codes"
    assert winners[0].status == 202


def test_codes_of_the_number_are_used_before_those_of_the_reserve(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    for _ in range(4):
        assert asks(world, mila.phone, device).status == 202
    use_up_codes(world, mila.phone)
    assert [asks(world, mila.phone, device).status for _ in range(4)] == [202, 202, 202, 429]


def test_code_does_not_count_against_the_reserve_if_sns_was_unreachable(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    use_up_codes(world, mila.phone)
    with cloud.failing("sns", "Publish", SMS_DOWN):
        for _ in range(10):
            assert asks(world, mila.phone, device).problem == "sms_unavailable"
    assert [asks(world, mila.phone, device).status for _ in range(4)] == [202, 202, 202, 429]


@pytest.mark.promise("ACC-2")
def test_no_reserve_code_is_sent_while_its_counter_is_unreachable(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    use_up_codes(world, mila.phone)
    sent = len(world.messages_to(mila.phone))
    with cloud.failing("dynamodb", "UpdateItem", TABLE_DOWN, touching="codes_reserved"):
        assert asks(world, mila.phone, device).problem == "sms_unavailable"
    assert len(world.messages_to(mila.phone)) == sent
    assert asks(world, mila.phone, device).status == 202


@pytest.mark.promise("ACC-2")
def test_attempt_is_not_counted_while_known_devices_cannot_be_read(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    hers = asks(world, mila.phone, device).json["challenge_id"]
    wrong = other_than(world.code_for(mila.phone))
    use_up_guesses(world)
    with cloud.failing("dynamodb", "BatchGetItem", TABLE_DOWN):
        assert world.verifies(hers, wrong).problem == "unavailable"
    assert world.verifies(hers, wrong).json["attempts_left"] == 4


# How long the reserve lasts


@pytest.mark.promise("RET-1")
@pytest.mark.parametrize(("days", "status"), [(89, 202), (90, 429)])
def test_reserve_ends_ninety_days_after_the_last_session(
    world: World, mila: User, device: dict[str, Any], days: int, status: int
) -> None:
    mila.logs_out()
    world.advance(timedelta(days=days))
    use_up_codes(world, mila.phone)
    assert asks(world, mila.phone, device).status == status


def test_device_stays_known_while_its_session_is_refreshed(
    world: World, mila: User, device: dict[str, Any]
) -> None:
    world.advance(timedelta(days=59))
    refresh(world, mila, device)
    world.advance(timedelta(days=89))
    use_up_codes(world, mila.phone)
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
    world: World, mila: User, device: dict[str, Any]
) -> None:
    rotate(Secret.LOOKUP, current="2")
    use_up_codes(world, mila.phone)
    assert asks(world, mila.phone, device).status == 202


@pytest.mark.parametrize(("refreshed", "status"), [(True, 202), (False, 429)])
def test_retiring_a_lookup_key_forgets_devices_not_used_since_its_rotation(
    world: World,
    mila: User,
    device: dict[str, Any],
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
    use_up_codes(world, mila.phone)
    assert asks(world, mila.phone, device).status == status


def refresh(world: World, mila: User, device: dict[str, Any]) -> None:
    """Refresh the session with its first token."""
    body = {"refresh_token": mila.session["refresh_token"], "device_id": device["device_id"]}
    assert world.call("POST", "/v1/sessions/refresh", body=body).status == 200
