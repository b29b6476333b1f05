"""The counters of a busy hour are spread over items, which bounds its texts (ADR 26)."""

from contextlib import suppress

import pytest

from chalicelib.accounts.challenges import budgets
from chalicelib.accounts.challenges.budgets import IN_ALL, PER_COUNTRY, Budget
from chalicelib.accounts.challenges.model import Challenge, TooManyCodes
from chalicelib.accounts.challenges.store import CounterPlace
from chalicelib.core import figures, limiter, shards
from chalicelib.core.clock import HOUR
from chalicelib.core.limiter import SPREAD_SHARDS
from infra.local.cloud import LIMITS_VARIABLE, local_figures
from tests.support.world.builders import a_phone
from tests.support.world.codes import a_challenge
from tests.support.world.limits import allow, configure
from tests.support.world.world import World

BUSY = 60


@pytest.fixture(autouse=True)
def small_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a country's hour room for ten texts; it is busy from sixty texts."""
    monkeypatch.setattr(budgets, "_BUSY", BUSY)
    allow(codes_unverified_country_hour=10)


def hit(budget: Budget = PER_COUNTRY, challenge: Challenge | None = None) -> CounterPlace:
    place = budget.hit(challenge or a_challenge(a_phone()))
    assert place is not None
    return place


def challenge_counted_in(item: str) -> Challenge:
    """Return a challenge that counts in this item once the hour is spread."""
    while True:
        challenge = a_challenge(a_phone())
        if shards.shard_of(challenge.challenge_id, limiter.SPREAD_SHARDS) == item:
            return challenge


def admitted(budget: Budget = PER_COUNTRY) -> int:
    """Return the number of unverified texts that a busy hour admits in all its items."""
    taken = 0
    for item in limiter.SPREAD_SHARDS:
        with suppress(TooManyCodes):
            while True:
                hit(budget, challenge_counted_in(item))
                taken += 1
    return taken


def a_busy_hour(budget: Budget = PER_COUNTRY) -> None:
    """Make an hour busy: all texts are in the first item and verified."""
    for _ in range(BUSY):
        challenge = a_challenge(a_phone())
        hit(budget, challenge)
        limiter.forget_busy()
        budget.count_verified(challenge)


def test_hour_counts_in_one_item_until_it_is_busy_and_then_in_32_more(world: World) -> None:
    challenges = [a_challenge(a_phone()) for _ in range(BUSY)]
    keys = []
    for challenge in challenges:
        keys.append(hit(PER_COUNTRY, challenge).key)
        PER_COUNTRY.count_verified(challenge)
    assert len({*keys}) == 1
    keys_of_items = {hit(PER_COUNTRY, challenge_counted_in(item)).key for item in SPREAD_SHARDS}
    assert len(keys_of_items - {keys[0]}) == len(SPREAD_SHARDS)


def test_busy_hour_does_not_make_another_hour_busy(world: World) -> None:
    a_busy_hour()
    place = hit()
    assert place.key != place.first
    world.advance(HOUR)
    place = hit()
    assert place.key == place.first


def test_text_that_was_not_sent_is_subtracted_where_it_was_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter, "SPREAD_SHARDS", ("00",))
    a_busy_hour()
    room = admitted()
    world.advance(HOUR)
    a_busy_hour()
    for _ in range(3 * room):
        PER_COUNTRY.uncount(hit())
    assert admitted() == room


@pytest.mark.parametrize("items", [1, 4])
def test_all_items_of_a_busy_hour_together_admit_less_than_twice_its_budget(
    world: World, monkeypatch: pytest.MonkeyPatch, items: int
) -> None:
    monkeypatch.setattr(limiter, "SPREAD_SHARDS", shards.names(items))
    a_busy_hour()
    room = 10 + BUSY // 2
    in_others = admitted()
    in_first = 0
    with suppress(TooManyCodes):
        while True:
            limiter.forget_busy()  # a container that does not know yet that the hour is busy
            hit()
            in_first += 1
    assert in_first == room
    assert room // 2 < in_others <= room


def test_verification_after_the_hour_became_busy_makes_room(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter, "SPREAD_SHARDS", ("00",))
    a_busy_hour()
    challenges = [a_challenge(a_phone()) for _ in range(4)]
    for challenge in challenges:
        hit(PER_COUNTRY, challenge)
    admitted()
    for challenge in challenges:
        PER_COUNTRY.count_verified(challenge)
    assert admitted() == 4 + 2


def test_refused_container_spreads_its_counts_over_the_items_of_a_busy_hour(world: World) -> None:
    a_busy_hour()
    for _ in range(10 + BUSY // 2):
        limiter.forget_busy()
        hit()
    limiter.forget_busy()
    with pytest.raises(TooManyCodes):
        hit()
    place = hit()
    assert place.key != place.first


@pytest.mark.proof
def test_texts_within_the_budget_are_admitted_after_the_hour_becomes_busy(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter, "SPREAD_SHARDS", ("00", "01"))
    for _ in range(6 * BUSY // 8):  # eight texts at once, of which six are verified afterwards
        crowd = [a_challenge(a_phone()) for _ in range(8)]
        for challenge in crowd:
            hit(PER_COUNTRY, challenge)
        for challenge in crowd[:6]:
            PER_COUNTRY.count_verified(challenge)


def test_each_item_of_a_busy_hour_has_room_for_one_text(world: World) -> None:
    allow(codes_unverified_hour=1)
    a_busy_hour(IN_ALL)
    for item in SPREAD_SHARDS:
        challenge = challenge_counted_in(item)
        hit(IN_ALL, challenge)
        IN_ALL.count_verified(challenge)
    assert admitted(IN_ALL) == len(SPREAD_SHARDS)


# Figures of a local cloud


def test_local_cloud_has_wide_budgets_unless_it_has_real_limits() -> None:
    wide = figures.read(figures.Limits, local_figures({}))
    real = figures.read(figures.Limits, local_figures({LIMITS_VARIABLE: "real"}))
    assert (real.codes_unverified_country_hour, real.codes_unverified_country_day) == (100, 300)
    assert (real.codes_unverified_hour, real.codes_unverified_day) == (3_000, 20_000)
    assert (wide.codes_unverified_country_hour, wide.codes_unverified_country_day) == (100_000, 300_000)
    assert (wide.codes_unverified_hour, wide.codes_unverified_day) == (1_000_000, 1_000_000)
    assert wide.codes_earned_share == real.codes_earned_share


def test_busy_hour_over_an_enforced_budget_is_not_spread(world: World) -> None:
    configure(SMS_BUDGETS="recorded")
    for _ in range(BUSY):
        hit()
    configure(SMS_BUDGETS="enforced")
    assert admitted() == 0
