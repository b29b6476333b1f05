"""What a match of numbers costs: reads per hundred numbers, the same whichever users are found (ADR 118)."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from chalicelib.core import table
from chalicelib.core.table import Item, Key
from chalicelib.privacy.purposes import Practice
from tests.support.clouds.cloud import Calls, counted
from tests.support.world.builders import a_phone
from tests.support.world.practices import describe
from tests.support.world.world import User, World


@pytest.fixture
def mila(world: World) -> User:
    """A user older than a week, who has matched numbers before, so that the container has its secrets."""
    describe(Practice.MATCHING_CONTACTS)
    mila = world.a_user()
    mila.consents("contact_matching")
    world.advance(timedelta(days=8))
    mila = mila.signs_in_again()
    match(mila, "+381609999999")
    return mila


def match(user: User, *numbers: str) -> Calls:
    with counted() as calls:
        reply = user.calls("POST", "/v1/contacts/match", body={"numbers": numbers})
    assert reply.status == 200, reply.text
    return calls


@pytest.mark.promise("ACC-7")
@pytest.mark.parametrize("count", [1, 100, 101, 400])
def test_match_costs_a_read_for_each_hundred_numbers_and_two_more(mila: User, count: int) -> None:
    calls = match(mila, *(f"+38160{2_000_000 + number}" for number in range(count)))
    hundreds = -(-count // 100)
    assert calls.tables == {"BatchGetItem": hundreds + 2, "UpdateItem": 4}


@pytest.mark.promise("ACC-7")
def test_calls_and_their_sizes_do_not_disclose_who_is_found(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor who is there and may not be met."""
    sizes, batch_get = list[int](), table.batch_get

    def counting(keys: Iterable[Key]) -> dict[Key, Item]:
        sizes.append(len(listed := list(keys)))
        return batch_get(listed)

    monkeypatch.setattr(table, "batch_get", counting)
    found, hidden = (world.a_user(phone=a_phone()) for _ in range(2))
    for user in (found, hidden):
        user.changes(discoverable=True)
    hidden.blocks(mila)
    costs = [match(mila, phone) for phone in (found.phone, hidden.phone, "+381609999998")]
    assert costs[0].tables == costs[1].tables == costs[2].tables
    assert sizes[-9:-6] == sizes[-6:-3] == sizes[-3:]
