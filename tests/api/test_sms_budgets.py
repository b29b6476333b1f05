"""Tests budgets of unverified codes: what is counted, refused and uncounted (ADR 26)."""

import itertools
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from chalicelib.core import metrics, table
from chalicelib.core.clock import HOUR
from chalicelib.core.metrics import Metric
from tests.support.clouds import cloud
from tests.support.faults.outages import OUTAGES, named
from tests.support.faults.races import just_before
from tests.support.world.builders import a_device, a_phone, an_address, other_than
from tests.support.world.limits import allow, configure
from tests.support.world.world import Reply, World

SMS_DOWN = EndpointConnectionError(endpoint_url="https://sns")
COUNTRY, IN_ALL = "code_count#codes_per_country", "code_count#codes_in_all"
_numbers = itertools.count(1)


@pytest.fixture
def two_texts() -> None:
    """Limit the budget of a country to two unverified texts an hour."""
    allow(codes_unverified_country_hour=2)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Metric]:
    """Collect the counted metrics."""
    found: list[Metric] = []
    monkeypatch.setattr(metrics, "count", lambda metric, _=1, **__: found.append(metric))
    return found


def a_german_phone() -> str:
    return f"+49151{next(_numbers):08d}"


def asks(world: World, phone: str | None = None, device: dict[str, Any] | None = None, **more: Any) -> Reply:
    """Request a code from an address that no other request uses."""
    number = next(_numbers)
    address = f"10.{number // 256 % 256}.{number % 256}.1"
    return world.asks_for_a_code(phone or a_phone(), device, address=address, **more)


def verifies(world: World, asked: Reply, phone: str) -> Reply:
    return world.verifies(asked.json["challenge_id"], world.code_for(phone))


def resend(world: World, asked: Reply) -> Reply:
    return world.call("POST", f"/v1/signup/{asked.json['challenge_id']}/resend")


def admitted(world: World, limit: int = 20, phone: Callable[[], str] = a_phone) -> int:
    """Request codes as strangers until one is refused; returns how many were sent."""
    return next(n for n in range(limit + 1) if n == limit or asks(world, phone()).status == 429)


def assert_refused(reply: Reply, limit: str, retry_after: timedelta) -> None:
    assert (reply.status, reply.problem) == (429, "too_many_codes")
    assert (reply.json["limit"], reply.json["retry_after"]) == (limit, retry_after.total_seconds())


def debt(budget: str) -> int:
    """Return the day's debt of the only counter of a budget, in hundredths of a text."""
    (item,) = [record for record in cloud.records("code_count") if record["pk"]["S"].startswith(budget)]
    return int(item["debt"]["N"])


# Refusals and their ends


def test_text_over_the_hourly_budget_of_a_country_is_refused_until_it_ends(
    world: World, two_texts: None
) -> None:
    world.advance(timedelta(minutes=40))
    assert admitted(world) == 2
    phone = a_phone()
    assert_refused(asks(world, phone), "codes_per_country", timedelta(minutes=20))
    assert world.messages_to(phone) == []
    world.advance(timedelta(minutes=20))
    assert asks(world, phone).status == 202


def test_text_over_the_daily_budget_of_a_country_is_refused_until_it_ends(world: World) -> None:
    allow(codes_unverified_country_day=3)
    for _ in range(3):
        assert asks(world).status == 202
        world.advance(timedelta(hours=1))
    assert_refused(asks(world), "codes_per_country", timedelta(hours=9))
    world.advance(timedelta(hours=9))
    assert asks(world).status == 202


def test_used_up_budget_of_a_country_does_not_affect_another_country(world: World, two_texts: None) -> None:
    assert admitted(world) == 2
    assert asks(world, a_german_phone()).status == 202


