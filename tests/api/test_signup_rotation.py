"""Signup during key rotation, while containers with different keys serve side by side."""

import base64
import json
import os
import secrets
from datetime import timedelta

import pytest

from chalicelib.core import aws, table
from chalicelib.core.settings import Secret
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.world.builders import a_device, a_phone
from tests.support.world.world import Reply, World


@pytest.mark.promise("ACC-1")
def test_number_claimed_under_an_older_lookup_key_signs_in_to_its_account(world: World) -> None:
    mila = world.a_user()
    rotate(Secret.LOOKUP, current="2")
    again = world.a_user(phone=mila.phone)
    assert again.verified["new_account"] is False
    assert again.user_id == mila.user_id


@pytest.mark.promise("ACC-1")
@pytest.mark.parametrize(("slow_knows", "quick_knows"), [("1", "2"), ("2", "1")])
def test_two_containers_with_different_current_keys_make_one_account(
    world: World, slow_knows: str, quick_knows: str
) -> None:
    rotate(Secret.LOOKUP, current="2")  # both containers know both versions
    phone = a_phone()
    slow = world.asks_for_a_code(phone).json["challenge_id"]
    slow_code = world.code_for(phone)
    quick = world.asks_for_a_code(phone).json["challenge_id"]
    quick_code = world.code_for(phone)

    def sign_up_in_the_other_container() -> Reply:
        rotate(Secret.LOOKUP, current=quick_knows)
        reply = world.verifies(quick, quick_code)
        rotate(Secret.LOOKUP, current=slow_knows)
        return reply

    rotate(Secret.LOOKUP, current=slow_knows)
    winners = just_before(table, "transact", sign_up_in_the_other_container)
    loser = world.verifies(slow, slow_code)

    assert (winners[0].status, loser.status) == (201, 200)
    assert loser.json["user_id"] == winners[0].json["user_id"]
    assert len(cloud.records("account")) == 1


def test_code_sent_before_a_rotation_can_still_be_used_and_repeated(world: World) -> None:
    phone, device = a_phone(), a_device()
    challenge = world.asks_for_a_code(phone, device).json["challenge_id"]
    rotate(Secret.CODES, current="2")
    world.advance(timedelta(minutes=1))
    world.call("POST", f"/v1/signup/{challenge}/resend")
    assert len(set(world.messages_to(phone))) == 1
    first = world.verifies(challenge, world.code_for(phone), device_id=device["device_id"])
    again = world.verifies(challenge, world.code_for(phone), device_id=device["device_id"])
    assert (first.status, again.status) == (201, 201)


def test_code_whose_key_was_removed_from_the_vault_is_expired(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    rotate(Secret.CODES, current="2", without=("1",))
    assert world.verifies(challenge, world.code_for(phone)).problem == "challenge_expired"


def rotate(purpose: Secret, current: str, without: tuple[str, ...] = ()) -> None:
    """Make a version of a key current, new if none exists, and start containers that read it."""
    vault, name = aws.client("secretsmanager"), f"ru4m/test/{purpose}"
    document = json.loads(vault.get_secret_value(SecretId=name)["SecretString"])
    versions = {v: key for v, key in document["versions"].items() if v not in without}
    versions.setdefault(current, base64.b64encode(secrets.token_bytes(32)).decode())
    vault.put_secret_value(SecretId=name, SecretString=json.dumps({"versions": versions, "current": current}))
    if purpose is Secret.LOOKUP:
        os.environ["RU4M_LOOKUP_VERSIONS"] = ",".join((current, *(versions.keys() - {current})))
    cloud.new_container()
