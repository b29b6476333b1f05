"""Tests `purge_expired`: what has ended is deleted and proven, what must be kept never is."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from chalicelib.core import aws, chain, clock, table
from chalicelib.core.chain import ChainEntry, ChainVerdict
from chalicelib.core.durations import Duration
from chalicelib.core.ids import AccountId
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import EntryFailed
from chalicelib.core.periods import PERIODS
from chalicelib.core.settings import settings
from chalicelib.core.table import Attr, Change, Index, Key, Query, Reindex, Table, ends
from chalicelib.privacy import pins
from chalicelib.retention.purge import evidence, service, store
from chalicelib.usage import store as usage_store
from chalicelib.usage.service import LATEST
from chalicelib.usage.store import hour_partitions
from tests.support.clouds import cloud
from tests.support.faults.crash import Killed
from tests.support.jobs.purge import DAY, FEW, HOUR, LAG, purge, purge_key, store_ended, stored
from tests.support.world.builders import a_device, an_event
from tests.support.world.ledger import checkpoint, create_archive, verify
from tests.support.world.usage import stored_items
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("RET-1", "RET-2")
MINUTE = timedelta(minutes=1)
PURGED = [place for place in store.EXPIRING if place is not Table.LEDGER]


@pytest.fixture(autouse=True)
def few_shards(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use two shards in place of 16."""
    monkeypatch.setattr(ends, "SHARDS", FEW)
    monkeypatch.setattr(usage_store, "SHARDS", FEW)


def lines(world: World) -> list[ChainEntry]:
    """Return today's evidence, oldest first."""
    return list(chain.entries(evidence.HISTORY.chain_of(world.now)))


# --- what is deleted


@pytest.mark.parametrize("place", PURGED)
def test_item_that_ttl_left_is_deleted_in_every_table(world: World, place: Table) -> None:
    store_ended(place, "ended")
    store_ended(place, "fresh", ago=-DAY)
    assert purge() == {"found": 1, "deleted": 1, "spared": 0, "oldest_minutes": 1440, "complete": 1}
    assert stored(place) == ["fresh"]


@pytest.mark.parametrize(("ago", "left"), [(LAG - MINUTE, ["ended"]), (LAG, [])])
def test_ttl_gets_its_lag_first(world: World, ago: timedelta, left: list[str]) -> None:
    store_ended(Table.CHALLENGES, "ended", ago=ago)
    purge()
    assert stored(Table.CHALLENGES) == left


def test_item_that_had_ended_when_it_was_written_after_midnight_is_found_at_once(world: World) -> None:
    world.advance(12 * HOUR + MINUTE)
    store_ended(Table.CHALLENGES, "ended", ago=3 * DAY)
    assert purge()["found"] == 1
    assert stored(Table.CHALLENGES) == []


def test_second_run_finds_nothing(world: World) -> None:
    store_ended(Table.RIGHTS, "ended")
    purge()
    assert purge() == {"found": 0, "deleted": 0, "spared": 0, "oldest_minutes": 0, "complete": 1}


def test_ledger_is_counted_and_never_changed(world: World) -> None:
    name = evidence.HISTORY.chain_of(world.now)
    chain.append(name, chain.NewEntry("tried", {}, delete_at=world.now + DAY))
    world.advance(3 * DAY)
    before = cloud.items_of(Table.LEDGER)
    counts = purge()
    assert (counts["found"], counts["deleted"]) == (1, 0)
    assert [item for item in cloud.items_of(Table.LEDGER) if item in before] == before


def test_counted_entries_of_the_ledger_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_MAX_COUNTED", 2)
    for number in range(4):
        name = chain.Chain("purge", f"old-{number}")
        chain.append(name, chain.NewEntry("tried", {}, delete_at=world.now + HOUR))
    world.advance(DAY)
    assert purge()["found"] == 2


def test_alarm_on_missing_runs_ignores_that_the_ledger_was_not_counted_to_its_end(
    world: World, monkeypatch: pytest.MonkeyPatch, counts: Counter[Metric]
) -> None:
    monkeypatch.setattr(service, "_MAX_COUNTED", 1)
    for number in range(2):
        name = chain.Chain("purge", f"old-{number}")
        chain.append(name, chain.NewEntry("tried", {}, delete_at=world.now + HOUR))
    world.advance(DAY)
    assert purge()["complete"] == 0
    assert counts[Metric.PURGE_DONE] == 1