@pytest.mark.parametrize(
    ("figure", "wait"), [("codes_unverified_hour", 1), ("codes_unverified_day", 12)], ids=["hour", "day"]
)
def test_total_budget_counts_every_country(world: World, figure: str, wait: int) -> None:
    allow(**{figure: 2})
    assert asks(world).status == asks(world, a_german_phone()).status == 202
    assert_refused(asks(world), "codes_in_all", timedelta(hours=wait))
    assert_refused(asks(world, a_german_phone()), "codes_in_all", timedelta(hours=wait))


def test_one_of_two_concurrent_texts_over_the_budget_is_refused(world: World) -> None:
    allow(codes_unverified_country_hour=1)
    first = just_before(table, "write", lambda: asks(world))
    second = asks(world)
    assert (first[0].status, second.status) == (202, 429)


def test_text_refused_by_a_budget_does_not_count_for_number_and_prefix(world: World, two_texts: None) -> None:
    allow(codes_per_prefix_least=4)
    admitted(world)
    phone = a_phone()
    for _ in range(8):
        assert asks(world, phone).json["limit"] == "codes_per_country"
    world.advance(timedelta(hours=1))
    assert asks(world, phone).status == 202


def test_text_refused_by_the_total_budget_does_not_count_for_its_country(world: World) -> None:
    allow(codes_unverified_hour=1)
    asks(world)
    for _ in range(3):
        assert asks(world).json["limit"] == "codes_in_all"
    assert debt(COUNTRY) == 100


@pytest.mark.promise("ACC-1")
def test_refusal_by_a_budget_does_not_show_whether_a_number_is_registered(
    world: World, two_texts: None
) -> None:
    mila = world.a_user()
    admitted(world)
    with cloud.counted() as of_hers:
        hers = asks(world, mila.phone)
    with cloud.counted() as of_nobodys:
        strangers = asks(world)
    assert hers.json | {"request_id": ""} == strangers.json | {"request_id": ""}
    assert of_hers == of_nobodys


# Texts that a verified code uncounts and earns


def test_verified_code_uncounts_its_text_and_earns_half_a_text(world: World, two_texts: None) -> None:
    phone = a_phone()
    asked = asks(world, phone)
    assert verifies(world, asked, phone).status == 201
    assert (debt(COUNTRY), debt(IN_ALL)) == (-50, 0)
    assert admitted(world) == 2
    for _ in range(2):
        world.advance(timedelta(hours=1))
        assert admitted(world) == 2


def test_two_verified_codes_earn_one_text(world: World) -> None:
    for _ in range(2):
        world.a_user()
    allow(codes_unverified_country_hour=2)
    assert admitted(world) == 3


def test_verified_codes_earn_nothing_in_the_total_budget(world: World) -> None:
    for _ in range(4):
        world.a_user()
    allow(codes_unverified_hour=2)
    assert admitted(world) == 2


def test_repeated_code_uncounts_its_text_once(world: World) -> None:
    phone = a_phone()
    asked = asks(world, phone)
    for _ in range(3):
        assert verifies(world, asked, phone).status == 201
    assert (debt(COUNTRY), debt(IN_ALL)) == (-50, 0)


def test_wrong_code_uncounts_no_text(world: World) -> None:
    phone = a_phone()
    asked = asks(world, phone)
    world.verifies(asked.json["challenge_id"], other_than(world.code_for(phone)))
    assert (debt(COUNTRY), debt(IN_ALL)) == (100, 100)


def test_resent_text_counts_and_is_uncounted_with_the_first(world: World) -> None:
    phone = a_phone()
    asked = asks(world, phone)
    world.advance(timedelta(minutes=1))
    assert resend(world, asked).status == 202
    assert (debt(COUNTRY), debt(IN_ALL)) == (200, 200)
    verifies(world, asked, phone)
    assert (debt(COUNTRY), debt(IN_ALL)) == (-50, 0)


def test_text_is_not_sent_again_once_the_budget_is_used_up(world: World, two_texts: None) -> None:
    asked = asks(world)
    admitted(world)
    world.advance(timedelta(minutes=1))
    assert_refused(resend(world, asked), "codes_per_country", timedelta(minutes=59))


