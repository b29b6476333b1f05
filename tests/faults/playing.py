"""Plays a flow in a new world on the emulated AWS, with its app, stream and schedule.

A killed process is started again by its caller: an app sends the same request again, a table's stream
delivers the same records again, a schedule starts its next run.
"""

from __future__ import annotations

import itertools
import random
import secrets
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, TypeVar

import pytest
import time_machine

from chalicelib.consents.jobs import announce_to_shard
from chalicelib.consents.notices import service as notices
from chalicelib.core import clock, metrics, observe
from chalicelib.core.settings import settings
from chalicelib.core.table import Item, Table
from chalicelib.operations.breaches.jobs import notify_of_breaches
from chalicelib.privacy.purposes import Practice
from chalicelib.push.jobs import push_changes, push_messages
from chalicelib.reconciliation import unsent
from chalicelib.reconciliation.jobs import send_unsent, sync_chat_profiles, work_on_hooks
from chalicelib.retention.consent_jobs import renew_shard
from chalicelib.rights.jobs import erase_accounts, sweep_rights, transfer_copies, work_rights
from chalicelib.stream import gateway
from infra.stream_emulator import Emulator
from tests.faults import emulated
from tests.faults.emulated import Changes
from tests.faults.queueing import PUSHES_VISIBILITY, SHARDS_VISIBILITY, VISIBILITY, Message, Queue, next_sweep
from tests.support import patches
from tests.support.clouds import cloud
from tests.support.faults import ends
from tests.support.faults.crash import Call, Killed, Point, Watch
from tests.support.jobs.events import Context
from tests.support.jobs.profile_sync import marked
from tests.support.sample import tried
from tests.support.world import builders
from tests.support.world.builders import a_schedule_event
from tests.support.world.practices import every_purpose_offered
from tests.support.world.world import NOON, Reply, World, a_log

T = TypeVar("T")

# An app retries after a retryable error, after a while and a limited number of times.
_RETRY_AFTER = timedelta(seconds=15)
_TRIES = 10
_RETRIES = 2  # of an event by Lambda, as in the templates
_A_RUN = timedelta(minutes=1)  # of what is due for Stream
_SECOND_DELIVERY_AFTER = timedelta(minutes=7)
_WORKERS = {
    "rights": work_rights,
    "transfers": transfer_copies,
    "erasures": erase_accounts,
    "announcements": announce_to_shard,
    "renewals": renew_shard,
    "hooks": work_on_hooks,
    "breaches": notify_of_breaches,
    "pushes": push_messages,
}
_VISIBILITIES = {
    **dict.fromkeys(("announcements", "breaches", "renewals"), SHARDS_VISIBILITY),
    "pushes": PUSHES_VISIBILITY,
}


def sampled(points: Sequence[int], step: int) -> Sequence[int]:
    """Every `step`-th point in `make proof`."""
    return tried(points, points[::step])


class RetriesExhausted(AssertionError):
    """A caller stopped after its last retry."""


@dataclass(eq=False)
class CloudWorld(World):
    """The world of the other suites, with messages as the watch recorded them."""

    watch: Watch = field(default_factory=Watch)

    def sent_messages(self) -> list[tuple[str, str]]:
        """Return every SMS that SNS accepted."""
        texts = (effect.asked for effect in self.watch.everything if effect.name == "sns.Publish")
        return [(asked["PhoneNumber"], asked["Message"]) for asked in texts]

    def mails(self) -> list[dict[str, Any]]:
        """Return every mail that SES accepted, as it was requested."""
        return [effect.asked for effect in self.watch.everything if effect.name == "sesv2.SendEmail"]

    def mails_to(self, address: str) -> list[str]:
        """Return the texts of the mails to one address."""
        return [
            mail["Content"]["Simple"]["Body"]["Text"]["Data"]
            for mail in self.mails()
            if mail["Destination"]["ToAddresses"] == [address]
        ]

    def recipients(self) -> list[str]:
        """Return the recipient of each message."""
        mailed = [address for mail in self.mails() for address in mail["Destination"]["ToAddresses"]]
        return [number for number, _ in self.sent_messages()] + mailed


