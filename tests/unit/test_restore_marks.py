"""After a restore the marks of the locked bucket name the erasures to repeat (RGT-3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core import aws, clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, RightsRequestId, TombstoneId, UserId
from chalicelib.core.settings import settings
from chalicelib.core.transactions import commit
from chalicelib.operations.restore.marks import FoundMarks, MarkDoubt, find_marks
from chalicelib.operations.restore.store import Workers
from chalicelib.rights.erasure import tombstones
from chalicelib.rights.erasure.tombstones import Tombstone, final_key, pending_key
from tests.support.world.world import World

pytestmark = pytest.mark.usefixtures("archived")


def a_tombstone() -> Tombstone:
    return Tombstone(
        TombstoneId.new(), AccountId.new(), UserId.new(), RightsRequestId.new(), captured_at=clock.now()
    )


def a_mark() -> Tombstone:
    """Write the mark of an erasure that is not final."""
    tombstone = a_tombstone()
    tombstones.keep(tombstone)
    return tombstone


def put(key: str, content: bytes = b"{}") -> None:
    aws.client("s3").put_object(Bucket=settings().archive().bucket, Key=key, Body=content)


def found(world: World, ago: timedelta = timedelta()) -> FoundMarks:
    """Find the marks to repeat for a backup that was made some time ago."""
    return find_marks(world.now - ago, Workers(2))


@pytest.mark.promise("RGT-3")
def test_final_mark_is_repeated_unless_it_is_a_day_older_than_the_backup(world: World) -> None:
    tombstone = a_mark()
    world.advance(timedelta(hours=1))
    tombstones.keep_final(tombstone, world.now)
    (mark,) = found(world).to_repeat.values()
    assert (mark.tombstone, mark.erased_at) == (tombstone, world.now)
    world.advance(DAY + timedelta(seconds=1))
    assert (found(world).listed, found(world).to_repeat) == (1, {})
    assert found(world, ago=DAY).accounts == {tombstone.account_id}


@pytest.mark.promise("RGT-3")
def test_pending_mark_is_repeated_whatever_its_age(world: World) -> None:
    tombstone = a_mark()
    world.advance(400 * DAY)
    assert found(world).accounts == {tombstone.account_id}


@pytest.mark.promise("RGT-3")
def test_capture_without_an_object_is_found_in_the_ledger(world: World) -> None:
    tombstone = a_tombstone()
    commit(tombstones.pending_write(tombstone))
    marks = found(world)
    assert marks.to_repeat[tombstone.tombstone_id].tombstone == tombstone
    assert marks.unwritten == {tombstone.tombstone_id}


def test_malformed_mark_is_reported_and_stops_no_other(world: World) -> None:
    good, odd = a_mark(), TombstoneId.new()
    put(pending_key(odd))
    put("tombstones/notes.txt")
    marks = found(world)
    assert marks.to_repeat.keys() == {good.tombstone_id}
    assert marks.doubtful == {odd: MarkDoubt.UNREADABLE, "notes.txt": MarkDoubt.UNREADABLE}


def test_mark_at_the_place_of_another_is_reported(world: World) -> None:
    tombstone, other = a_tombstone(), TombstoneId.new()
    put(pending_key(other), tombstones._document(tombstone, tombstones.PENDING))
    assert found(world).doubtful == {other: MarkDoubt.UNREADABLE}


def test_final_mark_that_contradicts_the_pending_one_is_not_repeated(world: World) -> None:
    tombstone = a_mark()
    other = replace(tombstone, account_id=AccountId.new())
    put(
        final_key(tombstone.tombstone_id),
        tombstones._document(other, tombstones.ERASED, erased_at=clock.to_text(world.now)),
    )
    marks = found(world)
    assert (marks.to_repeat, marks.doubtful) == ({}, {tombstone.tombstone_id: MarkDoubt.CONTRADICTORY})


def test_marks_that_name_one_account_with_two_users_are_not_repeated(world: World) -> None:
    first = a_mark()
    second = replace(first, tombstone_id=TombstoneId.new(), user_id=UserId.new())
    tombstones.keep(second)
    marks = found(world)
    assert marks.to_repeat == {}
    assert marks.doubtful.keys() == {first.tombstone_id, second.tombstone_id}


def test_later_of_two_marks_of_the_same_erasure_is_used(world: World) -> None:
    first = a_mark()
    second = replace(first, tombstone_id=TombstoneId.new(), captured_at=world.now + DAY)
    tombstones.keep(second)
    marks = found(world)
    assert ([mark.tombstone for mark in marks.to_repeat.values()], marks.doubtful) == ([second], {})


def test_final_mark_is_used_rather_than_a_later_pending_one(world: World) -> None:
    first = a_mark()
    tombstones.keep_final(first, world.now)
    tombstones.keep(replace(first, tombstone_id=TombstoneId.new(), captured_at=world.now + DAY))
    marks = found(world)
    assert ([mark.tombstone for mark in marks.to_repeat.values()], marks.doubtful) == ([first], {})


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("cover", ["overwrite", "hide"])
def test_covered_mark_is_reported_and_used_as_it_was_written(world: World, cover: str) -> None:
    tombstone = a_mark()
    key = pending_key(tombstone.tombstone_id)
    if cover == "overwrite":
        world.advance(timedelta(hours=1))
        put(key, tombstones._document(replace(tombstone, account_id=AccountId.new()), tombstones.PENDING))
    else:
        aws.client("s3").delete_object(Bucket=settings().archive().bucket, Key=key)
    marks = found(world)
    assert marks.accounts == {tombstone.account_id}
    assert marks.doubtful == {tombstone.tombstone_id: MarkDoubt.COVERED}
