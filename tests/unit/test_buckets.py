"""Buckets: refilled evenly, all uses or none, and none lost among concurrent ones."""

from datetime import timedelta

import pytest

from chalicelib.core import clock, limiter, table
from chalicelib.core.clock import DAY
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import TooMany, Unavailable
from chalicelib.core.limiter import Bucket
from chalicelib.privacy.periods import Period
from tests.support.faults.races import just_before
from tests.support.world.world import World

BUCKET = Bucket(LimitName.MATCHED_NUMBERS, lambda: 700, TooMany)


def left() -> int:
    """Return how many uses the bucket has, by trying."""
    for uses in range(700, 0, -1):
        try:
            taken = BUCKET.take("mila", uses)
        except TooMany:
            continue
        BUCKET.give_back("mila", taken, uses)
        return uses
    return 0


def test_full_bucket_gives_its_capacity_and_no_more(world: World) -> None:
    BUCKET.take("mila", 700)
    with pytest.raises(TooMany) as refused:
        BUCKET.take("mila", 1)
    assert refused.value.members["retry_after"] == 864


def test_it_is_refilled_evenly(world: World) -> None:
    BUCKET.take("mila", 700)
    world.advance(DAY)
    assert left() == 100
    world.advance(timedelta(days=30))
    assert left() == 700


def test_refused_uses_are_not_taken(world: World) -> None:
    BUCKET.take("mila", 600)
    with pytest.raises(TooMany):
        BUCKET.take("mila", 101)
    assert left() == 100


def test_lower_capacity_counts_the_same_uses(world: World) -> None:
    BUCKET.take("mila", 100, most=100)
    with pytest.raises(TooMany):
        BUCKET.take("mila", 1, most=100)
    BUCKET.take("mila", 600)


def test_subjects_have_their_own(world: World) -> None:
    BUCKET.take("mila", 700)
    BUCKET.take("jovan", 700)


def test_concurrent_uses_are_both_counted(world: World) -> None:
    just_before(table, "write", lambda: BUCKET.take("mila", 300))
    BUCKET.take("mila", 300)
    assert left() == 100


def test_use_is_refused_while_others_come_first_every_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def conflict(_: object) -> None:
        raise table.Conflict

    monkeypatch.setattr(table, "write", conflict)
    with pytest.raises(Unavailable):
        BUCKET.take("mila", 1)


def test_given_back_are_no_uses_over_which_others_were_taken(world: World) -> None:
    taken = BUCKET.take("mila", 300)
    BUCKET.take("mila", 100)
    BUCKET.give_back("mila", taken, 300)
    assert left() == 300


@pytest.mark.promise("RET-1")
def test_bucket_is_kept_no_longer_than_declared(world: World) -> None:
    BUCKET.take("mila", 700)
    key = limiter.counter(BUCKET.name, "mila", "refilled")
    stored = table.get(key)
    assert stored
    assert stored["delete_at"] == clock.to_epoch(Period.LIMIT.ends(world.now))
    assert world.now + limiter.REFILLED_IN == Period.LIMIT.ends(world.now)
