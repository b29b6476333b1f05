"""The daily cap of usage: events per account and UTC day of receipt (ADR 22)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.core import clock, table
from chalicelib.core.settings import Settings, SettingsError, read
from chalicelib.core.table import Item, Query, Table
from chalicelib.privacy.purposes import Purpose
from chalicelib.usage import store
from tests.support.clouds import cloud, environment
from tests.support.clouds.cloud import failing, losing_responses
from tests.support.faults.races import just_before
from tests.support.world.builders import a_fault, an_event
from tests.support.world.limits import configure
from tests.support.world.usage import decide, stored_events
from tests.support.world.world import NOON, User, World

CAP = 100


@pytest.fixture
def mila(world: World, monkeypatch: pytest.MonkeyPatch) -> User:
    """Return a user of a stage with the smallest cap."""
    monkeypatch.setattr(clock, "pause", lambda _: None)
    configure(LIMIT_USAGE_EVENTS_PER_DAY=str(CAP))
    mila = world.a_user()
    decide(mila.account_id, consents=(Purpose.ANALYTICS,))
    return mila


def events(number: int, **more: Any) -> list[dict[str, Any]]:
    return [an_event(**more) for _ in range(number)]


def submit(mila: User, *batch: dict[str, Any], **device: Any) -> dict[str, Any]:
    answer = mila.submits_usage(*batch, **device)
    assert answer.status == 202, answer.text
    return dict(answer.json)


def counts(mila: User) -> list[Item]:
    found = table.query(Query(Table.USAGE, f"A#{mila.account_id}"))
    return [item for item in found if item["kind"] == "usage_count"]


@pytest.mark.promise("RET-2")
def test_events_over_the_daily_cap_are_dropped_with_that_reason(mila: User) -> None:
    assert submit(mila, *events(60)) == {"accepted": 60, "dropped": {}}
    assert submit(mila, *events(60)) == {"accepted": 40, "dropped": {"over_daily_cap": 20}}
    assert submit(mila, *events(7)) == {"accepted": 0, "dropped": {"over_daily_cap": 7}}
    assert len(stored_events()) == CAP


def test_first_events_of_a_batch_are_kept_if_not_all_fit(mila: User) -> None:
    submit(mila, *events(98))
    batch = events(4)
    submit(mila, *batch)
    kept = {event["event_id"] for event in stored_events()}
    assert [event["event_id"] in kept for event in batch] == [True, True, False, False]


def test_both_purposes_and_all_devices_share_the_cap(mila: User) -> None:
    submit(mila, *events(60))
    faults = [a_fault() for _ in range(60)]
    assert submit(mila, *faults, app_version="2.4.0")["accepted"] == 40


def test_each_account_has_a_cap_of_its_own(world: World, mila: User) -> None:
    submit(mila, *events(100))
    assert submit(world.a_user(), *[a_fault() for _ in range(100)])["accepted"] == 100


def test_dropped_events_are_not_counted(mila: User) -> None:
    old = events(50, occurred_at=clock.to_text(NOON - timedelta(days=9)))
    assert submit(mila, *old, *events(50))["accepted"] == 50
    assert submit(mila, *events(50))["accepted"] == 50


def test_event_counts_on_its_day_of_receipt_and_not_on_its_own_day(world: World, mila: User) -> None:
    yesterday = clock.to_text(NOON - timedelta(days=1))
    assert submit(mila, *events(60, occurred_at=yesterday), *events(40))["accepted"] == 100
    assert submit(mila, *events(1, occurred_at=yesterday))["accepted"] == 0
    world.advance(timedelta(hours=12))
    mila = world.a_user(mila.phone)
    assert submit(mila, *events(100, occurred_at=yesterday))["accepted"] == 100


@pytest.mark.promise("RET-2")
def test_count_ends_with_the_day(world: World, mila: User) -> None:
    submit(mila, *events(3))
    (item,) = counts(mila)
    midnight = clock.to_epoch(NOON + timedelta(hours=12))
    assert (item["events"], item["expires_at"], item["delete_at"]) == (3, midnight, midnight)
    world.advance(timedelta(hours=12))
    assert counts(mila) == []


# --- repeated batches


def test_repeated_batch_counts_once(mila: User) -> None:
    batch = events(60)
    for _ in range(3):
        assert submit(mila, *batch) == {"accepted": 60, "dropped": {}}
    assert submit(mila, *events(40))["accepted"] == 40


def test_batch_that_fits_in_part_gets_the_same_response_when_repeated(mila: User) -> None:
    submit(mila, *events(70))
    batch = events(60)
    answers = [submit(mila, *batch) for _ in range(3)]
    assert answers == [{"accepted": 30, "dropped": {"over_daily_cap": 30}}] * 3
    assert len(stored_events()) == CAP


def test_batch_that_was_counted_and_not_stored_counts_once(mila: User) -> None:
    batch = events(60)
    with failing("dynamodb", "BatchWriteItem", EndpointConnectionError(endpoint_url="https://dynamodb")):
        assert mila.submits_usage(*batch).status == 503
    assert submit(mila, *batch)["accepted"] == 60
    assert submit(mila, *events(60))["accepted"] == 40


def test_batch_counts_again_if_its_events_are_stored_elsewhere(mila: User) -> None:
    """Otherwise a client could fill the table by moving the same ids between days."""
    batch = events(10)
    moved = [event | {"occurred_at": clock.to_text(NOON - timedelta(days=1))} for event in batch]
    for number, again in enumerate((batch, moved, [*moved[:5], *batch[5:]]), start=1):
        submit(mila, *again)
        assert counts(mila)[0]["events"] == 10 * number


def test_batch_that_only_overwrites_the_last_one_does_not_count(mila: User) -> None:
    batch = events(10)
    submit(mila, *batch)
    submit(mila, *batch[::-1])
    submit(mila, *batch, platform="android")
    assert counts(mila)[0]["events"] == len(stored_events()) == 10


# --- concurrent batches


def test_concurrent_batches_share_the_rest_of_the_cap(mila: User) -> None:
    submit(mila, *events(70))
    others = just_before(store, "put", lambda: submit(mila, *events(20)))
    assert submit(mila, *events(20))["accepted"] == 20
    assert others == [{"accepted": 10, "dropped": {"over_daily_cap": 10}}]
    assert len(stored_events()) == CAP


def test_same_batch_sent_twice_concurrently_counts_once(mila: User) -> None:
    batch = events(60)
    others = just_before(store, "put", lambda: submit(mila, *batch))
    assert [submit(mila, *batch), *others] == [{"accepted": 60, "dropped": {}}] * 2
    assert len(stored_events()) == 60
    assert counts(mila)[0]["events"] == 60


# --- outages of the counter


def test_events_are_kept_if_the_counter_is_unreachable(
    mila: User, capsys: pytest.CaptureFixture[str]
) -> None:
    submit(mila, *events(100))
    capsys.readouterr()
    with failing("dynamodb", "UpdateItem", EndpointConnectionError(endpoint_url="https://dynamodb")):
        assert submit(mila, *events(5)) == {"accepted": 5, "dropped": {}}
    assert '"UseNotCounted":[1.0]' in capsys.readouterr().out.replace(" ", "")
    assert submit(mila, *events(5))["accepted"] == 0


def test_events_are_kept_if_the_response_of_the_counter_is_lost(mila: User) -> None:
    with losing_responses("UpdateItem"):
        assert submit(mila, *events(60))["accepted"] == 60
    assert submit(mila, *events(60))["accepted"] == 40


def test_events_over_the_cap_are_counted_in_a_metric(mila: User, capsys: pytest.CaptureFixture[str]) -> None:
    submit(mila, *events(100))
    capsys.readouterr()
    submit(mila, *events(3))
    printed = capsys.readouterr().out.replace(" ", "")
    assert '"UsageOverCap":[3.0]' in printed
    assert '"UsageDropped":[3.0]' in printed


# --- the setting


def configured(figure: str | None) -> Settings:
    variable = {} if figure is None else {"RU4M_LIMIT_USAGE_EVENTS_PER_DAY": figure}
    return read({**environment.variables(), **variable})


def test_cap_is_five_thousand_unless_set_within_its_bounds() -> None:
    assert configured(None).limits.usage_events_per_day == 5_000
    assert configured("20000").limits.usage_events_per_day == 20_000
    for refused in ("99", "20001", "many"):
        with pytest.raises(SettingsError, match="RU4M_LIMIT_USAGE_EVENTS_PER_DAY"):
            configured(refused)


@pytest.mark.promise("RGT-1")
def test_count_is_in_the_copy_while_it_lasts(mila: User) -> None:
    from tests.support.cases.copies import a_copy

    submit(mila, *events(3), *[an_event(event_id=str(uuid.uuid4()))])
    (shown,) = a_copy(mila).records("usage_count")
    assert (shown["events"], shown["began_at"]) == (4, "2026-11-24T00:00:00Z")


@pytest.mark.parametrize("number", [1, 26, 100])
def test_batch_of_any_size_costs_one_read_one_count_and_one_write(mila: User, number: int) -> None:
    days = [clock.to_text(NOON - timedelta(hours=24 * n)) for n in range(3)]
    batch = [{**(an_event() if n % 2 else a_fault()), "occurred_at": days[n % 3]} for n in range(number)]
    with cloud.counted() as calls:
        assert submit(mila, *batch)["accepted"] == number
    assert calls == {"dynamodb.BatchGetItem": 1, "dynamodb.UpdateItem": 1, "dynamodb.BatchWriteItem": 1}