@dataclass
class Run:
    """One playing of a flow, with all that calls the functions of the service."""

    world: CloudWorld
    stream: Emulator
    patch: pytest.MonkeyPatch
    changes: Changes
    times: int = 1  # number of times that each request or delivery is made
    skew: tuple[int, timedelta] | None = None  # number of the process with a wrong clock, and its error
    watched: bool = False  # False during the preparation
    processes: int = 0
    waited: timedelta = timedelta()  # beyond the waits of an undisturbed run
    queue: Queue = field(default_factory=Queue)
    resources: ExitStack = field(default_factory=ExitStack)  # end with the run
    _swept: datetime = NOON

    @property
    def watch(self) -> Watch:
        """Return the side effects of the playing."""
        return self.world.watch

    def app(self, ask: Callable[[], Reply]) -> Reply:
        """Send a request as an app; repeat it after a lost response or a retryable error."""
        for _ in range(_TRIES):
            try:
                reply = self._process(ask)
            except Killed:
                continue
            if reply.status != 503 and reply.problem != "in_progress":
                return reply
            self._wait(_RETRY_AFTER)
        raise RetriesExhausted

    def schedule(self, job: Callable[..., object], every: timedelta) -> None:
        """Run a scheduled job; after a failed run, start the next run when it is due."""
        for _ in range(_TRIES):
            try:
                self._process(lambda: job(a_schedule_event(), Context()))
            except (Killed, observe.EntryFailed):
                self._wait(every)
            else:
                return
        raise RetriesExhausted

    def spread(self, job: Callable[..., object], every: timedelta) -> None:
        """Run a job that sends shards to workers, and the workers, until nothing is left to do.

        After a fault the next run of the schedule and the redelivered message come when they are due.
        """
        for _ in range(_TRIES):
            faults = self.watch.faults
            with suppress(Killed, observe.EntryFailed):
                self._process(lambda: job(a_schedule_event(), Context()))
            self.queue.collect(self.watch.everything)  # also if this process is not watched
            while (due := self.queue.next_due()) and due <= self.world.now:
                self._process_message(self.queue.take())
            if self.watch.faults == faults and self.queue.next_due() is None:
                return
            self._wait(every)
        raise RetriesExhausted

    def notify(self, work: Callable[[], object]) -> None:
        """Run a function as a topic does; retry after failures as often as Lambda does."""
        for _ in range(1 + _RETRIES):
            with suppress(Killed, observe.EntryFailed):
                self._process(work)
                return
        raise RetriesExhausted

    def deliver_changes(self) -> None:
        """Call the functions that read the accounts' stream until they processed all records.

        What Stream did not take then is sent by the runs of each minute, the first after a while.
        """
        for _ in range(_TRIES):
            records = self.changes.next_records()
            if not records:
                self._send_unsent()
                return
            with suppress(Killed, observe.EntryFailed):
                if notices.describes(Practice.NOTIFYING):
                    self._process(partial(push_changes, {"Records": records}, None))
                self._process(partial(sync_chat_profiles, {"Records": records}, None))
                self.changes.take(len(records))
        raise RetriesExhausted

    def _send_unsent(self) -> None:
        for _ in range(_TRIES):
            if not (due := [row["due_at"]["S"] for row in marked()]):
                return
            self.world.traveller.move_to(max(datetime.fromisoformat(min(due)), self.world.now + _A_RUN))
            with suppress(Killed, observe.EntryFailed):
                self._process(lambda: send_unsent(a_schedule_event(), None))
        raise RetriesExhausted

    def advance(self, length: timedelta, until: Callable[[], bool] = lambda: False) -> None:
        """Advance the time: process messages of rights when due, and run the sweep.

        Sweeps that would find nothing are skipped. It ends early when `until` returns true.
        """
        end = self.world.now + length
        while not until():
            message, sweep = self.queue.next_due(), next_sweep(self._swept)
            at = min((due for due in (message, sweep) if due), default=end)
            if at > end or (message is None and sweep is None):
                break
            self.world.traveller.move_to(max(at, self.world.now))
            if message == at:
                self._process_message(self.queue.take())
            else:
                self._swept = at
                with suppress(Killed, observe.EntryFailed):
                    self._process(lambda: sweep_rights(a_schedule_event(), None))
        else:
            return
        self.world.traveller.move_to(end)

    def forget_sweeps(self) -> None:
        """Count the sweeps before this instant as done, after the clock was moved over days."""
        self._swept = self.world.now

    def _process_message(self, message: Message) -> None:
        with suppress(Killed, observe.EntryFailed):
            work = _WORKERS[message.queue]
            answer = self._process(lambda: work(message.event(), Context()))
            if answer["batchItemFailures"] == []:
                if self.times > 1:
                    self.queue.copy(message, at=self.world.now + _SECOND_DELIVERY_AFTER)
                return
        visibility = _VISIBILITIES.get(message.queue, VISIBILITY)
        self.queue.return_message(message, at=self.world.now + visibility)

    def _wait(self, length: timedelta) -> None:
        self.waited += length
        self.world.advance(length)

    def _process(self, work: Callable[[], T]) -> T:
        if not self.watched:
            return work()
        with self._clock():
            try:
                for _ in range(self.times - 1):
                    self.watch.process(work)
                return self.watch.process(work)
            except Killed:
                _forget_all()
                raise
            finally:
                self.queue.collect(self.watch.everything)

    @contextmanager
    def _clock(self) -> Iterator[None]:
        """Set the process's own clock."""
        self.processes += 1
        number, off = self.skew or (0, timedelta())
        off = off if number == self.processes else timedelta()
        self.world.advance(off)
        try:
            yield
        finally:
            self.world.advance(-off)


