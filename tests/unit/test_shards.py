"""Shards: every id has one, and random ids are spread evenly."""

from collections import Counter

import pytest

from chalicelib.core import shards
from chalicelib.core.ids import AccountId


def test_names_sort_in_the_order_of_their_numbers() -> None:
    assert shards.names(12)[8:] == ("08", "09", "10", "11")
    assert list(shards.names(100)) == sorted(shards.names(100))


def test_id_is_always_in_the_same_shard() -> None:
    assert shards.shard_of("a_00000000000000000000000000", shards.names(64)) == "40"


@pytest.mark.parametrize("number", [16, 32, 64])
def test_random_ids_are_spread_evenly(number: int) -> None:
    found = Counter(shards.shard_of(AccountId.new(), shards.names(number)) for _ in range(100 * number))
    assert found.keys() == set(shards.names(number))
    assert max(found.values()) < 200
