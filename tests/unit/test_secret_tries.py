"""How many tries of a secret are compared, and when (ACC-3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.accounts.secrets.model import ChosenSecret, SecretKind
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import AccountId

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def a_secret(tries: int = 0) -> ChosenSecret:
    secret = ChosenSecret(
        account_id=AccountId.new(), secret=SecretKind.PIN, hash="h", pepper="1", set_at=NOW - 7 * DAY
    )
    for _ in range(tries):
        secret = secret.tried(NOW)
    return secret


@pytest.mark.promise("ACC-3")
@pytest.mark.parametrize(
    ("tries", "minutes"), [(0, 0), (3, 0), (4, 1), (5, 5), (6, 30), (7, 180), (8, 1440), (30, 1440)]
)
def test_waits_grow_with_the_wrong_tries_up_to_a_day(tries: int, minutes: int) -> None:
    assert a_secret(tries).waits_for(NOW) == minutes * MINUTE


@pytest.mark.promise("ACC-3")
def test_wait_ends_by_itself() -> None:
    assert a_secret(4).waits_for(NOW + MINUTE) == timedelta()


@pytest.mark.promise("ACC-3")
def test_right_try_makes_all_tries_free_again() -> None:
    assert a_secret(6).guessed().waits_for(NOW) == timedelta()
    assert a_secret(6).guessed().free_tries_left == 3


@pytest.mark.promise("ACC-3")
def test_secret_of_less_than_seven_days_is_not_settled() -> None:
    assert not a_secret().is_settled(NOW - timedelta(seconds=1))
    assert a_secret().is_settled(NOW)
