"""Tests the mark of an erasure: a chain in the Ledger, and two objects that cannot be replaced."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.core import aws, chain, clock
from chalicelib.core.aws import AwsBug
from chalicelib.core.chain import ChainVerdict, archive
from chalicelib.core.chain.locked import ObjectDiffers
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId, RightsRequestId, TombstoneId, UserId
from chalicelib.core.settings import settings
from chalicelib.core.transactions import commit
from chalicelib.privacy.periods import Period
from chalicelib.rights.erasure import tombstones
from chalicelib.rights.erasure.tombstones import Tombstone, final_key, pending_key
from infra.ops.data import ledger
from tests.support.clouds.cloud import counted, failing
from tests.support.faults.crash import How, Killed, Point, Watch
from tests.support.faults.outages import named, refusal
from tests.support.world.ledger import MILA, alter_newest, checkpoint, verify, write
from tests.support.world.world import World

pytestmark = pytest.mark.usefixtures("archived")

Keep = Callable[[Tombstone], None]


@pytest.fixture
def tombstone(world: World) -> Tombstone:
    return Tombstone(
        TombstoneId.new(), AccountId.new(), UserId.new(), RightsRequestId.new(), captured_at=clock.now()
    )


def keep_final(tombstone: Tombstone) -> None:
    tombstones.keep_final(tombstone, tombstone.captured_at + timedelta(hours=2))


both = pytest.mark.parametrize(
    ("keep", "key_of"),
    [(tombstones.keep, pending_key), (keep_final, final_key)],
    ids=["pending", "final"],
)


def ask(operation: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = getattr(aws.client("s3"), operation)(Bucket=settings().archive().bucket, **more)
    return answer


def read(key: str) -> Any:
    return json.loads(ask("get_object", Key=key)["Body"].read())


def versions() -> list[str]:
    """Return the key of each version and marker in the archive."""
    listed = ask("list_object_versions")
    return [entry["Key"] for kind in ("Versions", "DeleteMarkers") for entry in listed.get(kind, ())]


# --- the Ledger


@pytest.mark.promise("RGT-3")
def test_ledger_names_the_erasure_by_random_ids_only(tombstone: Tombstone) -> None:
    commit(tombstones.pending_write(tombstone))
    commit(tombstones.final_write(tombstone))
    ids = {
        "account_id": tombstone.account_id,
        "user_id": tombstone.user_id,
        "request_id": tombstone.request_id,
    }
    entries = list(chain.entries(tombstone.chain))
    assert [(entry.event, entry.data) for entry in entries] == [("pending", ids), ("erased", ids)]


def test_entries_are_kept_as_long_as_evidence_of_requests(world: World, tombstone: Tombstone) -> None:
    commit(tombstones.pending_write(tombstone))
    (pending,) = chain.entries(tombstone.chain)
    assert pending.delete_at == Period.RIGHTS_EVIDENCE.ends(world.now)


def test_final_entry_can_be_written_although_a_restore_lost_the_pending_one(tombstone: Tombstone) -> None:
    commit(tombstones.final_write(tombstone))
    assert [entry.event for entry in chain.entries(tombstone.chain)] == ["erased"]


@pytest.mark.promise("RGT-10")
def test_entries_are_signed_and_verified_like_all_others(world: World, tombstone: Tombstone) -> None:
    commit(tombstones.pending_write(tombstone))
    assert checkpoint(world).chains == 1
    assert verify(tombstone.chain).findings == ()
    (found,) = ledger.report(chain.touched_chains(1), 1)
    assert (found.chain, found.covered, found.findings) == (tombstone.chain.name, 1, ())


@pytest.mark.promise("RGT-10")
def test_altered_entry_is_found(world: World, tombstone: Tombstone) -> None:
    commit(tombstones.pending_write(tombstone))
    checkpoint(world)
    alter_newest(tombstone.chain)
    assert verify(tombstone.chain).findings


# --- the locked bucket


@pytest.mark.promise("RGT-3")
def test_mark_outside_of_the_tables_has_what_a_repeated_erasure_needs(tombstone: Tombstone) -> None:
    tombstones.keep(tombstone)
    keep_final(tombstone)
    mark = {
        "format": "ru4m.tombstone.v1",
        "tombstone_id": tombstone.tombstone_id,
        "account_id": tombstone.account_id,
        "user_id": tombstone.user_id,
        "request_id": tombstone.request_id,
        "captured_at": "2026-11-24T12:00:00Z",
    }
    assert read(f"tombstones/{tombstone.tombstone_id}/pending.json") == {**mark, "state": "pending"}
    final = {**mark, "state": "erased", "erased_at": "2026-11-24T14:00:00Z"}
    assert read(f"tombstones/{tombstone.tombstone_id}/final.json") == final


@both
def test_mark_is_locked(
    world: World, tombstone: Tombstone, keep: Keep, key_of: Callable[[TombstoneId], str]
) -> None:
    keep(tombstone)
    key = key_of(tombstone.tombstone_id)
    lock = ask("head_object", Key=key)
    assert lock["ObjectLockMode"] == "COMPLIANCE"
    assert lock["ObjectLockRetainUntilDate"] == world.now + settings().archive().lock
    with pytest.raises(Exception, match="AccessDenied"):
        ask("delete_object", Key=key, VersionId=lock["VersionId"])


@both
def test_mark_that_is_kept_again_is_not_written_again(
    world: World, tombstone: Tombstone, keep: Keep, key_of: Callable[[TombstoneId], str]
) -> None:
    keep(tombstone)
    world.advance(timedelta(hours=1))
    keep(tombstone)
    assert versions() == [key_of(tombstone.tombstone_id)]


@both
def test_mark_takes_one_call(tombstone: Tombstone, keep: Keep, key_of: Callable[[TombstoneId], str]) -> None:
    with counted() as calls:
        keep(tombstone)
    assert calls == {"s3.PutObject": 1}


@both
def test_another_mark_under_the_same_id_is_reported(
    tombstone: Tombstone, keep: Keep, key_of: Callable[[TombstoneId], str]
) -> None:
    ask("put_object", Key=key_of(tombstone.tombstone_id), Body=b"{}")
    with pytest.raises(ObjectDiffers) as raised:
        keep(tombstone)
    assert str(raised.value) == ""


def test_final_mark_with_another_instant_is_reported(tombstone: Tombstone) -> None:
    keep_final(tombstone)
    with pytest.raises(ObjectDiffers):
        tombstones.keep_final(tombstone, tombstone.captured_at)


@both
@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url="https://s3"),
        refusal("SlowDown", 503),
        refusal("ConditionalRequestConflict", 409),
    ],
    ids=named,
)
def test_outage_or_a_concurrent_write_is_waited_for(
    tombstone: Tombstone, keep: Keep, key_of: Callable[[TombstoneId], str], error: Exception
) -> None:
    with failing("s3", "PutObject", error), pytest.raises(Unavailable):
        keep(tombstone)
    keep(tombstone)
    assert versions() == [key_of(tombstone.tombstone_id)]


@both
@pytest.mark.parametrize("operation", ["PutObject", "GetObject"])
def test_refusal_never_counts_as_kept(
    tombstone: Tombstone, keep: Keep, key_of: Callable[[TombstoneId], str], operation: str
) -> None:
    if operation == "GetObject":
        keep(tombstone)
    with failing("s3", operation, refusal("AccessDenied", 403)), pytest.raises(AwsBug, match="AccessDenied"):
        keep(tombstone)


@both
@pytest.mark.parametrize("how", How)
def test_run_that_is_disturbed_keeps_one_mark_when_repeated(
    tombstone: Tombstone, keep: Keep, key_of: Callable[[TombstoneId], str], how: How
) -> None:
    watch = Watch(Point(0, how))
    with watch.on():
        for _ in range(3):
            with suppress(Killed, Unavailable):
                watch.process(lambda: keep(tombstone))
                break
        else:
            pytest.fail("it never ended")
    assert watch.reached
    assert versions() == [key_of(tombstone.tombstone_id)]


@pytest.mark.promise("SEC-1")
def test_representation_names_no_account_or_user(tombstone: Tombstone) -> None:
    assert tombstone.account_id not in repr(tombstone)
    assert tombstone.user_id not in repr(tombstone)


# --- the archive of checkpoints


@pytest.mark.promise("RGT-10")
def test_marks_do_not_disturb_the_checkpoints(world: World, tombstone: Tombstone) -> None:
    tombstones.keep(tombstone)
    assert chain.is_archive_empty()
    write(MILA, 1)
    checkpoint(world)
    keep_final(tombstone)
    write(MILA, 1)
    assert checkpoint(world).made == (2,)
    newest = archive.newest()
    assert newest
    assert newest.statement.number == 2
    assert sorted(archive.since(1)) == [1, 2]
    assert verify(MILA) == ChainVerdict((), covered=2)
