"""Tests ids: random, of one kind, and valid at Stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.ids import AccountId, ChallengeId, UserId


def test_id_is_random_and_has_its_kind_as_a_prefix() -> None:
    ids = {UserId.new() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(UserId.parse(user_id) == user_id and AccountId.parse(user_id) is None for user_id in ids)


@pytest.mark.promise("STR-1")
def test_id_is_valid_as_a_user_id_of_stream() -> None:
    assert {letter for _ in range(100) for letter in UserId.new()} <= set(
        "abcdefghijklmnopqrstuvwxyz0123456789@_-"
    )


@given(st.binary(min_size=17, max_size=40))
def test_id_made_from_a_digest_is_valid(digest: bytes) -> None:
    assert ChallengeId.parse(ChallengeId.from_digest(digest))
