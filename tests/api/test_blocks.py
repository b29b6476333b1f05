"""Blocks: what a block ends and hides, and how it follows a number."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts.blocks.model import BlockList
from chalicelib.core import clock
from chalicelib.core.ids import AccountId, UserId
from tests.support.cases.erasure_parts import erase
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.world.limits import allow
from tests.support.world.world import Reply, User, World


def ids(reply: Reply) -> list[str]:
    return [one["user_id"] for one in reply.json["items"]]


def sees(viewer: User, other: User) -> int:
    return viewer.gets(f"/v1/users/{other.user_id}").status


def test_block_ends_the_contact_for_both(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.adds(mila.makes_a_code())
    assert jovan.blocks(mila).status == 204
    assert ids(mila.gets("/v1/contacts")) == ids(jovan.gets("/v1/contacts")) == []
    assert {one["contacts"]["N"] for one in cloud.records("contact_count")} == {"0"}


@pytest.mark.promise("ACC-6")
def test_block_hides_each_profile_from_the_other_as_if_unknown(world: World) -> None:
    mila, jovan, vuk = world.a_user(), world.a_user(), world.a_user()
    jovan.blocks(mila)
    hidden = mila.gets(f"/v1/users/{jovan.user_id}").json
    unknown = mila.gets(f"/v1/users/{UserId.new()}").json
    assert {**hidden, "request_id": ""} == {**unknown, "request_id": ""}
    assert (sees(jovan, mila), sees(mila, vuk), sees(jovan, jovan), sees(mila, mila)) == (404, 200, 200, 200)


def test_lifted_block_shows_the_profiles_again_and_restores_no_contact(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.adds(mila.makes_a_code())
    jovan.blocks(mila)
    assert [jovan.unblocks(mila).status for _ in range(2)] == [204, 204]
    assert (sees(jovan, mila), sees(mila, jovan)) == (200, 200)
    assert ids(mila.gets("/v1/contacts")) == []
    assert mila.adds(jovan.makes_a_code()).status == 201


def test_block_of_one_side_stays_when_the_other_side_lifts_its_own(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.blocks(mila)
    mila.blocks(jovan)
    jovan.unblocks(mila)
    assert (sees(jovan, mila), sees(mila, jovan)) == (404, 404)


def test_blocks_are_listed_newest_first_for_the_blocker_only(world: World) -> None:
    mila, jovan, vuk = world.a_user(), world.a_user(), world.a_user()
    jovan.blocks(mila)
    jovan.blocks(vuk)
    at = "2026-11-24T12:00:00Z"
    assert jovan.gets("/v1/blocks").json == {
        "items": [{"user_id": one.user_id, "blocked_at": at} for one in (vuk, mila)]
    }
    assert ids(mila.gets("/v1/blocks")) == []


def test_blocks_are_listed_page_by_page(world: World) -> None:
    mila, others = world.a_user(), [world.a_user() for _ in range(3)]
    for other in others:
        mila.blocks(other)
    first = mila.gets("/v1/blocks?limit=2")
    second = mila.gets(f"/v1/blocks?limit=2&cursor={first.json['next_cursor']}")
    assert [*ids(first), *ids(second)] == [other.user_id for other in reversed(others)]
    assert mila.gets(f"/v1/blocks?cursor={UserId.new()}").problem == "invalid_request"


def test_page_has_25_items_unless_the_limit_says_otherwise(world: World) -> None:
    mila = world.a_user()
    for _ in range(26):
        mila.blocks(world.a_user())
    sizes = [len(ids(mila.gets(f"/v1/blocks{query}"))) for query in ("", "?limit=1", "?limit=100")]
    assert sizes == [25, 1, 26]


def test_next_page_follows_after_the_last_block_of_a_page_is_lifted(world: World) -> None:
    mila, others = world.a_user(), [world.a_user() for _ in range(3)]
    for other in others:
        mila.blocks(other)
    first = mila.gets("/v1/blocks?limit=2")
    for other in others[1:]:
        mila.unblocks(other)
    assert ids(mila.gets(f"/v1/blocks?limit=2&cursor={first.json['next_cursor']}")) == [others[0].user_id]


def test_blocking_again_changes_nothing(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.blocks(mila)
    stored = cloud.items_of("accounts")
    assert jovan.blocks(mila).status == 204
    assert cloud.items_of("accounts") == stored


def test_caller_cannot_block_themselves(world: World) -> None:
    mila = world.a_user()
    assert mila.blocks(mila).problem == "not_found"


def test_id_that_nobody_has_can_be_blocked_and_is_listed(world: World) -> None:
    mila, nobody = world.a_user(), UserId.new()
    assert mila.calls("PUT", f"/v1/blocks/{nobody}").status == 204
    assert ids(mila.gets("/v1/blocks")) == [nobody]
    assert mila.calls("DELETE", f"/v1/blocks/{nobody}").status == 204
    assert ids(mila.gets("/v1/blocks")) == []


@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_user_who_is_not_active_can_be_blocked(world: World, state: str) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.adds(mila.makes_a_code())
    world.set_state(mila, state)
    assert jovan.blocks(mila).status == 204
    world.set_state(mila, "active")
    assert (sees(mila, jovan), ids(mila.gets("/v1/contacts"))) == (404, [])


def test_block_follows_the_number_to_a_new_account(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.blocks(mila)
    erase(mila)
    again = world.a_user(mila.phone)
    assert again.user_id != mila.user_id
    assert (sees(again, jovan), sees(jovan, again)) == (404, 404)
    assert again.adds(jovan.makes_a_code()).status == 404
    assert jovan.adds(again.makes_a_code()).status == 404
    again.invites(jovan)
    assert jovan.gets("/v1/invitations").json["items"] == []


def test_block_of_an_erased_user_is_listed_under_another_id_and_can_be_lifted(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.blocks(mila)
    erase(mila)
    (stand_in,) = ids(jovan.gets("/v1/blocks"))
    assert stand_in != mila.user_id
    assert jovan.calls("DELETE", f"/v1/blocks/{stand_in}").status == 204
    assert sees(world.a_user(mila.phone), jovan) == 200


@pytest.mark.promise("ACC-6")
def test_neither_blocking_nor_lifting_an_id_shows_which_erased_user_had_its_number(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.blocks(mila)
    erase(mila)
    (stand_in,) = ids(jovan.gets("/v1/blocks"))
    again = world.a_user(mila.phone)
    jovan.unblocks(again)
    assert ids(jovan.gets("/v1/blocks")) == [stand_in]
    jovan.blocks(again)
    assert ids(jovan.gets("/v1/blocks")) == [again.user_id, stand_in]
    jovan.unblocks(again)
    assert (ids(jovan.gets("/v1/blocks")), sees(again, jovan)) == ([stand_in], 404)


def test_rotated_and_retired_lookup_key_loses_no_block(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.blocks(mila)
    erase(mila)
    again = world.a_user(mila.phone)
    # Neither the list nor the judgement uses a key of the vault.
    monkeypatch.setattr("chalicelib.core.keyring.MacKeys.lookup_keys", lambda *_: pytest.fail("not used"))
    found = BlockList.empty(AccountId(jovan.account_id)).with_block(
        UserId.new(), None, mila.phone, clock.now()
    )
    assert found.has(UserId(again.user_id), again.phone)


def test_two_devices_that_block_at_the_same_time_both_succeed(world: World) -> None:
    mila, jovan, vuk = world.a_user(), world.a_user(), world.a_user()
    before_the_commit(lambda: jovan.blocks(vuk))
    assert jovan.blocks(mila).status == 204
    assert set(ids(jovan.gets("/v1/blocks"))) == {mila.user_id, vuk.user_id}


def test_contact_that_comes_before_the_block_is_ended_by_it(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    code = jovan.makes_a_code()
    before_the_commit(lambda: mila.adds(code))
    assert jovan.blocks(mila).status == 204
    assert ids(mila.gets("/v1/contacts")) == ids(jovan.gets("/v1/contacts")) == []


@pytest.mark.promise("RGT-3")
def test_block_by_an_account_whose_erasure_has_begun_leaves_no_row(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    before_the_commit(lambda: world.set_state(mila, "erasing"))
    mila.blocks(jovan)
    assert cloud.records("blocked_by") == []


def test_ended_invitation_that_a_pin_keeps_does_not_prevent_a_block(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    mila.invites(jovan)
    cloud.pin(jovan.account_id, f"invitation#{mila.account_id}", world.now + timedelta(days=60))
    world.advance(timedelta(days=30))
    assert jovan.signs_in_again().blocks(mila).status == 204


def test_full_list_refuses_another_block_and_accepts_a_repeated_one(world: World) -> None:
    allow(blocks_most=10)
    mila, others = world.a_user(), [UserId.new() for _ in range(11)]
    answers = [mila.calls("PUT", f"/v1/blocks/{one}").status for one in others]
    assert answers == [204] * 10 + [422]
    assert mila.calls("PUT", f"/v1/blocks/{others[0]}").status == 204


@pytest.mark.promise("SEC-1")
def test_blocked_users_and_numbers_are_not_readable_in_the_table(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    jovan.blocks(mila)
    (stored,) = cloud.records("block_list")
    assert mila.user_id not in str(stored)
    assert mila.phone not in str(stored)


def test_blocks_of_two_lists_have_different_hashes_of_one_number() -> None:
    def digest(owner: AccountId) -> Any:
        user_id = UserId.new()
        found = BlockList.empty(owner).with_block(user_id, None, "+381601234567", clock.now())
        return found.links[user_id].number

    assert digest(AccountId.new()) != digest(AccountId.new())
