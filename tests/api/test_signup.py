"""Signup: a number, a code, an account (ACC-1, ACC-2)."""

from tests.support.builders import a_phone
from tests.support.world import World


def test_a_new_number_gets_a_code_and_then_an_account(world: World) -> None:
    phone = a_phone()
    asked = world.asks_for_a_code(phone)
    assert asked.status == 202
    assert asked.json["resend_after"] == "2026-11-24T12:01:00Z"
    verified = world.verifies(asked.json["challenge_id"], world.code_for(phone))
    assert verified.status == 201
    assert verified.json["new_account"] is True
    assert verified.json["session"]["scope"] == "full"
