"""Rights requests with a procedure of two steps whose outcomes a test sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from chalicelib.core import chain
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.engine import engine
from chalicelib.rights.engine.step import CopyJob, Done, Outcome, Step, Worker
from chalicelib.rights.jobs import worker_for
from chalicelib.rights.request import store
from chalicelib.rights.request.evidence import history_of
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import CopyNotes
from chalicelib.rights.request.terms import Destination, Status
from chalicelib.rights.steps.duties import DUTIES
from tests.support.faults.crash import Killed
from tests.support.world.world import User, World


@dataclass
class Scripted:
    """A step with a scripted outcome or error for each run, and then Done."""

    name: str
    script: list[Outcome | Exception] = field(default_factory=list)
    lease: timedelta = 3 * MINUTE
    waits_for_processor: bool = False
    ran: list[CopyNotes] = field(default_factory=list)

    def run(self, job: CopyJob) -> Outcome:
        self.ran.append(job.notes)
        next_one = self.script.pop(0) if self.script else Done()
        if isinstance(next_one, Exception):
            raise next_one
        return next_one

    def as_step(self) -> Step[CopyNotes]:
        return Step(self.name, self.run, self.lease, self.waits_for_processor)


class Killing(Scripted):
    """A step whose worker is killed while it runs."""

    def run(self, job: CopyJob) -> Outcome:
        super().run(job)
        raise Killed


class Plan:
    """Steps `first` and `last`; `last` is the answer unless a test says otherwise."""

    def __init__(self) -> None:
        self.first = Scripted("first")
        self.last = Scripted("last", [Done(answers=Status.COMPLETED)])
        self.steps = {step.name: step for step in (self.first, self.last)}
        self.duties = dict(DUTIES)

    @property
    def worker(self) -> Worker:
        steps = {
            **worker_for(Destination.WORK).steps,
            **{name: step.as_step() for name, step in self.steps.items()},
        }
        return Worker(Destination.WORK, steps, self.duties, worker_for(Destination.WORK).turns)

    def advance(self, request_id: str) -> RightsRequest:
        engine.advance(RightsRequestId(request_id), self.worker)
        return stored(request_id)


def a_request(world: World) -> tuple[User, str]:
    mila = world.a_user().is_stepped_up()
    return mila, str(mila.exercises("access").json["rights_request_id"])


def stored(request_id: str) -> RightsRequest:
    found = store.read(RightsRequestId(request_id))
    assert found
    return found


def evidence(request_id: str) -> list[tuple[str, Any]]:
    """Return the events of a request's history with their data, oldest first."""
    return [(e.event, e.data) for e in chain.entries(history_of(RightsRequestId(request_id)))]