@dataclass
class Streak:
    """Kills several processes in a row, each after the same number of its side effects."""

    write: int  # number of the side effect within its process, from 1
    runs: int
    _killed: int = 0

    def on(self, watch: Watch) -> Callable[[Call], bool]:
        """Return the condition for `Watch.kill_after`: after `runs` kills one process is spared."""

        def is_kill_point(_: Call) -> bool:
            if watch.own_effects != self.write:
                return False
            self._killed = (self._killed + 1) % (self.runs + 1)
            return self._killed != 0

        return is_kill_point


class Flow(ABC):
    """A flow, from its first request to its last effect.

    Each fault may add `more_messages` to the SMS and mails that one person gets in an undisturbed run, or
    remove `fewer_messages` from them. A second process that makes the same call at the same time may add
    `more_when_overtaken`.
    """

    name: ClassVar[str]
    keeps_time: ClassVar[bool] = True  # whether the times of stored items do not depend on faults
    begins_like: ClassVar[str] = ""  # name of the flow that tests the common beginning
    only_in_proof: ClassVar[bool] = False  # because it takes long or begins like another flow
    every: ClassVar[int] = 1  # 2 tries every second point, and so on, for repetitive flows
    more_messages: ClassVar[int] = 0
    fewer_messages: ClassVar[int] = 0
    more_when_overtaken: ClassVar[int] = 0

    def prepare(self, run: Run) -> None:  # noqa: B027 - most need nothing
        """Set up the world, without faults."""

    @abstractmethod
    def play(self, run: Run) -> None:
        """Run the whole flow, and check the responses to its users."""

    def left(self) -> list[object]:
        """Return results other than tables and Stream's users."""
        return []

    def forgive(self, row: Item) -> Item | None:
        """Return a row without fields that a crash may change; None if a crash may add or omit it."""
        return forgive_counts(row)


def forgive_counts(row: Item) -> Item | None:
    """Omit counts of limits and attempts, and leases of shards, which stay if the process is killed."""
    if row.get("kind") in {"limit", "code_count", "renewal_progress"}:
        return None
    return {name: value for name, value in row.items() if name != "attempts"}


@contextmanager
def _a_world(stream: Emulator, point: Point | None) -> Iterator[Run]:
    """Set up an empty world."""
    emulated.delete_stored_data()
    stream.reset()
    watch = Watch(point)
    with (
        time_machine.travel(NOON, tick=False) as traveller,
        pytest.MonkeyPatch.context() as patch,
        patches.used(patch),
        watch.on(),
        every_purpose_offered(),
    ):
        patch.setenv("RU4M_STREAM_URL", stream.url)
        patch.setattr(builders, "_numbers", itertools.count(1))
        # Random ids are the same in each playing up to the fault, so accounts have the same order.
        patch.setattr(clock, "pause", lambda _: None)
        same = random.Random(0)  # noqa: S311
        patch.setattr(secrets, "choice", same.choice)
        patch.setattr(secrets, "randbelow", same.randrange)
        _forget_all()
        world = CloudWorld(traveller, a_log(), watch=watch)
        run = Run(world, stream, patch, Changes(settings().table(Table.ACCOUNTS)))
        with run.resources:
            yield run
    _forget_all()


@dataclass(frozen=True)
class Ending:
    """The result of playing a flow."""

    effects: tuple[str, ...]
    waited: timedelta
    exact: list[str]  # the final state, with its times
    timeless: list[str]
    messages: Counter[str]  # number of messages to each number and address
    watch: Watch
    processes: int


def play(
    kind: type[Flow],
    stream: Emulator,
    point: Point | None = None,
    times: int = 1,
    skew: tuple[int, timedelta] | None = None,
    streak: Streak | None = None,
) -> Ending:
    """Play a flow in a world of its own, with a fault at a point, or without.

    Each request or delivery is made `times` times, one after the other. `skew` gives one process, by its
    number, a wrong clock. `streak` kills several processes in a row.
    """
    flow = kind()
    with _a_world(stream, point) as run:
        flow.prepare(run)
        run.times, run.skew, run.watched = times, skew, True
        run.watch.kill_after = streak.on(run.watch) if streak else None
        flow.play(run)
        state = stream.state()
        assert state["violations"] == []
        left: list[object] = [kept for row in ends.rows() if (kept := flow.forgive(row)) is not None]
        left += flow.left()
        users = ends.lines(ends.timeless(list(state["users"].values())))
        return Ending(
            effects=tuple(effect.name for effect in run.watch.effects),
            waited=run.waited,
            exact=ends.lines(left) + users,
            timeless=ends.lines(ends.timeless(left)) + users,
            messages=Counter(run.world.recipients()),
            watch=run.watch,
            processes=run.processes,
        )


def _forget_all() -> None:
    """Reset the state of the process, as in a new container."""
    cloud.new_container()
    metrics.forget()
    gateway.forget()
    unsent.forget()
