"""Tests that all jobs together bring a seeded world to its end state, and that repeated runs do nothing."""

from __future__ import annotations

from typing import Any

import pytest
from chalice.app import ScheduledEventConfig

from app import app
from chalicelib.consents.jobs import announce_to_shard
from chalicelib.core import clock
from chalicelib.operations.breaches.jobs import notify_of_breaches
from chalicelib.retention.consent_jobs import renew_shard
from chalicelib.rights.jobs import erase_accounts, work_rights
from infra.stream_emulator import Emulator
from tests.support.clouds import cloud
from tests.support.faults.crash import Watch
from tests.support.jobs.events import Context, messages
from tests.support.seeds.kinds import KINDS
from tests.support.seeds.world import DUE_DAYS, JOBS, LAST_DAY, Job, SeededWorld
from tests.support.world.builders import a_schedule_event
from tests.support.world.world import World

_WORKERS: dict[str, Any] = {
    "rights": work_rights,
    "erasures": erase_accounts,
    "renewals": renew_shard,
    "announcements": announce_to_shard,
    "breaches": notify_of_breaches,
}
_WORKER_TIME = 300  # seconds

_REPEATED_ON = {0, 1, 30, LAST_DAY}  # not on each day, which would take long

# What a run writes also if nothing is due.
_OF_EACH_RUN = {
    "dynamodb.PutItem(purge_progress)",  # the lease of a table
    "dynamodb.PutItem(purge)",  # evidence, since each run counts the entry of the Ledger that TTL left
    "dynamodb.PutItem(reconciliation_state)",  # the lease of the job
    "dynamodb.PutItem(idle_state)",  # the same
    "dynamodb.PutItem(inbox_state)",  # the same
    "dynamodb.PutItem(code_history)",  # the counts of two days, which each run reads again
}
# A run plans the deletion of a user without an account for the next run, here the repeated one.
_PLANNED_BY_THE_FIRST_RUN = {"stream.POST /users/delete", "dynamodb.UpdateItem(stream_check O)"}


def test_every_scheduled_job_runs_in_the_seeded_world() -> None:
    scheduled = {one.name for one in app.event_sources if isinstance(one, ScheduledEventConfig)}
    assert {job.name for job in JOBS} == scheduled


@pytest.mark.promise("RET-1", "STR-5")
def test_seeded_world_converges_and_a_repeated_run_does_nothing(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch, services: None
) -> None:
    monkeypatch.setattr(clock, "pause", lambda _: None)
    seeded = SeededWorld(KINDS, world, stream)
    seeded.sow(monkeypatch)
    cloud.clear_queues()  # no worker gets the messages of the first day
    planned = 0
    for day in DUE_DAYS:
        seeded.begin(day)
        for job in JOBS:
            effects_of(job)
        for job in JOBS if day in _REPEATED_ON else ():
            repeated = effects_of(job) - _OF_EACH_RUN
            planned += repeated == _PLANNED_BY_THE_FIRST_RUN
            assert repeated in (set(), _PLANNED_BY_THE_FIRST_RUN), (day, job.name)
        seeded.assert_kept(day)
    assert planned == 1
    seeded.assert_settled()


def effects_of(job: Job) -> set[str]:
    """Run a job as Lambda does, and its workers until no message is left; return the side effects."""
    watch = Watch()
    with watch.on():
        watch.process(lambda: _run(job))
    return {effect.name for effect in watch.effects}


def _run(job: Job) -> None:
    job.handler(a_schedule_event(), Context())
    while waiting := [(queue, body) for queue in job.queues for body in cloud.take_messages(queue)]:
        for queue, body in waiting:
            answer = _WORKERS[queue](messages(body), Context(_WORKER_TIME))
            assert answer == {"batchItemFailures": []}
