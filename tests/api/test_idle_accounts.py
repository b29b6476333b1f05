"""Tests the frozen account of an idle number: a code alone opens and reveals nothing (ADR 30)."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.accounts.model import Device
from chalicelib.accounts.service import devices
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.settings import Secret
from chalicelib.core.transactions import commit
from tests.api.test_signup_rotation import rotate
from tests.support.cases.erasure_parts import freeze, freeze_and_end
from tests.support.clouds import cloud
from tests.support.world.builders import TERMS, a_device, a_phone, other_than
from tests.support.world.notices import a_version, publish, record_announcement
from tests.support.world.world import Reply, User, World

NEWER = a_version("2026-11-01")


@pytest.fixture
def mila(world: World, device: dict[str, Any]) -> User:
    """Return the owner of a number, who signed in on her device."""
    return world.a_user(device=device)


def sign_in(mila: User, device: dict[str, Any] | None = None, **answer: Any) -> Reply:
    """Request a code for the number, and submit it."""
    challenge = mila.world.asks_for_a_code(mila.phone, device).json["challenge_id"]
    return mila.world.verifies(challenge, mila.world.code_for(mila.phone), **answer)


def stored() -> list[dict[str, Any]]:
    """Return all items but the challenges, which count their attempts."""
    return [item for item in cloud.all_items() if item["kind"] != {"S": "challenge"}]


def comparable(reply: Reply) -> tuple[int, dict[str, Any]]:
    """Return a reply without its random ids."""
    return reply.status, reply.json | dict.fromkeys(("request_id", "challenge_id"), "")


@pytest.mark.promise("RGT-3", "ACC-1")
def test_code_to_the_number_of_an_idle_account_opens_and_writes_nothing(world: World, mila: User) -> None:
    freeze(mila.account_id, idle=True)
    challenge = world.asks_for_a_code(mila.phone).json["challenge_id"]
    before = stored()
    assert world.verifies(challenge, world.code_for(mila.phone)).problem == "unavailable"
    assert stored() == before


@pytest.mark.promise("RGT-3")
def test_refused_device_does_not_become_known(mila: User) -> None:
    freeze(mila.account_id, idle=True)
    stranger = a_device()
    assert [sign_in(mila, stranger).problem for _ in range(2)] == ["unavailable"] * 2


@pytest.mark.promise("RGT-11")
def test_known_device_signs_in_to_an_idle_account_with_scope_rights(
    mila: User, device: dict[str, Any]
) -> None:
    frozen = freeze(mila.account_id, idle=True)
    session = sign_in(mila, device).json["session"]
    assert (session["scope"], session["erasure"]["rights_request_id"]) == ("rights", frozen.request_id)


@pytest.mark.promise("RGT-11", "RGT-3")
def test_device_that_became_known_after_the_freeze_does_not_open_an_idle_account(
    world: World, mila: User
) -> None:
    """A request that began before the freeze may commit after it."""
    frozen, newer = freeze(mila.account_id, idle=True), a_device()
    world.traveller.move_to(frozen.asked_at)
    known = devices.recognition(AccountId(mila.account_id), Device.model_validate(newer), SessionId.new())
    commit(known)
    assert sign_in(mila, newer).problem == "unavailable"


@pytest.mark.promise("RGT-11")
def test_any_device_signs_in_to_a_frozen_account_that_was_in_use(mila: User) -> None:
    freeze(mila.account_id)
    assert sign_in(mila).status == 200


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("shown", [TERMS, NEWER.version], ids=["outdated", "current"])
def test_idle_account_answers_a_code_like_one_that_is_being_erased(
    world: World, mila: User, shown: str
) -> None:
    vuk = world.a_user()
    publish(NEWER)
    for user in (mila, vuk):
        record_announcement(user, NEWER.version, at=NEWER.published_at)
    freeze(mila.account_id, idle=True)
    freeze_and_end(vuk.account_id)
    idle, erasing = (comparable(sign_in(user, terms_version=shown)) for user in (mila, vuk))
    assert idle == erasing


@pytest.mark.promise("RGT-3", "ACC-1")
def test_asking_and_guessing_do_not_reveal_an_idle_account(world: World, mila: User) -> None:
    freeze(mila.account_id, idle=True)
    replies = []
    for phone in (mila.phone, a_phone()):
        with cloud.counted() as calls:
            asked = world.asks_for_a_code(phone)
        path = f"/v1/signup/{asked.json['challenge_id']}"
        early = world.call("POST", f"{path}/resend")
        guessed = world.verifies(asked.json["challenge_id"], other_than(world.code_for(phone)))
        replies.append((calls, *map(comparable, (asked, early, guessed))))
    assert replies[0] == replies[1]


@pytest.mark.promise("RGT-3")
def test_resend_does_not_reveal_an_idle_account(world: World, mila: User) -> None:
    freeze(mila.account_id, idle=True)
    challenges = [world.asks_for_a_code(phone).json["challenge_id"] for phone in (mila.phone, a_phone())]
    world.advance(HOUR / 60)
    sent = [world.call("POST", f"/v1/signup/{challenge}/resend") for challenge in challenges]
    assert sent[0].status == 202
    assert comparable(sent[0]) == comparable(sent[1])


@pytest.mark.promise("RGT-11")
def test_device_known_under_an_older_lookup_key_opens_an_idle_account(
    mila: User, device: dict[str, Any]
) -> None:
    freeze(mila.account_id, idle=True)
    rotate(Secret.LOOKUP, current="2")
    assert sign_in(mila, device).status == 200


# When a device of the account was last seen


def a_later_session(world: World, mila: User) -> None:
    world.advance(3 * DAY)
    world.a_user(phone=mila.phone)


def a_rotated_key(world: World, mila: User) -> None:
    a_later_session(world, mila)
    rotate(Secret.LOOKUP, current="2")
    rotate(Secret.LOOKUP, current="2", without=("1",))


@pytest.mark.parametrize("change", [a_later_session, a_rotated_key])
def test_last_seen_is_that_of_the_newest_known_device(
    world: World, mila: User, change: Callable[[World, User], None]
) -> None:
    change(world, mila)
    seen = world.now
    world.a_user()
    world.advance(86 * DAY)
    assert devices.last_seen(AccountId(mila.account_id)) == seen
    world.advance(4 * DAY)
    assert devices.last_seen(AccountId(mila.account_id)) is None


def test_last_seen_costs_one_read(mila: User) -> None:
    with cloud.counted() as calls:
        devices.last_seen(AccountId(mila.account_id))
    assert calls == {"dynamodb.Query": 1}
