"""SMS pumping has a bounded cost, and real users can still sign up (ADR 26).

Each scenario states how many texts are sent. The figures are the defaults, or a fraction of them where
that does not change the scenario. The test moves the clock.
"""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime

import phonenumbers
import pytest

from chalicelib.accounts.challenges import store
from chalicelib.accounts.challenges.model import Challenge, CodeHistory
from chalicelib.core import clock
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.settings import settings
from tests.support.clouds import cloud
from tests.support.faults.outages import OUTAGES
from tests.support.world.builders import a_device
from tests.support.world.codes import keep_counters_in_memory, send, send_many, serbian_numbers, verify
from tests.support.world.limits import allow, configure
from tests.support.world.world import Reply, World

SERBIA = "+381601234567"
FLOORS = {"codes_unverified_country_hour": 100, "codes_unverified_country_day": 300}
CEILINGS = {"codes_unverified_hour": 3_000, "codes_unverified_day": 20_000}
_numbers = itertools.count(1)


def pump(world: World, phones: Iterator[str], requests: int) -> list[Reply]:
    """Request codes that are never verified, each from another address and device."""
    return [
        world.asks_for_a_code(next(phones), a_device(), address=f"10.{n // 256}.{n % 256}.1")
        for n in (next(_numbers) for _ in range(requests))
    ]