@pytest.fixture
def mila(world: World) -> User:
    """Return a user with one event of use."""
    mila = world.a_user()
    mila.consents("analytics")
    assert mila.submits_usage(an_event()).json["accepted"] == 1
    return mila


@pytest.mark.parametrize(("after", "left"), [(30 * DAY + HOUR + LAG - MINUTE, 1), (30 * DAY + HOUR + LAG, 0)])
def test_usage_is_deleted_once_its_hour_has_ended(
    world: World, mila: User, after: timedelta, left: int
) -> None:
    world.advance(after)
    purge()
    assert len(stored_items()) == left


@pytest.mark.parametrize(
    ("began", "ends_on"), [("01-10", "02-10"), ("01-31", "02-28"), ("02-10", "03-10"), ("04-30", "05-30")]
)
def test_hour_of_usage_that_is_kept_for_a_month_is_read_at_its_end(
    monkeypatch: pytest.MonkeyPatch, began: str, ends_on: str
) -> None:
    """A month has 28 to 31 days, and several days may end in one."""
    monkeypatch.setitem(settings().periods, "usage", Duration.parse("P1M"))
    (lane,) = (one for one in store.lanes() if one.index is Index.HOURLY)
    hour, end = (datetime.fromisoformat(f"2027-{one}T12:00:00Z") for one in (began, ends_on))
    assert hour not in lane.parts(hour - 3 * DAY, end + HOUR - MINUTE, end + HOUR + LAG)
    assert hour in lane.parts(hour - 3 * DAY, end + HOUR, end + HOUR + LAG)


