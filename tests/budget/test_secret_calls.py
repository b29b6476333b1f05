"""What PINs and recoveries cost in calls (ADR 104); a sign-in without a PIN costs what it did."""

from __future__ import annotations

from chalicelib.core.clock import DAY
from tests.support.cases.pins import PIN, WRONG, with_pin
from tests.support.cases.recoveries import asks_for_recovery, gives_number_code, sends_proof
from tests.support.clouds.cloud import counted
from tests.support.world.builders import a_phone, an_address
from tests.support.world.world import World


def test_sign_in_with_a_pin_costs_two_calls_more(world: World) -> None:
    mila = with_pin(world.a_user())
    challenge = world.asks_for_a_code(mila.phone).json["challenge_id"]
    code = world.code_for(mila.phone)
    for answer, status, cost in (({}, 423, 5), ({"pin": WRONG}, 422, 7), ({"pin": PIN}, 200, 10)):
        with counted() as calls:
            assert world.verifies(challenge, code, **answer).status == status
        assert calls.of("dynamodb") == cost, answer


def test_setting_a_pin_costs_three_calls_and_a_mail(world: World) -> None:
    mila = world.a_user()
    mila.has_email(an_address())
    mila.is_stepped_up()
    with counted() as calls:
        assert mila.calls("PUT", "/v1/profile/pin", body={"pin": PIN}).status == 204
    assert (calls.of("dynamodb"), calls["sesv2.SendEmail"]) == (3, 1)


def test_recovery_costs_at_most_fifteen_calls_a_step(world: World) -> None:
    mila, address, phone = world.a_user(), an_address(), a_phone()
    mila.has_email(address)
    with_pin(mila)
    world.advance(7 * DAY)
    with counted() as calls:
        challenge = asks_for_recovery(world, address)
    assert calls.of("dynamodb") <= 5
    with counted() as calls:
        proven = sends_proof(world, challenge, address, phone)
    assert calls.of("dynamodb") <= 15
    with counted() as calls:
        assert gives_number_code(world, proven.json["challenge_id"], phone).status == 204
    assert calls.of("dynamodb") <= 15
