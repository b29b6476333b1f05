"""Tests the hourly checkpoint of the Ledger: the entries it signs and the faults it reports."""

from typing import Any

import pytest

from chalicelib.core import aws, metrics
from chalicelib.core.chain import ChainVerdict, archive
from chalicelib.core.clock import HOUR
from chalicelib.core.errors import Unavailable
from chalicelib.core.metrics import emitter
from chalicelib.core.observe import EntryFailed
from chalicelib.core.settings import settings
from chalicelib.operations.ledger_jobs import checkpoint_ledger
from tests.support.clouds.cloud import failing
from tests.support.world.builders import a_schedule_event
from tests.support.world.ledger import MILA, SETTLED, VUK, create_archive, overwrite, verify, write
from tests.support.world.world import World


@pytest.fixture(autouse=True)
def archived(world: World) -> None:
    create_archive()


@pytest.fixture(autouse=True)
def emitted(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Return the sum of each emitted metric by name."""
    sums: dict[str, float] = {}

    def flushed() -> None:
        for name, metric in emitter().metric_set.items():
            sums[name] = sums.get(name, 0) + sum(metric["Value"])
        emitter().clear_metrics()

    metrics.forget()
    monkeypatch.setattr(metrics, "flush", flushed)
    return sums


def run(world: World) -> Any:
    """Run the job as Lambda does, once all entries have settled."""
    world.advance(SETTLED)
    return checkpoint_ledger(a_schedule_event(), None)


@pytest.mark.promise("SEC-1")
def test_run_signs_new_entries(world: World, emitted: dict[str, float]) -> None:
    write(MILA, 2)
    write(VUK, 1)
    assert run(world) == {"made": 1, "chains": 2, "refused": 0}
    assert verify(MILA) == ChainVerdict((), covered=2)
    assert emitted["CheckpointMade"] == 1
    assert "LedgerEntryRefused" not in emitted


def test_run_without_new_entries_emits_no_count_of_checkpoints(
    world: World, emitted: dict[str, float]
) -> None:
    assert run(world) == {"made": 0, "chains": 0, "refused": 0}
    assert "CheckpointMade" not in emitted  # the alarm waits for the daily checkpoint


@pytest.mark.promise("SEC-1")
def test_run_emits_the_age_of_the_oldest_entry_without_a_checkpoint(
    world: World, emitted: dict[str, float]
) -> None:
    write(MILA, 1)
    world.advance(HOUR)
    write(VUK, 1)
    run(world)
    assert emitted["CheckpointLag"] == (HOUR + SETTLED).total_seconds()


def test_run_without_new_entries_emits_that_nothing_waits(world: World, emitted: dict[str, float]) -> None:
    run(world)
    assert emitted["CheckpointLag"] == 0


@pytest.mark.promise("SEC-1")
def test_run_that_cannot_sign_has_said_how_long_entries_wait(world: World, emitted: dict[str, float]) -> None:
    write(MILA, 1)
    with failing("kms", "Sign", Unavailable()), pytest.raises(EntryFailed, match="Unavailable"):
        run(world)
    assert emitted["CheckpointLag"] == SETTLED.total_seconds()


@pytest.mark.promise("SEC-1")
def test_altered_entry_is_refused_and_counted_while_others_are_signed(
    world: World, emitted: dict[str, float]
) -> None:
    write(MILA, 1)
    write(VUK, 1)
    overwrite(MILA, 1, payload="{}")
    assert run(world) == {"made": 1, "chains": 1, "refused": 1}
    assert emitted["LedgerEntryRefused"] == 1
    assert verify(VUK) == ChainVerdict((), covered=1)


@pytest.mark.promise("SEC-1")
def test_log_does_not_name_the_altered_chain(world: World) -> None:
    write(MILA, 1)
    overwrite(MILA, 1, payload="{}")
    run(world)
    (line,) = [line for line in world.log_lines if line["message"] == "ledger_entries_refused"]
    assert line["number"] == 1
    assert "mila" not in world.log.getvalue()


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(("service", "operation"), [("kms", "Sign"), ("s3", "PutObject")])
def test_altered_entries_are_reported_before_a_checkpoint_is_written(
    world: World, emitted: dict[str, float], service: str, operation: str
) -> None:
    """A run reports first and then signs, since no later run reads the altered entry again."""
    write(MILA, 1)
    overwrite(MILA, 1, payload="{}")
    seen: list[float] = []

    class Killed(BaseException):
        """Ends the process: no code under test runs any more."""

    def kill(**_: Any) -> None:
        seen.append(emitted.get("LedgerEntryRefused", 0))
        raise Killed

    events = aws.client(service).meta.events
    events.register(f"before-call.{service}.{operation}", kill)
    with pytest.raises(Killed):
        run(world)
    events.unregister(f"before-call.{service}.{operation}", kill)
    assert seen == [1]
    assert run(world)["refused"] == 1  # reported again, since no checkpoint was written


@pytest.mark.promise("SEC-1")
def test_damaged_archive_is_an_error_and_a_metric_and_nothing_is_signed(
    world: World, emitted: dict[str, float]
) -> None:
    write(MILA, 1)
    run(world)
    assert emitted["CheckpointArchiveDamaged"] == 0  # emitted too, so that the alarm ends
    s3, bucket = aws.client("s3"), settings().archive().bucket
    s3.delete_object(Bucket=bucket, Key=archive.key_of(1))  # a delete marker that hides it
    write(MILA, 1)
    with pytest.raises(EntryFailed, match="ArchiveDamaged"):
        run(world)
    assert emitted["CheckpointArchiveDamaged"] == 1
    assert emitted["CheckpointMade"] == 1
    assert set(archive.since(1)) == {1}


def test_run_without_a_response_fails_and_the_next_run_signs_its_entries(
    world: World, emitted: dict[str, float]
) -> None:
    write(MILA, 1)
    with failing("kms", "Sign", Unavailable()), pytest.raises(EntryFailed, match="Unavailable"):
        run(world)
    assert "CheckpointArchiveDamaged" not in emitted
    assert run(world)["chains"] == 1
