"""Jobs whose work is spread over workers, shard by shard (ADR 34).

A schedule finds the shards with work due, and sends a message for each. The worker that gets a message leases
its shard.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from chalicelib.core.clock import DAY

Shard = TypeVar("Shard")

# How long no worker has begun a shard, if no worker ever did.
_NEVER = DAY


@dataclass(frozen=True)
class DueShards(Generic[Shard]):
    """What a run of a schedule found.

    Attributes:
        shards: those with work due that no worker has leased.
        abandoned: how many of them a worker leased and did not release, because it was killed.
        standstill: if shards are due, the time since a worker last touched any shard of the job.
    """

    shards: tuple[Shard, ...]
    abandoned: int
    standstill: timedelta

    @classmethod
    def of(
        cls, shards: Iterable[Shard], abandoned: int, touched: Iterable[datetime], now: datetime
    ) -> "DueShards[Shard]":
        """What was found, given when workers touched the shards of the job."""
        due = tuple(shards)
        newest = max(touched, default=now - _NEVER)
        return cls(due, abandoned, now - newest if due else timedelta())

    @property
    def standstill_minutes(self) -> int:
        """The standstill in whole minutes."""
        return int(self.standstill.total_seconds()) // 60
