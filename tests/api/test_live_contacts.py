"""What conversations ask of contacts: who is a live contact, and who may share a new group."""

import pytest

from chalicelib.core.ids import AccountId, UserId
from chalicelib.people.contacts import service
from tests.support.cases.erasure_parts import erase
from tests.support.world.world import User, World


def found(owner: User, *others: User) -> set[str]:
    asked = [UserId(other.user_id) for other in others]
    return set(service.live_contacts(AccountId(owner.account_id), asked))


def may_share(*users: User) -> bool:
    return service.may_share_a_group([AccountId(user.account_id) for user in users])


def test_only_active_contacts_are_live(world: World) -> None:
    mila, jovan, stranger = world.a_user(), world.a_user(), world.a_user()
    frozen, erased, blocked, blocking = (world.a_user() for _ in range(4))
    code = mila.makes_a_code()
    for other in (jovan, frozen, erased, blocked, blocking):
        other.adds(code)
    world.set_state(frozen, "frozen")
    erase(erased)
    mila.blocks(blocked)
    blocking.blocks(mila)
    assert found(mila, jovan, stranger, frozen, erased, blocked, blocking, mila) == {jovan.user_id}


def test_at_most_99_users_are_looked_up_at_once() -> None:
    with pytest.raises(ValueError, match="at most 99"):
        service.live_contacts(AccountId.new(), [UserId.new() for _ in range(100)])


def test_nobody_is_looked_up_without_a_read(world: World) -> None:
    assert found(world.a_user()) == set()


def test_users_of_whom_one_blocks_another_share_no_new_group(world: World) -> None:
    mila, jovan, vuk = world.a_user(), world.a_user(), world.a_user()
    assert may_share(mila, jovan, vuk)
    jovan.blocks(vuk)
    assert not may_share(mila, jovan, vuk)
    assert may_share(mila, jovan)
    jovan.unblocks(vuk)
    assert may_share(mila, jovan, vuk)


def test_block_that_follows_a_number_applies_to_groups(world: World) -> None:
    mila, jovan, vuk = world.a_user(), world.a_user(), world.a_user()
    jovan.blocks(vuk)
    erase(vuk)
    assert not may_share(mila, jovan, world.a_user(vuk.phone))


def test_group_with_an_erased_user_is_refused(world: World) -> None:
    mila, jovan = world.a_user(), world.a_user()
    erase(jovan)
    assert not may_share(mila, jovan)
