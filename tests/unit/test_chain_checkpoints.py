"""Tests checkpoints: each signs the changed chains once, and a failed run loses no entry."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.core import aws, chain, table
from chalicelib.core.aws import AwsBug
from chalicelib.core.chain import ArchiveDamaged, Chain, ChainVerdict, archive, locked
from chalicelib.core.chain.checkpoint_run import CheckpointRun
from chalicelib.core.chain.checkpoints import Checkpoint
from chalicelib.core.chain.locked import NameTaken
from chalicelib.core.chain.verification import RolledBack, Tampered
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import Settings, SettingsError, read, settings
from tests.support.clouds.cloud import failing
from tests.support.patches import fail_at
from tests.support.world.ledger import (
    MILA,
    SETTLED,
    VUK,
    checkpoint,
    overwrite,
    remove,
    verify,
    words,
    write,
)
from tests.support.world.world import World

pytestmark = pytest.mark.usefixtures("archived")


def aws_error(code: str, status: int) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": "arn:aws:kms:..."},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "Sign")


@pytest.mark.promise("SEC-1")
def test_checkpoint_covers_the_heads_of_the_changed_chains(world: World) -> None:
    heads = {MILA.name: write(MILA, 3)[-1].hash, VUK.name: write(VUK, 1)[-1].hash}
    assert checkpoint(world) == CheckpointRun(made=(1,), chains=2, refused=())
    found = archive.newest()
    assert found
    assert {leaf.chain: leaf.hash for leaf in found.leaves} == heads
    assert verify(MILA) == ChainVerdict((), covered=3)


def test_next_checkpoint_names_the_last_one_and_covers_later_changes_only(world: World) -> None:
    write(MILA, 1)
    write(VUK, 1)
    checkpoint(world)
    first = archive.newest()
    write(VUK, 1)
    checkpoint(world)
    second = archive.newest()
    assert first
    assert second
    assert second.statement.previous == first.statement.digest
    assert [(leaf.chain, leaf.seq) for leaf in second.leaves] == [(VUK.name, 2)]


def test_entries_that_may_be_uncommitted_wait_for_the_next_run(world: World) -> None:
    """An entry gets its time before it is written, at most one timeout of a function earlier."""
    slow = chain.append_write(MILA, words())
    world.advance(timedelta(minutes=15))
    chain.checkpoint()
    table.write(slow)
    checkpoint(world)
    assert verify(MILA).covered == 1


def test_run_without_new_entries_writes_nothing_for_a_day(world: World) -> None:
    assert checkpoint(world).made == ()
    world.advance(timedelta(days=1))
    assert chain.checkpoint() == CheckpointRun(made=(1,), chains=0, refused=())
    assert chain.checkpoint().made == ()


def test_entries_of_days_without_a_run_are_signed_later(world: World) -> None:
    for which in (MILA, VUK):
        write(which, 1)
        world.advance(timedelta(days=2))
    assert chain.checkpoint().chains == 2


def test_many_chains_are_signed_in_several_checkpoints(world: World) -> None:
    chains = [Chain("consent", f"p-{n}") for n in range(7)]
    for which in chains:
        write(which, 1)
        world.advance(timedelta(seconds=1))
    assert checkpoint(world, maximum=3) == CheckpointRun(made=(1, 2, 3), chains=7, refused=())
    assert {verify(which).covered for which in chains} == {1}
    assert {verify(which).findings for which in chains} == {()}


def test_chains_of_one_second_are_not_split(world: World) -> None:
    for n in range(5):
        write(Chain("consent", f"p-{n}"), 1)
    assert checkpoint(world, maximum=3) == CheckpointRun(made=(1,), chains=5, refused=())


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("dynamodb", "Query"),
        ("dynamodb", "BatchGetItem"),
        ("kms", "GetPublicKey"),
        ("kms", "Sign"),
        ("s3", "PutObject"),
    ],
)
def test_entries_of_a_killed_run_are_signed_by_the_next_run(
    world: World, service: str, operation: str
) -> None:
    write(MILA, 1)
    world.advance(SETTLED)
    error = ReadTimeoutError(endpoint_url="https://aws")
    with failing(service, operation, error), pytest.raises(Unavailable):
        chain.checkpoint()
    assert archive.newest() is None
    write(MILA, 1)
    assert checkpoint(world).made == (1,)
    assert verify(MILA) == ChainVerdict((), covered=2)


def test_run_killed_between_two_checkpoints_is_resumed_after_the_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for which in (MILA, VUK):
        write(which, 1)
        world.advance(timedelta(seconds=1))
    world.advance(SETTLED)
    with monkeypatch.context() as patch:
        patch.setattr(archive, "put", fails_after_the_first(archive.put, Unavailable()))
        with pytest.raises(Unavailable):
            chain.checkpoint(maximum=1)
    assert chain.checkpoint(maximum=1).made == (2,)
    assert (verify(MILA).covered, verify(VUK).covered) == (1, 1)


def fails_after_the_first(function: Callable[..., Any], error: Exception) -> Callable[..., Any]:
    """Return a function that fails from its second call on."""
    calls: Iterator[int] = iter(range(1_000))

    def called(*args: Any) -> Any:
        if next(calls):
            raise error
        return function(*args)

    return called


def test_second_of_two_concurrent_runs_continues_after_the_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(MILA, 1)
    original = archive.put
    others: list[int] = []

    def late(mine: Checkpoint) -> None:
        if not others:
            others.append(1)
            world.advance(timedelta(seconds=1))
            assert chain.checkpoint().made == (1,)
        original(mine)

    monkeypatch.setattr(archive, "put", late)
    world.advance(SETTLED)
    assert chain.checkpoint().made == ()
    assert list(archive.since(1)) == [1]
    assert verify(MILA) == ChainVerdict((), covered=1)


def test_lost_response_of_the_archive_causes_no_second_checkpoint(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = archive.put

    def twice(mine: Checkpoint) -> None:
        original(mine)
        original(mine)

    monkeypatch.setattr(archive, "put", twice)
    write(MILA, 1)
    assert checkpoint(world) == CheckpointRun(made=(1,), chains=1, refused=())


def test_number_taken_by_an_invisible_object_stops_the_job(world: World) -> None:
    write(MILA, 1)
    fail_at(archive, "put", NameTaken)
    with pytest.raises(ArchiveDamaged):
        checkpoint(world)


@pytest.mark.promise("SEC-1")
def test_checkpoint_cannot_be_replaced_or_deleted(world: World) -> None:
    write(MILA, 1)
    checkpoint(world)
    found = archive.newest()
    assert found
    with pytest.raises(NameTaken):
        archive.put(found)
    s3, bucket, key = aws.client("s3"), settings().archive().bucket, archive.key_of(1)
    (version,) = s3.list_object_versions(Bucket=bucket)["Versions"]
    lock = s3.head_object(Bucket=bucket, Key=key)
    assert lock["ObjectLockMode"] == "COMPLIANCE"
    assert lock["ObjectLockRetainUntilDate"] == world.now + settings().archive().lock
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])


@pytest.mark.promise("SEC-1")
def test_altered_head_is_not_signed(world: World) -> None:
    write(MILA, 2)
    write(VUK, 1)
    overwrite(MILA, 2, payload="{}")
    assert checkpoint(world) == CheckpointRun(made=(1,), chains=1, refused=(f"{MILA.name}#000000000002",))
    assert verify(MILA) == ChainVerdict((Tampered(MILA, 2),), covered=0)
    assert verify(VUK) == ChainVerdict((), covered=1)


def test_chains_changed_since_a_checkpoint_are_listed(world: World) -> None:
    write(MILA, 2)
    checkpoint(world)
    write(VUK, 1)
    checkpoint(world)
    assert set(chain.touched_chains(1)) == {MILA.name, VUK.name}
    assert set(chain.touched_chains(2)) == {VUK.name}
    world.advance(timedelta(seconds=1))
    write(MILA, 1)
    assert set(chain.touched_chains(3)) == {MILA.name}  # not signed yet, but stored


def test_deleted_chain_is_still_listed_from_the_checkpoints(world: World) -> None:
    write(MILA, 2)
    write(VUK, 1)
    checkpoint(world)
    remove(MILA, 1, 2)
    assert set(chain.touched_chains(1)) == {MILA.name, VUK.name}
    assert verify(MILA).findings == (RolledBack(MILA, signed=2, stored=0),)


def test_listing_changes_since_a_missing_checkpoint_is_an_error(world: World) -> None:
    write(MILA, 1)
    checkpoint(world)
    with pytest.raises(LookupError, match="no checkpoint 2"):
        list(chain.touched_chains(3))


@pytest.mark.parametrize(
    ("error", "meant"),
    [
        (aws_error("ThrottlingException", 400), Unavailable),
        (aws_error("KMSInternalException", 500), Unavailable),
        (aws_error("AccessDeniedException", 400), AwsBug),
    ],
    ids=["throttled", "broken", "not allowed"],
)
def test_temporary_error_is_unavailable_and_any_other_is_a_bug(
    world: World, error: ClientError, meant: type[Exception]
) -> None:
    write(MILA, 1)
    world.advance(SETTLED)
    with failing("kms", "Sign", error), pytest.raises(meant) as raised:
        chain.checkpoint()
    assert "arn:aws" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_interrupted_object_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def read(self) -> bytes:
            raise ReadTimeoutError(endpoint_url="https://s3")

    monkeypatch.setattr(locked, "ask", lambda *_, **__: {"Body": Broken()})
    with pytest.raises(Unavailable):
        locked.fetch(Bucket="b", Key="k")


def test_lock_is_long_on_stages_with_real_users() -> None:
    staging = settings()
    production = read({**staging.environment, "RU4M_STAGE": "production"})
    assert staging.archive().lock == timedelta(days=1)
    assert production.archive().lock >= timedelta(days=3 * 365)


@pytest.mark.parametrize(
    ("variable", "setting"),
    [("RU4M_CHECKPOINT_BUCKET", Settings.archive), ("RU4M_CHECKPOINT_KEY", Settings.checkpoint_key)],
)
def test_missing_setting_of_the_archive_is_named(
    variable: str, setting: Callable[[Settings], object]
) -> None:
    given = read({k: v for k, v in settings().environment.items() if k != variable})
    with pytest.raises(SettingsError, match=variable):
        setting(given)


def test_writing_to_the_archive_needs_no_signing_key() -> None:
    given = read({k: v for k, v in settings().environment.items() if k != "RU4M_CHECKPOINT_KEY"})
    assert given.archive().bucket
