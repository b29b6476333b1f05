"""Tests pins and late writes in each table that is found by the account; tests of every edge are in proof."""

from typing import Any

import pytest

from chalicelib.core import aws, clock
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Table, partition_of
from chalicelib.privacy import erasure, pins
from tests.support.cases.erasure_parts import delete_records
from tests.support.clouds import cloud
from tests.support.world.usage import store_singly
from tests.support.world.world import User, World

# The tables that hold a partition of a subject, without that of the subject's key.
SUBJECT_TABLES = (Table.ACCOUNTS, Table.USAGE, Table.BILLING)
each_table = pytest.mark.parametrize("place", SUBJECT_TABLES)


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user()


def store_item(mila: User, place: Table, **more: Any) -> None:
    """Store an item of the subject that no declaration knows."""
    item = {"pk": {"S": partition_of(AccountId(mila.account_id))}, "sk": {"S": "late"}, **more}
    aws.client("dynamodb").put_item(TableName=f"ru4m-test-{place}", Item=item)


def stored(mila: User, place: Table) -> list[dict[str, Any]]:
    pk = {"S": partition_of(AccountId(mila.account_id))}
    return [one for one in cloud.items_of(place) if one["pk"] == pk and one["sk"] == {"S": "late"}]


@pytest.mark.promise("RGT-3", "RGT-1")
def test_erasures_and_pins_cover_the_tables_with_a_partition_per_subject() -> None:
    assert (erasure.deletable_tables(), pins._PINNED_TABLES) == (SUBJECT_TABLES, SUBJECT_TABLES)


@pytest.mark.promise("RGT-3")
@each_table
def test_late_write_is_found_and_deleted_by_the_second_pass(mila: User, place: Table) -> None:
    delete_records(mila.account_id)
    store_item(mila, place)
    assert erasure.remaining(AccountId(mila.account_id)) == {place: 1}
    delete_records(mila.account_id)
    assert erasure.remaining(AccountId(mila.account_id)) == {}
    assert stored(mila, place) == []


@pytest.mark.promise("RGT-1")
@each_table
def test_item_that_expires_soon_is_pinned(world: World, mila: User, place: Table) -> None:
    end = {"N": str(clock.to_epoch(world.now + DAY))}
    store_item(mila, place, expires_at=end, delete_at=end)
    until = world.now + 2 * DAY
    assert pins.pin(AccountId(mila.account_id), world.now, until, world.now + MINUTE).complete
    (item,) = stored(mila, place)
    assert item["delete_at"] == {"N": str(clock.to_epoch(until))}


@pytest.mark.promise("RGT-1")
def test_deletion_during_a_pin_leaves_the_other_records_pinned(world: World, mila: User) -> None:
    """A transaction that fails at one item pins none, so its items are pinned one by one."""
    store_singly(AccountId(mila.account_id), 3)
    deleted, *kept = cloud.records("usage_event")
    until, client = world.now + 40 * DAY, aws.client("dynamodb")

    def delete_one(**_: Any) -> None:
        client.delete_item(TableName="ru4m-test-usage", Key={"pk": deleted["pk"], "sk": deleted["sk"]})

    with cloud.hooked("dynamodb", "before-call.dynamodb.TransactWriteItems", delete_one):
        pinned = pins.pin(AccountId(mila.account_id), world.now, until, world.now + MINUTE)
    assert (pinned.items, pinned.complete) == (2, True)
    ends = {item["sk"]["S"]: item["delete_at"]["N"] for item in cloud.records("usage_event")}
    assert ends == {item["sk"]["S"]: str(clock.to_epoch(until)) for item in kept}
