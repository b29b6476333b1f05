"""Tests the number of calls that a push about a message makes, counted at the clients."""

import pytest

from chalicelib.privacy.purposes import Practice
from tests.support.cases.pushes import (
    SECOND,
    a_conversation,
    fake_providers,
    give_phones,
    message_new,
    token_of,
    work,
    writes,
)
from tests.support.clouds.cloud import counted
from tests.support.stream.conversations import some_contacts
from tests.support.stream.hooks import sends_hook
from tests.support.world.practices import describe
from tests.support.world.world import World

pytestmark = pytest.mark.usefixtures("stream")


@pytest.fixture(autouse=True)
def offered(world: World) -> None:
    describe(Practice.NOTIFYING)


def test_push_to_the_largest_group_takes_four_reads_and_a_write_for_each_recipient(world: World) -> None:
    providers, users = fake_providers(), some_contacts(world, 49)
    give_phones(*users)
    group = a_conversation(*users)
    sends_hook(world, message_new(users[0], group))
    with counted() as calls:
        assert work() == []
    assert len(providers.taken) == 48
    assert calls.tables == {"BatchGetItem": 4, "UpdateItem": 48}
    assert calls.of("sqs") == 0


def test_push_to_a_pair_takes_two_reads_and_a_write(world: World) -> None:
    providers, users = fake_providers(), some_contacts(world, 2)
    give_phones(*users)
    pair = a_conversation(*users)
    sends_hook(world, message_new(users[0], pair))
    with counted() as calls:
        work()
    assert len(providers.taken) == 1
    assert calls.tables == {"BatchGetItem": 2, "UpdateItem": 1}


def test_hook_of_a_message_makes_one_call_of_the_queue(world: World) -> None:
    users = some_contacts(world, 2)
    pair = a_conversation(*users)
    writes(world, users[0], pair)
    with counted() as calls:
        sends_hook(world, message_new(users[0], pair))
    assert (calls.of("dynamodb"), calls.of("sqs")) == (0, 1)


def test_thousand_messages_to_a_group_are_a_push_a_person_in_ten_seconds(world: World) -> None:
    """Ten messages a second: each person gets ten pushes, and most messages take one read."""
    providers, users = fake_providers(), some_contacts(world, 49)
    give_phones(*users)
    group = a_conversation(*users)
    with counted() as calls:
        for number in range(1000):
            sends_hook(world, message_new(users[number % 49], group))
            assert work() == []
            if number % 10 == 9:
                world.advance(SECOND)
    pushed = {token: providers.tokens.count(token) for token in map(token_of, users)}
    assert all(9 <= number <= 11 for number in pushed.values()), pushed
    assert calls.of("dynamodb") < 1000 + 11 * (3 + 48)