def test_text_is_not_counted_in_a_budget_if_sns_was_unreachable(world: World) -> None:
    asked = asks(world)
    with cloud.failing("sns", "Publish", SMS_DOWN):
        assert asks(world).problem == "sms_unavailable"
        world.advance(timedelta(minutes=1))
        assert resend(world, asked).problem == "sms_unavailable"
    assert (debt(COUNTRY), debt(IN_ALL)) == (100, 100)


def test_code_is_accepted_while_the_counters_of_budgets_are_unreachable(world: World) -> None:
    phone = a_phone()
    asked = asks(world, phone)
    with cloud.failing("dynamodb", "UpdateItem", OUTAGES[0], touching="code_count"):
        assert verifies(world, asked, phone).status == 201
    assert (debt(COUNTRY), debt(IN_ALL)) == (100, 100)  # the stricter result


# A text counts in the slot in which its challenge was created


def test_all_texts_of_a_challenge_count_on_the_day_of_its_creation(world: World) -> None:
    phone = a_phone()
    world.traveller.move_to(datetime(2026, 11, 24, 23, 58, tzinfo=UTC))
    asked = asks(world, phone)
    world.advance(timedelta(minutes=4))
    assert resend(world, asked).status == 202
    verifies(world, asked, phone)
    asks(world)
    days = {
        item["pk"]["S"].rpartition("#")[2]: int(item["debt"]["N"])
        for item in cloud.records("code_count")
        if item["pk"]["S"].startswith(IN_ALL)
    }
    assert days == {"2026-11-24": 0, "2026-11-25": 100}


def test_resend_over_the_budget_of_a_past_hour_may_be_repeated_at_once(world: World, two_texts: None) -> None:
    world.advance(timedelta(minutes=59))
    asked = asks(world)
    admitted(world)
    world.advance(timedelta(minutes=1))
    assert_refused(resend(world, asked), "codes_per_country", timedelta(seconds=1))
    assert asks(world).status == 202


# Texts that pass a used-up budget


@pytest.mark.promise("ACC-2")
@pytest.mark.parametrize("figure", ["codes_unverified_country_hour", "codes_unverified_hour"])
def test_known_device_signs_in_after_a_budget_is_used_up(
    world: World, counted: list[Metric], figure: str
) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    allow(**{figure: 1})
    admitted(world)
    asked = asks(world, mila.phone, device)
    assert verifies(world, asked, mila.phone).status == 200
    assert counted.count(Metric.CODE_RESERVED) == 1


@pytest.mark.promise("ACC-2")
def test_session_steps_up_after_a_budget_is_used_up_and_is_not_counted(world: World, two_texts: None) -> None:
    mila = world.a_user()
    admitted(world)
    before = (debt(COUNTRY), debt(IN_ALL))
    assert mila.steps_up().status == 200
    assert (debt(COUNTRY), debt(IN_ALL)) == before


def test_mailed_codes_are_not_counted_in_a_budget(world: World) -> None:
    mila = world.a_user()
    before = (debt(COUNTRY), debt(IN_ALL))
    assert mila.has_email(an_address()).status == 200
    assert (debt(COUNTRY), debt(IN_ALL)) == before


def test_verifying_a_reserve_text_that_was_not_counted_uncounts_nothing(
    world: World, two_texts: None
) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    admitted(world)
    before = (debt(COUNTRY), debt(IN_ALL))
    asked = asks(world, mila.phone, device)
    world.advance(timedelta(minutes=1))
    assert resend(world, asked).status == 202
    verifies(world, asked, mila.phone)
    assert (debt(COUNTRY), debt(IN_ALL)) == before


