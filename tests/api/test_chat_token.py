"""The chat token: its content, its recipients and its expiry."""

from datetime import datetime, timedelta

import jwt
import pytest
from stream_chat import StreamChat

from chalicelib.consents.notices import service as notices
from chalicelib.core import table
from tests.support.clouds import cloud, environment
from tests.support.clouds.cloud import counted
from tests.support.faults.races import just_before
from tests.support.world.builders import a_phone
from tests.support.world.world import World, a_world


@pytest.mark.promise("STR-1", "STR-3")
def test_token_names_the_user_and_ends_within_the_hour(world: World) -> None:
    mila = world.a_user()
    answer = mila.mints_a_chat_token().json
    claims = jwt.decode(answer["token"], environment.STREAM_SECRET, algorithms=["HS256"])
    now = int(world.now.timestamp())
    assert claims == {"user_id": mila.user_id, "iat": now - 5, "exp": now + 3600}
    assert answer["expires_at"] == "2026-11-24T13:00:00Z"
    assert answer["api_key"] == environment.STREAM_API_KEY


def test_token_equals_the_one_that_streams_own_sdk_makes(world: World) -> None:
    mila = world.a_user()
    now = int(world.now.timestamp())
    official = StreamChat(environment.STREAM_API_KEY, environment.STREAM_SECRET).create_token(
        mila.user_id, exp=now + 3600, iat=now - 5
    )
    assert mila.mints_a_chat_token().json["token"] == official


@pytest.mark.promise("STR-3")
def test_token_does_not_expire_after_its_session(world: World) -> None:
    mila = world.a_user()
    world.advance(timedelta(days=60, minutes=-10))
    token = environment.token_with(
        iss="https://api.test", aud="ru4m-app", sub=mila.account_id, sid=mila.session["session_id"],
        iat=world.now, exp=world.now + timedelta(minutes=5),
    )  # fmt: skip
    answer = world.call("POST", "/v1/chat/token", headers={"Authorization": f"Bearer {token}"}).json
    claims = jwt.decode(answer["token"], environment.STREAM_SECRET, algorithms=["HS256"])
    assert claims["exp"] == (world.now + timedelta(minutes=10)).timestamp()


def is_revoked(token: str) -> bool:
    """Return whether Stream refuses a token, given the revocation stored on the only account."""
    (account,) = cloud.records("account")
    before = datetime.fromisoformat(account["revoked_before"]["S"]).timestamp()
    issued = jwt.decode(token, environment.STREAM_SECRET, algorithms=["HS256"])["iat"]
    return bool(issued < before)


@pytest.mark.promise("STR-3")
@pytest.mark.parametrize("seconds", [0, 1, 3, 9])
def test_token_minted_while_its_session_is_logged_out_is_revoked(world: World, seconds: int) -> None:
    mila = world.a_user()

    def log_out_and_wait() -> int:
        status = mila.logs_out().status
        world.advance(timedelta(seconds=seconds))
        return status

    statuses = just_before(notices, "require_terms", log_out_and_wait)
    minted = mila.mints_a_chat_token()
    assert (minted.status, statuses) == (200, [204])
    assert is_revoked(minted.json["token"])


@pytest.mark.promise("STR-3")
@pytest.mark.parametrize("seconds", [0, 1, 3, 9])
def test_token_minted_before_a_slow_logout_commits_is_revoked(world: World, seconds: int) -> None:
    mila = world.a_user()

    def wait_and_mint() -> str:
        world.advance(timedelta(seconds=seconds))
        return str(mila.mints_a_chat_token().json["token"])

    tokens = just_before(table, "transact", wait_and_mint)
    assert mila.logs_out().status == 204
    assert is_revoked(*tokens)


@pytest.mark.promise("STR-1")
def test_user_id_follows_from_neither_the_number_nor_the_keys() -> None:
    phone, ids = a_phone(), set()
    for _ in range(2):
        with a_world() as world:  # the same number, name, instant and keys in both cases
            mila = world.a_user(phone, display_name="Mila")
            ids |= {mila.user_id, mila.account_id}
    assert len(ids) == 4


@pytest.mark.promise("STR-1")
def test_account_id_is_neither_in_the_user_id_nor_returned_with_a_token(world: World) -> None:
    mila = world.a_user()
    assert mila.account_id.removeprefix("a_") not in mila.user_id
    with counted() as calls:
        answer = mila.mints_a_chat_token()
    assert mila.account_id not in answer.text
    assert calls.tables == {"BatchGetItem": 1}
