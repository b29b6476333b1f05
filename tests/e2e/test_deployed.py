"""Tests that the local cloud is what the templates say, except what its documented list explains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.periods import PERIODS
from chalicelib.core.table import Table
from chalicelib.retention.purge import store
from infra.deployment.stacks import Stacks, stack_name
from infra.guards.findings import unaccepted, unused
from infra.local.cloud import STAGE, LocalCloud
from infra.local.deployed.completion import DROPPED, complete, lacking
from infra.local.emulator import ROOT_KEY, ROOT_SECRET
from infra.local.waiting import until

TTL_SECONDS = 30.0
BY_SERVICE = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


def exports_of(cloud: LocalCloud) -> str:
    return f"ru4m-{STAGE}-exports-{cloud.account.number}-{cloud.account.region}"


@pytest.fixture
def stranger(cloud: LocalCloud) -> Callable[[str], Any]:
    """Clients of boto3 that have nothing of this project but the addresses that `make run` prints."""
    state = cloud.state
    session = boto3.Session(ROOT_KEY, ROOT_SECRET, region_name=state.region)
    by_path = Config(s3={"addressing_style": "path"})
    return lambda service: session.client(service, endpoint_url=state.aws_endpoint, config=by_path)


def test_every_property_that_the_local_cloud_lacks_is_listed(cloud: LocalCloud) -> None:
    assert unaccepted(cloud.dropped, DROPPED) == []


def test_every_entry_of_the_list_is_lacking_still(cloud: LocalCloud) -> None:
    assert unused(cloud.dropped, DROPPED) == []


@pytest.mark.promise("RET-1")
def test_stranger_sees_ttl_on_every_table_with_expiring_items(stranger: Callable[[str], Any]) -> None:
    client = stranger("dynamodb")
    found = {
        table: client.describe_time_to_live(TableName=table.of(STAGE))["TimeToLiveDescription"]
        for table in store.EXPIRING
    }
    enabled = {"TimeToLiveStatus": "ENABLED", "AttributeName": "delete_at"}
    assert found == dict.fromkeys(store.EXPIRING, enabled)


def test_stranger_sees_lifecycle_rules_of_copies(cloud: LocalCloud, stranger: Callable[[str], Any]) -> None:
    bucket = exports_of(cloud)
    rules = stranger("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    found = {rule["ID"]: rule for rule in rules}
    assert found["exports-end"]["Filter"] == {"Prefix": "exports/"}
    assert found["exports-end"]["Expiration"] == {"Days": PERIODS["export"].default.count}
    assert found["uploads-end"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert {rule["Status"] for rule in rules} == {"Enabled"}


def test_stranger_sees_the_composite_alarm(stranger: Callable[[str], Any]) -> None:
    alarms = stranger("cloudwatch").describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    (alarm,) = alarms
    assert alarm["AlarmName"] == f"ru4m-{STAGE}-promise-broken"
    assert f'ALARM("ru4m-{STAGE}-rights-overdue")' in alarm["AlarmRule"]
    assert len(alarm["AlarmActions"]) == 1


@pytest.mark.promise("RET-1")
def test_ttl_deletes_and_the_stream_names_it(stranger: Callable[[str], Any]) -> None:
    client, name = stranger("dynamodb"), Table.ACCOUNTS.of(STAGE)
    key = {"pk": {"S": "test#ended"}, "sk": {"S": "test"}}
    fresh = {"pk": {"S": "test#fresh"}, "sk": {"S": "test"}}
    for at, one in ((clock.now() - DAY, key), (clock.now() + DAY, fresh)):
        item = {**one, "kind": {"S": "test"}, "delete_at": {"N": str(clock.to_epoch(at))}}
        client.put_item(TableName=name, Item=item)
    until(
        lambda: "Item" not in client.get_item(TableName=name, Key=key, ConsistentRead=True),
        "TTL to delete the item",
        TTL_SECONDS,
    )
    assert "Item" in client.get_item(TableName=name, Key=fresh, ConsistentRead=True)
    client.delete_item(TableName=name, Key=fresh)
    deletions = {
        record["dynamodb"]["Keys"]["pk"]["S"]: record.get("userIdentity")
        for record in _records(stranger, client.describe_table(TableName=name)["Table"]["LatestStreamArn"])
        if record["eventName"] == "REMOVE"
    }
    assert (deletions["test#ended"], deletions["test#fresh"]) == (BY_SERVICE, None)


def _records(stranger: Callable[[str], Any], stream: str) -> Iterator[dict[str, Any]]:
    """Every record of a stream."""
    client = stranger("dynamodbstreams")
    for shard in client.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]:
        place = client.get_shard_iterator(
            StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while place:
            page = client.get_records(ShardIterator=place)
            yield from page["Records"]
            place = page.get("NextShardIterator") if page["Records"] else None


@pytest.mark.parametrize("setting", ["ttl", "lifecycle", "composite"])
def test_next_deployment_completes_what_was_lost(
    setting: str, cloud: LocalCloud, stranger: Callable[[str], Any]
) -> None:
    with _lost(setting, cloud, stranger):
        assert complete(cloud.account, STAGE) == cloud.dropped
        assert _is_there(setting, cloud, stranger)


@contextmanager
def _lost(setting: str, cloud: LocalCloud, stranger: Callable[[str], Any]) -> Iterator[None]:
    """Take a setting away, and restore it in any case."""
    if setting == "ttl":
        off = {"Enabled": False, "AttributeName": "delete_at"}
        stranger("dynamodb").update_time_to_live(
            TableName=Table.BILLING.of(STAGE), TimeToLiveSpecification=off
        )
    elif setting == "lifecycle":
        stranger("s3").delete_bucket_lifecycle(Bucket=exports_of(cloud))
    else:
        stranger("cloudwatch").delete_alarms(AlarmNames=[f"ru4m-{STAGE}-promise-broken"])
    assert not _is_there(setting, cloud, stranger)
    try:
        yield
    finally:
        complete(cloud.account, STAGE)


def _is_there(setting: str, cloud: LocalCloud, stranger: Callable[[str], Any]) -> bool:
    if setting == "ttl":
        found = stranger("dynamodb").describe_time_to_live(TableName=Table.BILLING.of(STAGE))
        return bool(found["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED")
    if setting == "lifecycle":
        s3, bucket = stranger("s3"), exports_of(cloud)
        try:
            return bool(s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"])
        except s3.exceptions.ClientError:
            return False
    found = stranger("cloudwatch").describe_alarms(AlarmTypes=["CompositeAlarm"])
    return bool(found["CompositeAlarms"])


def test_update_of_a_stack_loses_nothing(cloud: LocalCloud) -> None:
    """Operators update the service when they rotate keys or switch to restored tables."""
    stacks, name = Stacks(cloud.account, lambda _: None), stack_name(STAGE, "service")
    stacks.reconfigure(name, {"ContactEmail": "other@local.ru4m.example"})
    try:
        assert lacking(cloud.account, STAGE) == cloud.dropped
    finally:
        stacks.reconfigure(name, {"ContactEmail": cloud.target.contact_email})