def test_copies_on_each_page_of_the_bucket_are_deleted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 lists a thousand keys in a page; here, two."""
    bucket, ask = settings().export_bucket(), aws.ask

    def list_two(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        few = {"MaxKeys": 2} if operation == "list_objects_v2" else {}
        return ask(service, operation, **parameters, **few)

    for number in range(5):
        aws.client("s3").put_object(Bucket=bucket, Key=f"exports/r_{number}.zip", Body=b"copy")
    world.advance(5 * DAY + LAG)
    monkeypatch.setattr(aws, "ask", list_two)
    assert purge()["deleted"] == 5
    assert "Contents" not in aws.client("s3").list_objects_v2(Bucket=bucket)


def test_copy_that_the_engine_missed_is_deleted(world: World) -> None:
    bucket = settings().export_bucket()
    aws.client("s3").put_object(Bucket=bucket, Key="exports/r_1.zip", Body=b"copy")
    world.advance(5 * DAY + LAG - MINUTE)
    assert purge()["deleted"] == 0
    world.advance(MINUTE)
    purge()
    assert "Contents" not in aws.client("s3").list_objects_v2(Bucket=bucket)
    assert [line.event for line in lines(world)][-2:] == ["begun", "finished"]
    (budget,) = cloud.records("purge_budget")
    assert budget["deletes"] == {"N": "1"}


# --- what is kept


def test_no_event_is_accepted_for_an_hour_that_the_purge_has_passed() -> None:
    shortest = clock.BEGINNING + PERIODS["usage"].minimum - clock.BEGINNING
    assert shortest > LATEST + DAY


def test_copy_that_was_made_again_after_it_was_listed_is_kept(world: World) -> None:
    """The request was stopped for days, and an operator retried it."""
    place = {"Bucket": settings().export_bucket()}
    for name in ("1", "2"):
        aws.client("s3").put_object(**place, Key=f"exports/r_{name}.zip", Body=b"copy")
    world.advance(5 * DAY + LAG)

    def make_again(**_: Any) -> None:
        aws.client("s3").put_object(**place, Key="exports/r_2.zip", Body=b"new")

    with cloud.hooked("s3", "before-call.s3.DeleteObject", make_again):
        assert purge()["deleted"] == 1
    (left,) = aws.client("s3").list_objects_v2(**place)["Contents"]
    assert left["Key"] == "exports/r_2.zip"


def test_pinned_item_is_spared_and_not_read_again_before_its_end(world: World) -> None:
    key = store_ended(Table.USAGE, "pinned", ago=-HOUR)
    pin(key, 4 * DAY)
    world.advance(DAY)
    assert purge() == {"found": 0, "deleted": 0, "spared": 1, "oldest_minutes": 0, "complete": 1}
    assert (purge()["spared"], stored(Table.USAGE)) == (0, ["pinned"])
    world.advance(4 * DAY)
    assert purge()["deleted"] == 1


def pin(key: Key, until: timedelta) -> None:
    """Defer the end of an item, as a pin does."""
    end = clock.to_epoch(clock.now() + until)
    later = {"put": {"delete_at": end}, "only_if": Attr("delete_at").lt(end)}
    table.write(Change(key, **later, reindex=Reindex.WHEN_DUE))


def test_pinned_usage_leaves_the_index_by_hour(world: World, mila: User) -> None:
    world.advance(29 * DAY)
    until = world.now + 4 * DAY
    pins.pin(AccountId(mila.account_id), world.now, until, world.now + HOUR)
    world.advance(DAY + 2 * HOUR)
    assert purge()["spared"] == 1
    assert rows_of_hours(world.now - 31 * DAY, 48) == 0
    assert (purge()["spared"], len(stored_items())) == (0, 1)
    world.advance(4 * DAY)
    assert (purge()["deleted"], stored_items()) == (1, [])


def rows_of_hours(begin: Any, number: int) -> int:
    """Return how many items the index by hour lists for some hours."""
    hours = [begin + hour * HOUR for hour in range(number)]
    names = [name for hour in hours for name in hour_partitions(hour)]
    return sum(1 for name in names for _ in table.query(Query(Table.USAGE, name, index=Index.HOURLY)))


def test_session_that_is_still_used_is_kept_and_moved_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_day = tuple(lane for lane in store.lanes() if lane.index is Index.ENDS)
    monkeypatch.setattr(store, "lanes", lambda: by_day)  # without the hours of three months
    device = a_device()
    mila = world.a_user(device=device)
    world.advance(40 * DAY)
    token = {"refresh_token": mila.session["refresh_token"], "device_id": device["device_id"]}
    assert world.call("POST", "/v1/sessions/refresh", body=token).status == 200
    world.advance(21 * DAY)
    assert (purge()["spared"], purge()["spared"]) == (1, 0)
    assert len(cloud.records("session")) == 1
    world.advance(40 * DAY)
    purge()
    assert cloud.records("session") == []


@pytest.mark.promise("RET-3")
def test_item_that_is_pinned_just_before_its_delete_is_kept(world: World) -> None:
    key = store_ended(Table.USAGE, "held")
    first = iter([True])

    def pin_first(**_: Any) -> None:
        if next(first, False):
            pin(key, DAY)

    with cloud.hooked("dynamodb", "before-call.dynamodb.DeleteItem", pin_first):
        assert purge()["spared"] == 1
    assert stored(Table.USAGE) == ["held"]


def test_item_that_ttl_deletes_meanwhile_is_not_stored_again(world: World) -> None:
    key = store_ended(Table.RIGHTS, "ended")

    def delete_first(**_: Any) -> None:
        aws.client("dynamodb").batch_write_item(
            RequestItems={
                settings().table(Table.RIGHTS): [
                    {"DeleteRequest": {"Key": table.items.wire_item(key.attributes())}}
                ]
            }
        )

    with cloud.hooked("dynamodb", "before-call.dynamodb.DeleteItem", delete_first):
        assert purge()["found"] == 0
    assert stored(Table.RIGHTS) == []


def test_clock_that_jumped_ahead_deletes_nothing_that_is_not_due(world: World) -> None:
    store_ended(Table.ACCOUNTS, "fresh", ago=-DAY)
    scheduled_at = clock.to_text(world.now)
    world.advance(365 * DAY)
    assert purge(time=scheduled_at)["deleted"] == 0
    assert stored(Table.ACCOUNTS) == ["fresh"]


def test_clock_that_jumped_back_deletes_nothing_that_is_not_due(world: World) -> None:
    store_ended(Table.ACCOUNTS, "fresh", ago=-DAY)
    assert purge(time=clock.to_text(world.now + 365 * DAY))["deleted"] == 0
    assert stored(Table.ACCOUNTS) == ["fresh"]


# --- runs that end early


def test_run_stops_at_its_deadline_and_the_next_one_continues(world: World) -> None:
    for number in range(3):
        store_ended(Table.CHALLENGES, f"ended-{number}")
    with cloud.hooked("dynamodb", "before-call.dynamodb.DeleteItem", lambda **_: world.advance(20 * MINUTE)):
        counts = purge()
    assert (counts["deleted"], counts["complete"]) == (1, 0)
    world.advance(HOUR)
    counts = purge()
    assert (counts["deleted"], counts["complete"]) == (2, 1)


def test_deletes_of_a_day_are_bounded(
    world: World, monkeypatch: pytest.MonkeyPatch, gauges: dict[Metric, int]
) -> None:
    monkeypatch.setattr(service, "_STRETCH", 1)
    for number in range(3):
        store_ended(Table.CHALLENGES, f"ended-{number}")
    store.reserve(world.now, settings().purge.deletes_day - 2, settings().purge.deletes_day)
    assert purge() == {"found": 3, "deleted": 2, "spared": 0, "oldest_minutes": 1440, "complete": 0}
    assert gauges[Metric.PURGE_OVER_BUDGET] == 1
    assert purge()["deleted"] == 0
    world.advance(DAY)
    assert (purge()["deleted"], stored(Table.CHALLENGES)) == (1, [])


def test_deletes_that_were_reserved_and_not_made_are_given_back(world: World) -> None:
    store_ended(Table.CHALLENGES, "ended")
    purge()
    (budget,) = cloud.records("purge_budget")
    assert budget["deletes"] == {"N": "1"}


def test_second_run_at_the_same_time_leaves_a_leased_lane_alone(world: World) -> None:
    store_ended(Table.CHALLENGES, "ended")
    (lane,) = (one for one in store.lanes() if one.table is Table.CHALLENGES)
    lane.progress.lease(world.now + 14 * MINUTE)
    counts = purge()
    assert (counts["deleted"], counts["complete"]) == (0, 0)
    world.advance(15 * MINUTE)
    assert purge()["deleted"] == 1  # the other run was killed


def test_table_that_does_not_answer_does_not_stop_the_others(world: World) -> None:
    store_ended(Table.BILLING, "ended")
    store_ended(Table.RIGHTS, "ended")
    world.advance(2 * DAY)  # the day under which the index lists them is over
    down = ConnectTimeoutError(endpoint_url="https://dynamodb")
    with (
        cloud.failing("dynamodb", "DeleteItem", down, touching="ru4m-test-billing"),
        pytest.raises(EntryFailed),
    ):
        purge()
    assert (stored(Table.BILLING), stored(Table.RIGHTS)) == (["ended"], [])
    world.advance(15 * MINUTE)
    assert purge()["deleted"] == 1


def test_backlog_of_one_table_does_not_take_the_run_from_another(world: World) -> None:
    for place in (Table.ACCOUNTS, Table.RIGHTS):
        for number in range(60):
            store_ended(place, f"ended-{number:02}")
    slowly = timedelta(seconds=15)
    with cloud.hooked("dynamodb", "before-call.dynamodb.DeleteItem", lambda **_: world.advance(slowly)):
        assert purge()["complete"] == 0
    assert all(len(stored(place)) < 60 for place in (Table.ACCOUNTS, Table.RIGHTS))


def test_table_with_the_only_backlog_gets_the_whole_run(world: World) -> None:
    for number in range(40):
        store_ended(Table.ACCOUNTS, f"ended-{number}")
    slowly = timedelta(seconds=15)
    with cloud.hooked("dynamodb", "before-call.dynamodb.DeleteItem", lambda **_: world.advance(slowly)):
        assert purge()["deleted"] == 40


def test_item_that_kills_every_run_does_not_keep_the_other_tables_from_being_purged(world: World) -> None:
    store_ended(Table.ACCOUNTS, "fatal")
    store_ended(Table.RIGHTS, "ended")

    def kill(params: dict[str, Any], **_: Any) -> None:
        if b"ru4m-test-accounts" in params["body"]:
            raise Killed

    for _ in range(len(store.lanes())):
        with cloud.hooked("dynamodb", "before-call.dynamodb.DeleteItem", kill), suppress(Killed):
            purge()
        world.advance(15 * MINUTE)
    assert stored(Table.RIGHTS) == []


_YEAR_31690708 = 10**15


def store_in_order(world: World, place: Table, *names: str) -> None:
    """Store items that the purge reads in this order; those named `odd` cannot be processed."""
    today = ends.partitions(world.now.date())[0]
    for number, name in enumerate(names, 1):
        end = _YEAR_31690708 if name.startswith("odd") else number
        item = {**purge_key(place, name).attributes(), "delete_at": end, "ends": today, "ends_from": number}
        aws.client("dynamodb").put_item(TableName=settings().table(place), Item=table.items.wire_item(item))


def test_item_that_cannot_be_processed_does_not_stop_its_table(world: World) -> None:
    store_in_order(world, Table.CLAIMS, "odd", *(f"ended-{number}" for number in range(20)))
    with pytest.raises(EntryFailed):
        purge()
    assert stored(Table.CLAIMS) == ["odd"]


def test_items_that_fail_between_others_do_not_stop_their_table(world: World) -> None:
    odd = [f"odd-{number}" for number in range(8)]
    store_in_order(world, Table.CLAIMS, *odd[:4], "ended-1", *odd[4:], "ended-2")
    with pytest.raises(EntryFailed):
        purge()
    assert stored(Table.CLAIMS) == odd


def test_items_that_fail_in_one_table_do_not_stop_the_next(world: World) -> None:
    odd = [f"odd-{number}" for number in range(5)]
    for place in (Table.CLAIMS, Table.RIGHTS):
        store_in_order(world, place, odd[0], "ended", *odd[1:])
    with pytest.raises(EntryFailed):
        purge()
    assert stored(Table.CLAIMS) == stored(Table.RIGHTS) == odd


@pytest.mark.parametrize("operation", ["ListObjectsV2", "DeleteObject"])
def test_copy_that_fails_does_not_stop_those_after_it(world: World, operation: str) -> None:
    bucket = settings().export_bucket()
    for name in ("1", "2", "3"):
        aws.client("s3").put_object(Bucket=bucket, Key=f"exports/r_{name}.zip", Body=b"copy")
    world.advance(5 * DAY + LAG)
    calls = iter(range(10))
    fails_at = {"ListObjectsV2": 1, "DeleteObject": 0}[operation]  # the first call lists all copies

    def deny(**_: Any) -> None:
        if next(calls) == fails_at:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, operation)

    with cloud.hooked("s3", f"before-call.s3.{operation}", deny), pytest.raises(EntryFailed):
        purge()
    (left,) = aws.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert left["Key"] == "exports/r_1.zip"


def test_table_that_refuses_every_delete_is_left_after_some(world: World) -> None:
    for number in range(20):
        store_ended(Table.CLAIMS, f"ended-{number}")
    denied = ClientError({"Error": {"Code": "AccessDeniedException"}}, "DeleteItem")
    with (
        cloud.failing("dynamodb", "DeleteItem", denied),
        cloud.counted() as calls,
        pytest.raises(EntryFailed),
    ):
        purge()
    assert calls["dynamodb.DeleteItem"] == 5


def test_lease_by_a_clock_that_jumped_ahead_is_not_respected(world: World) -> None:
    store_ended(Table.CHALLENGES, "ended")
    now = world.now
    for lane in store.lanes():
        lane.progress.lease(now + 365 * DAY)  # and then this run was killed
    assert purge()["deleted"] == 1


# --- what it costs


@pytest.mark.parametrize(("days", "lanes"), [(1, 8), (40, 9)], ids=["no hour has ended", "steady"])
def test_idle_run_reads_only_one_part_per_lane(world: World, days: int, lanes: int) -> None:
    """docs/limits.md states these calls."""
    for _ in range(days):
        world.advance(DAY)
        purge()
    with cloud.counted() as calls:
        purge()
    leases = {"dynamodb.GetItem": 9, "dynamodb.PutItem": 18}
    # The two queries more are for the heads of the evidence of the purge and of the check of backups.
    backups = {"dynamodb.ListBackups": 1}
    assert calls == {"dynamodb.Query": lanes * len(FEW) + 2, "s3.ListObjectsV2": 6, **leases, **backups}


def test_index_reads_no_more_than_what_is_due(world: World) -> None:
    for number in range(30):
        store_ended(Table.CHALLENGES, f"ended-{number}")
        store_ended(Table.CHALLENGES, f"fresh-{number}", ago=-DAY)
        store_ended(Table.CHALLENGES, f"soon-{number}", ago=MINUTE)
    read: list[int] = []

    def count(parsed: dict[str, Any], **_: Any) -> None:
        read.append(parsed["ScannedCount"])

    with cloud.hooked("dynamodb", "after-call.dynamodb.Query", count):
        assert purge()["deleted"] == 30
    assert sum(read) <= 33


def test_restored_table_is_read_from_the_beginning(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.advance(3 * DAY)
    purge()
    world.advance(DAY)
    purge()
    (lane,) = (one for one in store.lanes() if one.table is Table.CLAIMS)
    assert lane.progress.read().clean_before > clock.BEGINNING
    monkeypatch.setitem(settings().environment, "RU4M_TABLE_CLAIMS", "ru4m-test-claims-restored")
    assert lane.progress.read().clean_before == clock.BEGINNING


# --- what it proves


def test_line_of_evidence_says_once_a_day_that_nothing_was_found(world: World) -> None:
    purge()
    world.advance(15 * MINUTE)
    purge()
    (line,) = lines(world)
    first = world.now - 15 * MINUTE
    assert (line.event, line.data) == (
        "nothing_found",
        {
            "as_of": clock.to_text(first),
            "ended_before": clock.to_text(first - LAG),
            "usage_ended_before": clock.to_text(first - LAG - HOUR),
        },
    )
    world.advance(DAY)
    purge()
    assert [line.event for line in lines(world)] == ["nothing_found"]


def test_lines_of_evidence_say_what_was_found_and_that_it_is_gone(world: World) -> None:
    store_ended(Table.CLAIMS, "ended")
    purge()
    purge()
    begun, finished, gone = lines(world)
    assert (begun.event, begun.data["first"]) == ("begun", "claims")
    figures = {"found": 1, "deleted": 1, "spared": 0, "oldest_minutes": 1440}
    assert (finished.event, finished.data["tables"], finished.data["complete"]) == (
        "finished",
        {"claims": figures},
        1,
    )
    assert gone.event == "nothing_found"


def test_evidence_does_not_claim_usage_whose_hour_is_not_read_yet(world: World, mila: User) -> None:
    world.advance(30 * DAY + LAG + MINUTE)
    purge()
    purge()
    assert len(stored_items()) == 1
    (ended,) = (item["delete_at"] for item in stored_items())
    line = lines(world)[-1]
    assert line.event == "nothing_found"
    assert clock.to_epoch(datetime.fromisoformat(line.data["usage_ended_before"])) <= ended


def test_evidence_states_what_was_spared(world: World) -> None:
    key = store_ended(Table.USAGE, "pinned", ago=-HOUR)
    pin(key, 4 * DAY)
    world.advance(DAY)
    purge()
    figures = {"found": 0, "deleted": 0, "spared": 1, "oldest_minutes": 0}
    assert lines(world)[-1].data["tables"] == {"usage": figures}


@pytest.mark.promise("SEC-1")
def test_next_checkpoint_signs_the_line_of_evidence(world: World) -> None:
    create_archive()
    today = evidence.HISTORY.chain_of(world.now)
    purge()
    checkpoint(world)
    assert verify(today) == ChainVerdict((), covered=1)


def test_incomplete_run_proves_nothing(world: World) -> None:
    (lane,) = (one for one in store.lanes() if one.table is Table.CLAIMS)
    lane.progress.lease(world.now + 14 * MINUTE)
    purge()
    assert lines(world) == []


def test_nothing_is_deleted_that_cannot_be_recorded(world: World) -> None:
    store_ended(Table.CLAIMS, "ended")
    down = ConnectTimeoutError(endpoint_url="https://dynamodb")
    with (
        cloud.failing("dynamodb", "PutItem", down, touching="ru4m-test-ledger"),
        pytest.raises(EntryFailed),
    ):
        purge()
    assert stored(Table.CLAIMS) == ["ended"]


@pytest.mark.promise("SEC-1")
def test_evidence_and_figures_name_no_item(world: World) -> None:
    store_ended(Table.CLAIMS, "a-subject")
    purge()
    assert "a-subject" not in "".join(line.payload for line in lines(world)) + world.log.getvalue()


@pytest.mark.usefixtures("world")
def test_run_reports_its_figures_also_if_they_are_zero(
    counts: Counter[Metric], gauges: dict[Metric, int]
) -> None:
    purge()
    zero = (Metric.PURGE_FOUND, Metric.PURGE_OLDEST_MINUTES, Metric.PURGE_OVER_BUDGET)
    backups = (Metric.KEY_BACKUPS_LEFT, Metric.OTHER_BACKUPS_LEFT)
    assert gauges == dict.fromkeys((*zero, *backups), 0)
    assert counts[Metric.PURGE_DONE] == 1


def test_dry_run_counts_and_changes_nothing(world: World) -> None:
    store_ended(Table.CLAIMS, "ended")
    before = cloud.all_items()
    assert purge(detail={"dry_run": True})["found"] == 1
    assert cloud.all_items() == before
