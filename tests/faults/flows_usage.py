"""Flows of usage: deletion after a withdrawal, and roll-ups that are killed in every run."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from chalicelib.core import observe, table
from chalicelib.core.table import Query, Table
from chalicelib.privacy import lapses
from chalicelib.retention.consent_jobs import renew_consents
from chalicelib.usage import rollup
from chalicelib.usage import store as usage_store
from chalicelib.usage.figures import Figures
from chalicelib.usage.jobs import roll_up_usage
from tests.faults.flows import UserFlow
from tests.faults.playing import Flow, RetriesExhausted, Run
from tests.support.faults.crash import How, Killed, Point
from tests.support.jobs.events import Context
from tests.support.world.builders import a_schedule_event, an_event
from tests.support.world.usage import a_person
from tests.support.world.world import NOON

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DAYS = (NOON.date(), NOON.date() + DAY)
PEOPLE = 11  # more than a figure needs, over two shards


def event(at: str) -> dict[str, Any]:
    """Return an event whose id follows from its time, since table keys are made of ids."""
    return an_event(event_id=str(uuid5(NAMESPACE_URL, at)), occurred_at=at)


class RollingUpInParts(Flow):
    """Two days of eleven accounts in two shards are rolled up, saved after every two accounts."""

    name = "rolling_up_in_parts"
    every = 2

    def prepare(self, run: Run) -> None:
        run.patch.setattr(usage_store, "SHARDS", ("00", "01"))  # each needs 24 queries
        run.patch.setattr(rollup, "_ACCOUNTS_AT_ONCE", 2)
        run.patch.setattr(rollup, "_STRETCH_ACCOUNTS", 2)
        for days in range(1, 31):
            past = run.world.now.date() - days * DAY
            usage_store.publish(Figures(day=past, published_at=run.world.now, figures=()))
        for _ in range(PEOPLE):
            a_person(event(f"{DAYS[0]}T11:00:00Z"), event(f"{DAYS[0]}T12:00:00Z"))
        run.world.advance(DAY)
        for _ in range(PEOPLE):
            a_person(event(f"{DAYS[1]}T12:00:00Z"))
        run.world.advance(2 * DAY + 13 * HOUR)

    def play(self, run: Run) -> None:
        run.schedule(roll_up_usage, every=HOUR)
        assert published_figures() == {DAYS[0]: [(PEOPLE, 2 * PEOPLE)], DAYS[1]: [(PEOPLE, PEOPLE)]}


class KilledInEveryRun(RollingUpInParts):
    """The same two days are rolled up, but each run is killed at the same write."""

    name = "rolling_up_killed_in_every_run"
    write, how = 1, How.KILLED  # the number of the write within a run, from 1
    max_runs = 60

    def play(self, run: Run) -> None:
        for _ in range(self.max_runs):
            if len(published_figures()) == len(DAYS):
                break
            start_and_kill(run, self.write, self.how)
        else:
            raise RetriesExhausted
        run.watch.point = None
        super().play(run)


def start_and_kill(run: Run, write: int, how: How) -> None:
    """Run the job, kill it at the write of this number, and advance an hour to the next run."""
    run.watch.point = Point(len(run.watch.effects) + write - 1, how)
    with suppress(Killed, observe.EntryFailed):
        run._process(lambda: roll_up_usage(a_schedule_event(), Context()))
    run.world.advance(HOUR)


def published_figures() -> dict[date, list[tuple[Any, Any]]]:
    """Return accounts and events of each published figure, by day."""
    found: dict[date, list[tuple[Any, Any]]] = {}
    for day in DAYS:
        for item in table.query(Query(Table.USAGE, f"day#{day}")):
            if item["sk"] == "figures":
                found[day] = [(figure["accounts"], figure["events"]) for figure in item["figures"]]
    return found


class DeletingWithdrawnUse(UserFlow):
    """A consent is withdrawn and its use deleted in several calls; fault events are kept."""

    name = "deleting_withdrawn_use"

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        run.patch.setattr(lapses, "WRITES_PER_CALL", 2)
        self.user.consents("analytics")
        for second in range(5):
            self.user.submits_usage(event(f"{DAYS[0]}T12:00:0{second}Z"))
        self.user.submits_usage(event(f"{DAYS[0]}T12:00:06Z") | {"diagnostics": {"kind": "crash"}})

    def play(self, run: Run) -> None:
        assert run.app(lambda: self.user.withdraws("analytics")).status == 200
        run.world.advance(HOUR)
        run.spread(renew_consents, every=timedelta(minutes=5))
        stored = table.query(Query(Table.USAGE, f"A#{self.user.account_id}"))
        assert [item["kind"] for item in stored if "event" in item["kind"]] == ["diagnostics_event"]


USAGE: tuple[type[Flow], ...] = (RollingUpInParts, DeletingWithdrawnUse)
