"""Tests the hourly count of verified codes, which raises the budget of a country (ADR 26)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.accounts.challenges import budgets, store
from chalicelib.accounts.challenges.jobs import record_verified_codes
from chalicelib.accounts.challenges.model import CodeHistory
from chalicelib.core import aws, clock, table
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.observe import EntryFailed
from chalicelib.core.settings import settings
from tests.support.clouds import cloud
from tests.support.clouds.cloud import counted
from tests.support.faults.outages import OUTAGES
from tests.support.faults.races import just_before
from tests.support.world.builders import a_schedule_event
from tests.support.world.codes import a_challenge
from tests.support.world.limits import configure
from tests.support.world.world import World

TABLE_DOWN = EndpointConnectionError(endpoint_url="https://dynamodb")


def run() -> Any:
    """Run the job as Lambda does."""
    return record_verified_codes(a_schedule_event(), None)


def verify_codes(country: str, codes: int) -> None:
    """Store a counter of today with this many verified codes."""
    today = clock.now().replace(hour=0, minute=0, second=0)
    key = store.first_key(budgets.PER_COUNTRY.name, country, today)
    ends = clock.to_epoch(today + 3 * DAY)
    item = {"kind": "code_count", "scope": country, "began_at": clock.to_text(today), "debt": 0}
    table.put_all(key.table, [(key, {**item, "verified": codes, "expires_at": ends, "delete_at": ends})])


def stored_history() -> CodeHistory:
    found = store.get_history()
    assert found is not None
    return found


def test_run_records_the_verified_codes_of_each_country_and_day(world: World) -> None:
    for _ in range(3):
        world.a_user()
    world.asks_for_a_code("+4915112345678")  # a code that is never verified
    assert run() == {"countries": 1}
    assert stored_history().verified == {"RS": {"2026-11-24": 3}}


def test_run_without_any_code_records_an_empty_history(world: World) -> None:
    assert run() == {"countries": 0}
    assert stored_history().verified == {}


def test_run_records_yesterday_too(world: World) -> None:
    verify_codes("RS", 7)
    world.advance(timedelta(hours=13))
    verify_codes("RS", 2)
    run()
    assert stored_history().verified == {"RS": {"2026-11-24": 7, "2026-11-25": 2}}


def test_best_day_of_the_last_two_weeks_counts_and_no_older_one(world: World) -> None:
    verify_codes("RS", 600)
    run()
    for _ in range(14):
        assert stored_history().highest("RS", clock.now()) == 600
        world.advance(DAY)
        verify_codes("RS", 3)
        run()
    assert stored_history().highest("RS", clock.now()) == 600
    world.advance(DAY)
    run()
    assert stored_history().highest("RS", clock.now()) == 3
    assert len(stored_history().verified["RS"]) == 14


def test_day_before_the_window_does_not_count_although_it_is_still_stored(world: World) -> None:
    verify_codes("RS", 600)
    run()
    known = stored_history()
    assert known.highest("RS", clock.now() + 14 * DAY) == 600
    assert known.highest("RS", clock.now() + 15 * DAY) == 0


def test_codes_of_a_busy_hour_are_added_up_from_all_its_items(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "_BUSY", 2)
    for _ in range(6):
        world.a_user()
    assert len(cloud.records("code_count")) > 2
    run()
    assert stored_history().verified == {"RS": {"2026-11-24": 6}}


def test_run_reads_all_countries_with_one_call_for_each_hundred_counters(world: World) -> None:
    assert len(settings().sms_countries) < 50
    with counted() as calls:
        run()
    assert calls.tables == {"GetItem": 1, "BatchGetItem": 1, "PutItem": 1}


def test_more_than_a_hundred_counters_are_read_in_several_calls(world: World) -> None:
    letters = "ABCDEFGH"
    configure(SMS_COUNTRIES=",".join(a + b for a in letters for b in letters))
    with counted() as calls:
        run()
    assert calls.tables["BatchGetItem"] == 2


# Texts that are not verified


@pytest.fixture
def unverified(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> Callable[[], list[str]]:
    """Return a run of the job that returns the countries of its log; the metric has their number."""

    def judge() -> list[str]:
        caplog.clear()
        capsys.readouterr()
        run()
        named = [record.code for record in caplog.records if record.message == "codes_unverified"]  # type: ignore[attr-defined]
        assert f'"CodeCountriesUnverified":[{len(named)}.0]' in capsys.readouterr().out
        return named

    return judge


def send_texts(world: World, number: int, verified: int, country: str = "RS") -> None:
    """Count texts of an hour, and verify some of them, as requests do."""
    for text in range(number):
        challenge = a_challenge({"RS": "+381601234567", "DE": "+4915112345678"}[country])
        budgets.PER_COUNTRY.hit(challenge)
        if text < verified:
            budgets.PER_COUNTRY.count_verified(challenge)


def test_country_whose_texts_are_not_verified_is_reported(
    world: World, unverified: Callable[[], list[str]]
) -> None:
    send_texts(world, 25, verified=2)
    send_texts(world, 25, verified=15, country="DE")
    assert unverified() == []  # codes of this hour may still be verified
    world.advance(HOUR)
    assert unverified() == ["RS"]


def test_country_is_judged_by_its_latest_texts_and_never_by_few(
    world: World, unverified: Callable[[], list[str]]
) -> None:
    send_texts(world, 60, verified=50)
    world.advance(HOUR)
    assert unverified() == []
    send_texts(world, 19, verified=0)
    world.advance(HOUR)
    assert unverified() == []  # with the hour before, of which most were verified
    send_texts(world, 20, verified=0)
    world.advance(HOUR)
    assert unverified() == ["RS"]
    world.advance(23 * HOUR)
    assert unverified() == ["RS"]  # also across midnight
    world.advance(HOUR)
    assert unverified() == []  # no texts for a day


# Runs that fail, are repeated or run concurrently


def test_repeated_run_changes_no_count(world: World) -> None:
    world.a_user()
    run()
    before = stored_history().verified
    run()
    assert stored_history().verified == before


@pytest.mark.parametrize("operation", ["GetItem", "BatchGetItem", "PutItem"])
def test_run_stopped_at_any_call_is_completed_by_the_next(world: World, operation: str) -> None:
    verify_codes("RS", 5)
    run()
    world.advance(HOUR)
    verify_codes("RS", 8)
    with cloud.failing("dynamodb", operation, TABLE_DOWN), pytest.raises(EntryFailed):
        run()
    assert stored_history().verified == {"RS": {"2026-11-24": 5}}
    world.advance(24 * HOUR)
    run()
    assert stored_history().verified == {"RS": {"2026-11-24": 8}}


def test_run_does_not_overwrite_the_result_of_a_newer_run(world: World) -> None:
    verify_codes("RS", 5)
    run()

    def newer() -> None:
        verify_codes("RS", 9)
        run()

    just_before(store, "put_history", newer)
    run()  # its counter was at five
    assert stored_history().verified == {"RS": {"2026-11-24": 9}}


def test_one_of_two_concurrent_first_runs_creates_the_record(world: World) -> None:
    def newer() -> None:
        verify_codes("RS", 9)
        run()

    just_before(store, "put_history", newer)
    run()
    assert stored_history().verified == {"RS": {"2026-11-24": 9}}


def test_counter_that_began_again_does_not_reduce_the_count_of_its_day(world: World) -> None:
    verify_codes("RS", 9)
    run()
    verify_codes("RS", 4)
    run()
    assert stored_history().verified == {"RS": {"2026-11-24": 9}}


# The history as functions read it


def test_functions_read_the_history_once_a_minute(world: World) -> None:
    verify_codes("RS", 600)
    run()
    assert budgets.highest_verified("RS") == 600
    verify_codes("RS", 900)
    run()
    with counted() as calls:
        assert budgets.highest_verified("RS") == 600
    assert calls == {}
    world.advance(MINUTE)
    assert budgets.highest_verified("RS") == 900


def test_last_read_history_is_used_while_the_history_cannot_be_read(world: World) -> None:
    verify_codes("RS", 600)
    run()
    budgets.highest_verified("RS")
    world.advance(MINUTE)
    with cloud.failing("dynamodb", "GetItem", OUTAGES[0]):
        assert budgets.highest_verified("RS") == 600


def test_unreadable_history_is_read_again_only_once_a_minute(world: World) -> None:
    with cloud.failing("dynamodb", "GetItem", OUTAGES[0]):
        assert budgets.highest_verified("RS") == 0
        with counted() as calls:
            assert budgets.highest_verified("RS") == 0
    assert calls == {}


def test_malformed_history_leaves_the_last_read_one_in_use(world: World) -> None:
    verify_codes("RS", 600)
    run()
    budgets.highest_verified("RS")
    aws.client("dynamodb").update_item(
        TableName="ru4m-test-challenges",
        Key={"pk": {"S": "code_history"}},
        UpdateExpression="SET verified = :v",
        ExpressionAttributeValues={":v": {"S": "none"}},
    )
    world.advance(MINUTE)
    assert budgets.highest_verified("RS") == 600


def test_budget_of_a_country_grows_with_its_best_day(world: World) -> None:
    assert budgets.PER_COUNTRY.room("RS") == (100 * 100, 300 * 100)
    verify_codes("RS", 6_000)
    run()
    world.advance(MINUTE)
    assert budgets.PER_COUNTRY.room("RS") == (200 * 100, 1_800 * 100)
    assert budgets.PER_COUNTRY.room("DE") == (100 * 100, 300 * 100)
