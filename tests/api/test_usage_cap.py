"""The daily cap of usage: events per account and UTC day of receipt (ADR 22)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.core import clock, table
from chalicelib.core.settings import Settings, SettingsError, read, settings
from chalicelib.core.table import Item, Query, Table
from chalicelib.privacy.purposes import Purpose
from chalicelib.usage import store
from tests.support import cloud, environment
from tests.support.builders import a_fault, an_event
from tests.support.choices import decide
from tests.support.cloud import failing, losing_answers
from tests.support.races import just_before
from tests.support.usage import stored_events
from tests.support.world import NOON, User, World

CAP = 100


@pytest.fixture
def mila(world: World, monkeypatch: pytest.MonkeyPatch) -> User:
    """A user of a stage with the smallest cap."""
    monkeypatch.setattr(clock, "pause", lambda _: None)
    monkeypatch.setenv("RU4M_LIMIT_USAGE_EVENTS_PER_DAY", str(CAP))
    settings.cache_clear()
    mila = world.a_user()
    decide(mila.account_id, consents=(Purpose.ANALYTICS,))
    return mila


def events(number: int, **more: Any) -> list[dict[str, Any]]:
    return [an_event(**more) for _ in range(number)]


def told(mila: User, *batch: dict[str, Any], **device: Any) -> dict[str, Any]:
    answer = mila.tells_usage(*batch, **device)
    assert answer.status == 202, answer.text
    return dict(answer.json)


def counts(mila: User) -> list[Item]:
    found = table.query(Query(Table.USAGE, f"A#{mila.account_id}"))
    return [item for item in found if item["kind"] == "usage_count"]


@pytest.mark.promise("RET-2")
def test_events_over_the_daily_cap_are_dropped_with_that_reason(mila: User) -> None:
    assert told(mila, *events(60)) == {"accepted": 60, "dropped": {}}
    assert told(mila, *events(60)) == {"accepted": 40, "dropped": {"over_daily_cap": 20}}
    assert told(mila, *events(7)) == {"accepted": 0, "dropped": {"over_daily_cap": 7}}
    assert len(stored_events()) == CAP


def test_the_first_of_a_batch_are_kept_where_not_all_fit(mila: User) -> None:
    told(mila, *events(98))
    batch = events(4)
    told(mila, *batch)
    kept = {event["event_id"] for event in stored_events()}
    assert [event["id"] in kept for event in batch] == [True, True, False, False]


def test_both_purposes_and_all_devices_share_the_cap(mila: User) -> None:
    told(mila, *events(60))
    faults = [a_fault() for _ in range(60)]
    assert told(mila, *faults, app_version="2.4.0")["accepted"] == 40


def test_other_accounts_have_a_cap_of_their_own(world: World, mila: User) -> None:
    told(mila, *events(100))
    assert told(world.a_user(), *[a_fault() for _ in range(100)])["accepted"] == 100


def test_dropped_events_count_for_nothing(mila: User) -> None:
    old = events(50, at=clock.to_text(NOON - timedelta(days=9)))
    assert told(mila, *old, *events(50))["accepted"] == 50
    assert told(mila, *events(50))["accepted"] == 50


def test_day_of_receipt_counts_and_not_the_day_of_the_event(world: World, mila: User) -> None:
    yesterday = clock.to_text(NOON - timedelta(days=1))
    assert told(mila, *events(60, at=yesterday), *events(40))["accepted"] == 100
    assert told(mila, *events(1, at=yesterday))["accepted"] == 0
    world.advance(timedelta(hours=12))
    mila = world.a_user(mila.phone)
    assert told(mila, *events(100, at=yesterday))["accepted"] == 100


@pytest.mark.promise("RET-2")
def test_the_count_ends_with_the_day(world: World, mila: User) -> None:
    told(mila, *events(3))
    (item,) = counts(mila)
    midnight = clock.to_epoch(NOON + timedelta(hours=12))
    assert (item["events"], item["expires_at"], item["delete_at"]) == (3, midnight, midnight)
    world.advance(timedelta(hours=12))
    assert counts(mila) == []


# --- sent again


def test_batch_that_is_sent_again_counts_once(mila: User) -> None:
    batch = events(60)
    for _ in range(3):
        assert told(mila, *batch) == {"accepted": 60, "dropped": {}}
    assert told(mila, *events(40))["accepted"] == 40


def test_batch_that_fits_in_part_is_answered_the_same_when_it_is_sent_again(mila: User) -> None:
    told(mila, *events(70))
    batch = events(60)
    answers = [told(mila, *batch) for _ in range(3)]
    assert answers == [{"accepted": 30, "dropped": {"over_daily_cap": 30}}] * 3
    assert len(stored_events()) == CAP


def test_batch_that_was_counted_and_not_stored_counts_once(mila: User) -> None:
    batch = events(60)
    with failing("dynamodb", "BatchWriteItem", EndpointConnectionError(endpoint_url="https://dynamodb")):
        assert mila.tells_usage(*batch).status == 503
    assert told(mila, *batch)["accepted"] == 60
    assert told(mila, *events(60))["accepted"] == 40


def test_batch_that_is_altered_counts_again(mila: User) -> None:
    """Or a client could fill the table by moving the same ids between days and devices."""
    batch = events(10)
    moved = [event | {"at": clock.to_text(NOON - timedelta(days=1))} for event in batch]
    for number, again in enumerate((batch, batch[::-1], moved, [*moved[:5], *batch[5:]]), start=1):
        told(mila, *again)
        assert counts(mila)[0]["events"] == 10 * number
    told(mila, *batch, platform="android")
    assert counts(mila)[0]["events"] == 50


# --- at once


def test_batches_at_once_share_what_is_left(mila: User, monkeypatch: pytest.MonkeyPatch) -> None:
    told(mila, *events(70))
    others = just_before(monkeypatch, store, "put", lambda: told(mila, *events(20)))
    assert told(mila, *events(20))["accepted"] == 20
    assert others == [{"accepted": 10, "dropped": {"over_daily_cap": 10}}]
    assert len(stored_events()) == CAP


def test_the_same_batch_twice_at_once_counts_once(mila: User, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = events(60)
    others = just_before(monkeypatch, store, "put", lambda: told(mila, *batch))
    assert [told(mila, *batch), *others] == [{"accepted": 60, "dropped": {}}] * 2
    assert len(stored_events()) == 60
    assert counts(mila)[0]["events"] == 60


# --- when nothing can be counted


def test_events_are_kept_where_the_count_does_not_answer(
    mila: User, capsys: pytest.CaptureFixture[str]
) -> None:
    told(mila, *events(100))
    capsys.readouterr()
    with failing("dynamodb", "UpdateItem", EndpointConnectionError(endpoint_url="https://dynamodb")):
        assert told(mila, *events(5)) == {"accepted": 5, "dropped": {}}
    assert '"UseNotCounted":[1.0]' in capsys.readouterr().out.replace(" ", "")
    assert told(mila, *events(5))["accepted"] == 0


def test_events_are_kept_where_the_answer_of_the_count_is_lost(mila: User) -> None:
    with losing_answers("UpdateItem"):
        assert told(mila, *events(60))["accepted"] == 60
    assert told(mila, *events(60))["accepted"] == 40


def test_what_is_over_the_cap_is_counted_in_a_metric(mila: User, capsys: pytest.CaptureFixture[str]) -> None:
    told(mila, *events(100))
    capsys.readouterr()
    told(mila, *events(3))
    printed = capsys.readouterr().out.replace(" ", "")
    assert '"UsageOverCap":[3.0]' in printed
    assert '"UsageDropped":[3.0]' in printed


# --- the setting


def configured(figure: str | None) -> Settings:
    variable = {} if figure is None else {"RU4M_LIMIT_USAGE_EVENTS_PER_DAY": figure}
    return read({**environment.variables(), **variable})


def test_the_cap_is_five_thousand_unless_it_is_set_within_its_bounds() -> None:
    assert configured(None).limits.usage_events_per_day == 5_000
    assert configured("20000").limits.usage_events_per_day == 20_000
    for refused in ("99", "20001", "many"):
        with pytest.raises(SettingsError, match="RU4M_LIMIT_USAGE_EVENTS_PER_DAY"):
            configured(refused)


@pytest.mark.promise("RGT-1")
def test_the_count_is_in_the_copy_while_it_lasts(mila: User) -> None:
    from tests.support.copies import a_copy

    told(mila, *events(3), *[an_event(id=str(uuid.uuid4()))])
    (shown,) = a_copy(mila).records("usage_count")
    assert (shown["events"], shown["began_at"]) == (4, "2026-11-24T00:00:00Z")


@pytest.mark.parametrize("number", [1, 26, 100])
def test_batch_of_any_size_costs_one_read_one_count_and_one_write(mila: User, number: int) -> None:
    days = [clock.to_text(NOON - timedelta(hours=24 * n)) for n in range(3)]
    batch = [{**(an_event() if n % 2 else a_fault()), "at": days[n % 3]} for n in range(number)]
    with cloud.counted() as calls:
        assert told(mila, *batch)["accepted"] == number
    assert calls == {"dynamodb.BatchGetItem": 1, "dynamodb.UpdateItem": 1, "dynamodb.BatchWriteItem": 1}