def divide(by: int) -> None:
    """Set the figures of all budgets to a fraction of their defaults."""
    allow(**{name: figure // by for name, figure in (FLOORS | CEILINGS).items()})


def texts_until_refused(phone: str = SERBIA) -> int:
    return next(n for n in itertools.count() if send(phone) is None)


def best_day(country: str, codes: int, days_ago: int = 1) -> None:
    """Record a country's best day some days ago, with so many verified codes, and none since."""
    day = (clock.now() - days_ago * DAY).date().isoformat()
    store.put_history(CodeHistory(counted_at=clock.now(), version=1, verified={country: {day: codes}}))


# Pumping


@pytest.mark.promise("ACC-2")
def test_pumping_from_rotating_addresses_and_prefixes_is_limited_to_the_floor(world: World) -> None:
    divide(by=5)
    replies = pump(world, serbian_numbers(), requests=26)
    assert [reply.status for reply in replies] == [202] * 20 + [429] * 6
    assert {reply.json["limit"] for reply in replies[20:]} == {"codes_per_country"}
    assert len(world.sent_messages()) == 20


@pytest.mark.proof
def test_pumping_one_country_is_limited_to_100_texts_an_hour_and_300_a_day(world: World) -> None:
    world.traveller.move_to(datetime(2026, 11, 24, tzinfo=UTC))
    texts = []
    for _ in range(24):
        texts.append(texts_until_refused())
        world.advance(HOUR)
    assert texts == [100] * 3 + [0] * 21


@pytest.mark.proof
def test_pumping_across_midnight_is_limited_to_twice_the_texts_of_an_hour(world: World) -> None:
    world.traveller.move_to(datetime(2026, 11, 24, 23, 59, tzinfo=UTC))
    before = texts_until_refused()
    world.advance(MINUTE)
    assert (before, texts_until_refused()) == (100, 100)


def test_resends_count_against_the_same_budget_as_first_texts(world: World) -> None:
    divide(by=10)
    phones = serbian_numbers()
    asked = [reply.json["challenge_id"] for reply in pump(world, phones, requests=4)]
    for wait in (1, 2, 4):
        world.advance(wait * MINUTE)
        for challenge in asked:
            world.call("POST", f"/v1/signup/{challenge}/resend")
    pump(world, phones, requests=10)
    assert len(world.sent_messages()) == 10


def examples() -> list[str]:
    """Return a mobile number of each served country."""
    mobile = phonenumbers.PhoneNumberType.MOBILE
    found = (phonenumbers.example_number_for_type(c, mobile) for c in sorted(settings().sms_countries))
    e164 = phonenumbers.PhoneNumberFormat.E164
    return [phonenumbers.format_number(number, e164) for number in found if number]


@pytest.mark.promise("ACC-2")
def test_pumping_all_countries_at_once_is_limited_to_the_hourly_ceiling(world: World) -> None:
    divide(by=100)  # 1 text a country, 30 in total
    phones = examples()
    assert len(phones) == 38
    texts = sum(texts_until_refused(phone) for phone in phones)
    assert texts == 30


@pytest.mark.proof
def test_pumping_all_countries_for_a_day_is_limited_to_the_sum_of_floors(world: World) -> None:
    divide(by=100)  # 3 texts a country and day; 200 in total
    world.traveller.move_to(datetime(2026, 11, 24, tzinfo=UTC))
    texts, phones = 0, examples()
    for _ in range(8):
        texts += sum(texts_until_refused(phone) for phone in phones)
        world.advance(HOUR)
    assert texts == 3 * 38


@pytest.mark.proof
def test_pumping_countries_with_a_history_is_limited_to_the_daily_ceiling(world: World) -> None:
    divide(by=100)
    best_day("RS", 6_000)
    world.traveller.move_to(datetime(2026, 11, 25, tzinfo=UTC))
    texts = []
    for _ in range(8):
        texts.append(texts_until_refused())
        world.advance(HOUR)
    assert texts == [30] * 6 + [20, 0]


def test_pumping_is_not_limited_by_budgets_in_mode_recorded(world: World) -> None:
    divide(by=10)
    configure(SMS_BUDGETS="recorded")
    replies = pump(world, serbian_numbers(), requests=30)
    assert {reply.status for reply in replies} == {202}
    assert len(world.sent_messages()) == 30


# Real users


@pytest.mark.parametrize(
    ("share", "minutes"),
    [(5, 10), pytest.param(1, 60, marks=pytest.mark.proof)],
    ids=["a fifth", "4,800 an hour"],
)
def test_launch_day_with_70_percent_verified_within_a_minute_refuses_no_user(
    world: World, share: int, minutes: int
) -> None:
    if share == 1:
        keep_counters_in_memory()
    divide(by=share)
    people, earlier = 80 // share, list[Challenge]()
    for _ in range(minutes):
        for challenge in earlier:
            verify(challenge)
        asked = send_many(SERBIA, people)
        assert len(asked) == people
        earlier = asked[: people * 7 // 10]
        world.advance(MINUTE)


def test_three_dozen_people_of_a_quiet_country_sign_up_at_the_same_moment(world: World) -> None:
    assert len(send_many(SERBIA, 36)) == 36


@pytest.mark.proof
def test_users_after_two_quiet_weeks_have_the_budget_of_the_best_day(world: World) -> None:
    best_day("RS", 6_000, days_ago=14)
    assert texts_until_refused() == 200


def test_best_day_older_than_two_weeks_does_not_raise_the_budget(world: World) -> None:
    best_day("RS", 6_000, days_ago=15)
    assert texts_until_refused() == 100


def test_verified_codes_raise_the_budget_of_a_country_without_a_history(world: World) -> None:
    divide(by=5)
    for _ in range(3):
        crowd = send_many(SERBIA, 20)
        assert len(crowd) == 20
        for challenge in crowd:
            verify(challenge)
    assert texts_until_refused() == 20 + 60 // 2


def test_pumped_country_is_refused_and_other_countries_are_not(world: World) -> None:
    divide(by=10)
    assert texts_until_refused() == 10
    assert send(SERBIA) is None
    assert send("+4915112345678") is not None


def test_pumped_country_is_admitted_again_as_its_users_verify_codes(world: World) -> None:
    crowd = send_many(SERBIA, 30)
    assert texts_until_refused() == 70
    for challenge in crowd:
        verify(challenge)
    assert texts_until_refused() == 30 + 15


def test_pumping_with_an_unreadable_history_is_limited_to_the_floors(world: World) -> None:
    best_day("RS", 6_000)
    with cloud.failing("dynamodb", "GetItem", OUTAGES[0]):
        assert texts_until_refused() == 100


def test_history_that_becomes_readable_counts_a_minute_later(world: World) -> None:
    divide(by=10)
    best_day("RS", 600)
    with cloud.failing("dynamodb", "GetItem", OUTAGES[0]):
        assert texts_until_refused() == 10
    world.advance(MINUTE)
    assert texts_until_refused() == 10  # twenty in the hour