def test_reserve_text_is_uncounted_in_the_budget_that_counted_it(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    allow(codes_unverified_hour=1)
    admitted(world)
    before = (debt(COUNTRY), debt(IN_ALL))
    verifies(world, asks(world, mila.phone, device), mila.phone)
    assert (debt(COUNTRY), debt(IN_ALL)) == (before[0] - 50, before[1])


def test_counted_text_is_uncounted_although_its_resend_is_of_the_reserve(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    asked = asks(world, mila.phone, device)
    allow(codes_unverified_country_hour=1)
    world.advance(timedelta(minutes=1))
    before = (debt(COUNTRY), debt(IN_ALL))
    assert resend(world, asked).status == 202
    verifies(world, asked, mila.phone)
    assert (debt(COUNTRY), debt(IN_ALL)) == (before[0] - 150, before[1] - 100)


def test_reserve_resend_is_not_counted_if_sns_was_unreachable(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    asked = asks(world, mila.phone, device)
    allow(codes_unverified_country_hour=1)
    world.advance(timedelta(minutes=1))
    with cloud.failing("sns", "Publish", SMS_DOWN):
        assert resend(world, asked).problem == "sms_unavailable"
    before = (debt(COUNTRY), debt(IN_ALL))
    verifies(world, asked, mila.phone)
    assert (debt(COUNTRY), debt(IN_ALL)) == (before[0] - 150, before[1] - 100)


# Outages and recorded budgets


@pytest.mark.promise("ACC-2")
@pytest.mark.parametrize("outage", OUTAGES, ids=named)
@pytest.mark.parametrize("budget", [COUNTRY, IN_ALL])
def test_no_code_is_sent_while_the_counter_of_a_budget_is_unreachable(
    world: World, budget: str, outage: Exception
) -> None:
    phone, key = a_phone(), {"Idempotency-Key": str(uuid.uuid4())}
    device = a_device()
    with cloud.failing("dynamodb", "UpdateItem", outage, touching=budget):
        assert asks(world, phone, device, headers=key).problem == "sms_unavailable"
    assert world.messages_to(phone) == []
    assert asks(world, phone, device, headers=key).status == 202  # immediately


def test_recorded_budgets_only_count_the_texts_that_they_would_refuse(
    world: World, counted: list[Metric]
) -> None:
    allow(codes_unverified_country_hour=2, codes_unverified_hour=3)
    configure(SMS_BUDGETS="recorded")
    assert admitted(world, limit=5) == 5
    assert counted.count(Metric.CODE_OVER_COUNTRY_BUDGET) == 3
    assert counted.count(Metric.CODE_OVER_BUDGET_IN_ALL) == 2
    assert (debt(COUNTRY), debt(IN_ALL)) == (500, 500)


def test_enforced_budgets_count_the_texts_that_they_refuse(world: World, counted: list[Metric]) -> None:
    allow(codes_unverified_country_hour=2)
    assert admitted(world) == 2
    allow(codes_unverified_country_hour=20, codes_unverified_hour=2)
    assert admitted(world) == 0
    assert counted.count(Metric.CODE_OVER_COUNTRY_BUDGET) == 1
    assert counted.count(Metric.CODE_OVER_BUDGET_IN_ALL) == 1


def test_recorded_budgets_refuse_no_text_while_their_counters_are_unreachable(
    world: World, counted: list[Metric]
) -> None:
    configure(SMS_BUDGETS="recorded")
    phone = a_phone()
    with cloud.failing("dynamodb", "UpdateItem", OUTAGES[0], touching="code_count"):
        asked = asks(world, phone)
    assert asked.status == 202
    assert counted.count(Metric.USE_NOT_COUNTED) == 2
    assert verifies(world, asked, phone).status == 201
    assert cloud.records("code_count") == []


def test_texts_that_sns_may_have_sent_count_for_the_hour_and_not_for_the_day(world: World) -> None:
    allow(codes_unverified_country_hour=5, codes_unverified_country_day=5)
    with cloud.failing("sns", "Publish", ReadTimeoutError(endpoint_url="https://sns")):
        assert [asks(world).status for _ in range(5)] == [503] * 5
    assert asks(world).json["limit"] == "codes_per_country"
    world.advance(HOUR)
    assert asks(world).status == 202
