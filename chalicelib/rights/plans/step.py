"""What a step is, and what may come of it.

A step is run by whoever holds the lease of its request. It may be run again at any time: after a crash
nobody knows how far it came. So what it does has to leave the same when it is done twice; where that
can't be (a mail), it marks beforehand that it is about to, and does it at most once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from chalicelib.core.clock import MINUTE
from chalicelib.core.table import Write
from chalicelib.rights import evidence, store
from chalicelib.rights.model import Notes, RightsRequest, Status

# Longer than a step takes that only makes a few calls, each with its own bound.
SHORT = 3 * MINUTE
# Longer than the worker may run.
WHOLE_RUN = 16 * MINUTE


class Job:
    """A request while one of its steps is at work on it."""

    def __init__(self, request: RightsRequest) -> None:
        self.request = request

    @property
    def notes(self) -> Notes:
        """What earlier steps left, and earlier runs of this one."""
        return self.request.notes

    def move(self, after: RightsRequest, event: str, **said: str | int) -> None:
        """Write the request as it shall be, with what its history says of that.

        Raises:
            MovedMeanwhile, HeadMoved: the lease was lost; nothing was written.
        """
        self.request = store.move(self.request, after, evidence.entry(event, {"by": "engine", **said}))

    def mark(self, **notes: str | int) -> None:
        """Leave a note at once, before something that must not happen twice.

        Raises:
            MovedMeanwhile: the lease was lost; the worker that has it goes on from what is stored.
        """
        self._note({**self.notes, **notes})

    def record(self, event: str, **notes: str | int) -> None:
        """Leave notes as `mark` does, and put them into the request's history in the same transaction.

        Raises:
            MovedMeanwhile, HeadMoved: as above.
        """
        self.move(self.request.model_copy(update={"notes": {**self.notes, **notes}}), event, **notes)

    def unmark(self, name: str) -> None:
        """Take a note back, once it is certain that what it announced did not happen.

        Raises:
            MovedMeanwhile: as above.
        """
        self._note({known: value for known, value in self.notes.items() if known != name})

    def _note(self, notes: Notes) -> None:
        self.request = store.move(self.request, self.request.model_copy(update={"notes": notes}))


@dataclass(frozen=True)
class Done:
    """The step has come to its end.

    Attributes:
        notes: what later steps need: ids, keys and numbers of ours, never a personal value.
        counts: what goes on record beside them.
        missing: parts that could not be had, in words of ours; the answer is then a partial one.
        answers: the status that this gives the request, if it is the answer.
        also: writes that belong to it, in one transaction with the move.
    """

    notes: Notes = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    answers: Status | None = None
    also: Sequence[Write] = ()


@dataclass(frozen=True)
class Wait:
    """The step has to be run again later. It is no failure, and may go on for days."""

    for_: timedelta
    notes: Notes = field(default_factory=dict)


@dataclass(frozen=True)
class Again:
    """Earlier steps have to be done again, from one of them on, since what they left is too old or gone.

    `notes` are those that stay; what the steps reported as missing is forgotten with the others.
    """

    from_step: str
    notes: Notes = field(default_factory=dict)


Outcome = Done | Wait | Again


class Step(Protocol):
    """One step of a plan."""

    @property
    def name(self) -> str:
        """As in plans, and on record."""

    @property
    def lease(self) -> timedelta:
        """Within which a run ends for sure."""

    @property
    def waits_for_processor(self) -> bool:
        """Whether it waits for a processor while it waits."""

    def run(self, job: Job) -> Outcome:
        """Do it.

        Raises:
            Unavailable: a service does not answer; the step waits for it, and is run again. After any other
                error it is run again too, a bounded number of times; then a person has to look.
        """
