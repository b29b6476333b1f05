"""A world with users and items of every kind, and the jobs that bring it to its end state.

A kind seeds itself, says what must still be there while the days pass, and what is true at the end. A new
kind is a class in `KINDS`, and a new job a line in `JOBS`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any, ClassVar

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts import store as accounts_store
from chalicelib.accounts.challenges.jobs import record_verified_codes
from chalicelib.consents import store as consents
from chalicelib.consents.jobs import announce_notices
from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices import versions
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.settings import settings
from chalicelib.core.table import Item, ends
from chalicelib.operations.breaches.jobs import watch_breaches
from chalicelib.operations.inbox.jobs import report_inbox
from chalicelib.operations.ledger_jobs import checkpoint_ledger
from chalicelib.reconciliation.jobs import reconcile_chat, send_unsent
from chalicelib.retention.consent_jobs import renew_consents
from chalicelib.retention.jobs import keep_holds, purge_expired
from chalicelib.rights.erasure import model as erasures
from chalicelib.rights.erasure.idle.jobs import close_idle_accounts
from chalicelib.rights.jobs import sweep_rights
from chalicelib.rights.request import store as rights
from chalicelib.safety.jobs import work_on_reports
from chalicelib.stream.settings.jobs import check_chat_settings
from chalicelib.usage import store as usage
from chalicelib.usage.figures import Figures
from chalicelib.usage.jobs import roll_up_usage
from infra.stream_emulator import Emulator
from tests.support.jobs.events import Context
from tests.support.world.builders import a_schedule_event
from tests.support.world.notices import a_version
from tests.support.world.world import NOON, World

# Days after the seeding on which a job has work: the checks of erased users, the ends of pins, of events
# after thirty days and of a hold, the steps of an erasure after its grace period, and the deletion of users
# without an account after thirty days.
DUE_DAYS = (0, 1, 2, 3, 9, 10, 11, *range(29, 35))
LAST_DAY = DUE_DAYS[-1]
# By name, since the package has a function `entries`.
_CHAINS = [import_module(f"chalicelib.core.chain.{name}") for name in ("entries", "log")]


@dataclass(frozen=True)
class Job:
    """A scheduled job, its interval, and the queues of its workers, if it has any.

    Attributes:
        counts_first: its first run under a configuration only counts.
    """

    handler: Any  # Chalice types it as a function
    every: timedelta
    queues: tuple[str, ...] = ()
    counts_first: bool = False

    @property
    def name(self) -> str:
        return str(self.handler.func.__name__)


# The checkpoint comes last, so that it signs what the others recorded.
JOBS = (
    Job(keep_holds, 5 * MINUTE),
    Job(renew_consents, 5 * MINUTE, ("renewals",)),
    Job(watch_breaches, 5 * MINUTE, ("breaches",)),
    Job(report_inbox, HOUR),
    Job(announce_notices, 5 * MINUTE, ("announcements",)),
    Job(roll_up_usage, HOUR),
    Job(purge_expired, 15 * MINUTE),
    Job(record_verified_codes, HOUR),
    Job(send_unsent, MINUTE),
    Job(work_on_reports, MINUTE),
    Job(reconcile_chat, HOUR, counts_first=True),
    Job(check_chat_settings, DAY),
    Job(close_idle_accounts, HOUR, counts_first=True),
    Job(sweep_rights, 5 * MINUTE, ("rights", "erasures")),
    Job(checkpoint_ledger, HOUR),
)


class Seed(ABC):
    """One kind of users or items."""

    closing: str = ""  # the erasure that the job for idle accounts opened

    def __init__(self, world: World, stream: Emulator) -> None:
        self.world, self.stream = world, stream

    @abstractmethod
    def sow(self) -> None:
        """Store it."""

    def assert_kept(self, day: int) -> None:  # noqa: B027 - most need nothing
        """Assert after the jobs of a day that what must stay that long is there."""

    @abstractmethod
    def assert_settled(self) -> None:
        """Assert the end state."""


class SeededWorld:
    """All kinds in one world, with few shards and the pass over Stream's users each day."""

    # Announced to every account: it is published, and takes effect after the last day.
    notice: ClassVar = a_version("2027-01-24", announced_for=61 * DAY)

    def __init__(self, kinds: tuple[type[Seed], ...], world: World, stream: Emulator) -> None:
        self.world, self.stream = world, stream
        self.seeds = [kind(world, stream) for kind in kinds]

    def sow(self, patch: pytest.MonkeyPatch) -> None:
        """Seed every kind as of the first day, and let the first run of each job that counts first count."""
        for module in (
            accounts,
            accounts_store,
            accounts.last_uses,
            consents,
            ends,
            usage,
            rights,
            *_CHAINS,
        ):
            patch.setattr(module, "SHARDS", ("00",))
        patch.setattr(erasures, "CHECK_SHARDS", ("00",))
        patch.setattr(versions, "PUBLISHED", (*versions.PUBLISHED, self.notice))
        patch.setattr(notices, "describes", lambda _: True)
        patch.setenv("RU4M_RECONCILIATION_PASS_DAYS", "1")
        self.stream.choose(task_progress="instant")  # the emulator's other tasks progress with each poll
        settings.cache_clear()
        self._publish_days_without_events()
        for seed in self.seeds:
            seed.sow()
        for job in JOBS:
            if job.counts_first:
                job.handler(a_schedule_event(), Context())

    def _publish_days_without_events(self) -> None:
        """Make the days before the first and between the due days final, as earlier runs did."""
        quiet = {*range(-30, LAST_DAY)} - {0}
        for day in quiet:
            date = (NOON + day * DAY).date()
            usage.publish(Figures(day=date, published_at=self.world.now, figures=()))

    def begin(self, day: int) -> None:
        """Move the clock to a day, unless it is later already."""
        self.world.traveller.move_to(max(NOON + day * DAY, self.world.now))

    def is_about_erasure(self, row: Item) -> bool:
        """Return whether a row is the request of an erasure of the world, or its evidence."""
        return any(seed.closing in str(row["pk"]) for seed in self.seeds if seed.closing)

    def assert_kept(self, day: int) -> None:
        for seed in self.seeds:
            seed.assert_kept(day)

    def assert_settled(self) -> None:
        for seed in self.seeds:
            seed.assert_settled()
