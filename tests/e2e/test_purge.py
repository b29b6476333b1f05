"""Tests the purge on the deployed stack, under its own role: what it deletes, keeps and proves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from typer.testing import CliRunner

from chalicelib.core import chain, clock
from chalicelib.core.periods import PERIODS
from chalicelib.core.settings import settings
from chalicelib.core.table import Index, Key, Table, ends
from chalicelib.core.table.items import wire_item
from chalicelib.privacy import codec
from chalicelib.retention.model import PurgeProgress
from chalicelib.retention.purge import evidence, store
from chalicelib.usage.store import hour_partitions
from infra.deployment.stacks import Stacks
from infra.local.cloud import LocalCloud
from infra.ops import scheduled
from infra.ops.__main__ import app as ops
from infra.ops.standing_in import act_as

pytestmark = pytest.mark.promise("RET-1", "RET-2")

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WITHOUT_SORT_KEY = {Table.CLAIMS, Table.CHALLENGES}
ENABLED = {"TimeToLiveStatus": "ENABLED", "AttributeName": ends.END}


@pytest.fixture(autouse=True)
def act_as_root(restore_process: None, cloud: LocalCloud) -> None:
    """Let this process write to the deployed tables as root."""
    act_as(cloud.account, "local", "purge_expired")


@pytest.fixture
def without_ttl(cloud: LocalCloud) -> Iterator[None]:
    """Stop the emulator's TTL, which would delete the rows of a test before the purge does."""
    with cloud.without_ttl(*store.EXPIRING):
        yield


def key_in(place: Table, name: str) -> Key:
    return Key(place, f"test#{name}", None if place in WITHOUT_SORT_KEY else "test")


def put(cloud: LocalCloud, key: Key, **attributes: Any) -> None:
    """Put an item, in the index as of the last instant that the purge judges.

    In the first 45 minutes of a day that is on the day before. The purge does not read the new day yet.
    """
    item = {**key.attributes(), "kind": "test", **attributes}
    judged = clock.now() - timedelta(minutes=settings().purge.lag_minutes)
    with time_machine.travel(judged, tick=False):
        indexed = {**item, **ends.of_item(key, item | {"delete_at": item["expires_at"]})}
    cloud.account.client("dynamodb").put_item(TableName=f"ru4m-local-{key.table}", Item=wire_item(indexed))


def is_stored(cloud: LocalCloud, key: Key) -> bool:
    asked = {"TableName": f"ru4m-local-{key.table}", "Key": wire_item(key.attributes())}
    return "Item" in cloud.account.client("dynamodb").get_item(**asked, ConsistentRead=True)


def ending(at: datetime, pinned: datetime | None = None) -> dict[str, int]:
    return {"expires_at": clock.to_epoch(at), "delete_at": clock.to_epoch(pinned or at)}


@pytest.mark.usefixtures("without_ttl")
def test_purge_deletes_what_has_ended_in_every_table_and_nothing_else(cloud: LocalCloud) -> None:
    now = clock.now()
    purged = [place for place in store.EXPIRING if place is not Table.LEDGER]
    for place in purged:
        put(cloud, key_in(place, "ended"), **ending(now - DAY))
        put(cloud, key_in(place, "fresh"), **ending(now + DAY))
        put(cloud, key_in(place, "pinned"), **ending(now - DAY, pinned=now + DAY))
    ended_in_ledger = key_in(Table.LEDGER, "ended")
    put(cloud, ended_in_ledger, **ending(now - DAY))
    counts = cloud.run("purge_expired")
    assert counts["complete"] == 1
    assert counts["deleted"] >= len(purged)
    assert counts["oldest_minutes"] >= 24 * 60
    assert counts["spared"] >= len(purged)
    kept = {
        name: [is_stored(cloud, key_in(one, name)) for one in purged] for name in ("ended", "fresh", "pinned")
    }
    assert kept == {
        "ended": [False] * len(purged),
        "fresh": [True] * len(purged),
        "pinned": [True] * len(purged),
    }
    assert is_stored(cloud, ended_in_ledger)  # only TTL deletes evidence
    cloud.account.client("dynamodb").delete_item(
        TableName="ru4m-local-ledger", Key=wire_item(ended_in_ledger.attributes())
    )


@pytest.mark.usefixtures("without_ttl")
def test_purge_deletes_expired_usage_by_its_hour(cloud: LocalCloud) -> None:
    hour = (clock.now() - PERIODS["usage"].default.count * DAY - 4 * HOUR).replace(minute=0, second=0)
    begin_hours_at(cloud, hour)
    expired, pinned = key_in(Table.USAGE, "event"), key_in(Table.USAGE, "pinned-event")
    listed = {"hour": hour_partitions(hour)[3]}
    put(cloud, expired, **listed, **ending(hour + PERIODS["usage"].default))
    put(cloud, pinned, **listed, **ending(hour + PERIODS["usage"].default, pinned=clock.now() + DAY))
    cloud.run("purge_expired")
    assert (is_stored(cloud, expired), is_stored(cloud, pinned)) == (False, True)


def begin_hours_at(cloud: LocalCloud, hour: datetime) -> None:
    """Let the purge read the hours of usage from an hour on: the system has no events that are so old."""
    (lane,) = (one for one in store.lanes() if one.index is Index.HOURLY)
    progress = PurgeProgress(lane=lane.name, touched_at=clock.now(), clean_before=hour, fence=7)
    key = Key(Table.CHALLENGES, f"purge#{lane.name}")
    cloud.account.client("dynamodb").put_item(
        TableName="ru4m-local-challenges",
        Item=wire_item({**key.attributes(), **codec.to_item(progress, key)}),
    )


def test_dry_run_and_proof_by_the_commands_of_operators(cloud: LocalCloud) -> None:
    command = operating(cloud)
    assert command("purge", "run").startswith("0 found")
    assert "found" in command("purge", "run", "--dry-run")
    command("ledger", "verify", "--chain", f"purge#{clock.now():%Y-%m-%d}")
    (newest,) = chain.newest_first(evidence.HISTORY.chain_of(clock.now()), maximum=1)
    assert newest.event == evidence.NOTHING_FOUND


def operating(cloud: LocalCloud) -> Callable[..., str]:
    """Return a function that runs a command of operations and returns its output."""

    def run(*words: str) -> str:
        where = ["--stage", "local", "--region", cloud.account.region]
        done = CliRunner().invoke(ops, [*words, *where, "--endpoint-url", str(cloud.account.endpoint)])
        assert done.exit_code == 0, done.output
        return done.output

    return run


def test_every_table_with_expiring_items_has_its_ttl_enabled(cloud: LocalCloud) -> None:
    client = cloud.account.client("dynamodb")
    found = {
        place: client.describe_time_to_live(TableName=f"ru4m-local-{place}")["TimeToLiveDescription"]
        for place in store.EXPIRING
    }
    assert all(one == ENABLED for one in found.values()), found


def test_lifecycle_of_copies_has_the_period_of_the_register(cloud: LocalCloud) -> None:
    bucket = Stacks(cloud.account, lambda _: None).outputs("ru4m-local-data")["ExportBucketName"]
    rules = cloud.account.client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    days = {rule["ID"]: rule["Expiration"]["Days"] for rule in rules if "Expiration" in rule}
    assert days == {"exports-end": PERIODS["export"].default.count}


def test_run_without_the_time_of_an_event_fails(cloud: LocalCloud) -> None:
    event = {name: value for name, value in scheduled.event().items() if name != "time"}
    answer = cloud.invoke("purge_expired", event)
    assert "FunctionError" in answer
    json.loads(answer["Payload"].read())
