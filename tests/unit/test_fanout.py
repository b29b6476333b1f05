"""Tests what a schedule that sends shards to workers reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chalicelib.consents.model import RenewalProgress
from chalicelib.core.queues import DueShards, Shard

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def minutes(due: list[str], *touched_ago: int) -> int:
    progress: dict[Shard, RenewalProgress] = {
        (f"{number}",): RenewalProgress(shard="", touched_at=NOW - timedelta(minutes=ago))
        for number, ago in enumerate(touched_ago)
    }
    return DueShards.of([(shard,) for shard in due], progress, NOW).standstill_minutes


def test_standstill_is_the_time_since_a_worker_last_touched_any_shard() -> None:
    assert minutes(["00", "01"], 90, 5, 300) == 5
    assert minutes(["00"], 90) == 90


def test_there_is_no_standstill_while_no_shard_is_due() -> None:
    assert minutes([], 90) == minutes([]) == 0


def test_standstill_is_a_day_if_no_worker_ever_began() -> None:
    assert minutes(["00"]) == 24 * 60
