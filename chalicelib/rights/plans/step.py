"""Steps and their outcomes.

The worker that holds the lease of a request runs its step. A step may be run again at any time, since after
a crash it is unknown how far it came. So a step has to be idempotent. Where it cannot be (a mail), it leaves
a note beforehand and acts at most once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from chalicelib.core.clock import MINUTE
from chalicelib.core.table import Write
from chalicelib.rights import evidence, store
from chalicelib.rights.model import Notes, RightsRequest, Status

# The lease of a step that makes only a few calls, each with a timeout.
SHORT = 3 * MINUTE
# The lease of a step that may take the worker's whole time: longer than a worker may run.
WHOLE_RUN = 16 * MINUTE


class Job:
    """A request while a worker runs one of its steps or duties under the lease."""

    def __init__(self, request: RightsRequest) -> None:
        self.request = request

    @property
    def notes(self) -> Notes:
        """The notes that earlier steps, and earlier runs of this one, left."""
        return self.request.notes

    def move(self, after: RightsRequest, event: str, **said: str | int) -> None:
        """Write the request's new state, with its evidence.

        Raises:
            MovedMeanwhile, HeadMoved: the lease was lost; nothing was written.
        """
        self.request = store.move(self.request, after, evidence.entry(event, {"by": "engine", **said}))

    def mark(self, **notes: str | int) -> None:
        """Write notes at once, before an action that must not happen twice.

        Raises:
            MovedMeanwhile: the lease was lost; the worker that has it continues from the stored state.
        """
        self._note({**self.notes, **notes})

    def record(self, event: str, **notes: str | int) -> None:
        """Write notes as `mark` does, and record them as evidence in the same transaction.

        Raises:
            MovedMeanwhile, HeadMoved: as for `move`.
        """
        self.move(self.request.model_copy(update={"notes": {**self.notes, **notes}}), event, **notes)

    def unmark(self, name: str) -> None:
        """Remove a note, once it is certain that the action which it preceded did not happen.

        Raises:
            MovedMeanwhile: as for `mark`.
        """
        self._note({known: value for known, value in self.notes.items() if known != name})

    def _note(self, notes: Notes) -> None:
        self.request = store.move(self.request, self.request.model_copy(update={"notes": notes}))


@dataclass(frozen=True)
class Done:
    """The step is done.

    Attributes:
        notes: values that later steps need: internal ids, keys and numbers, never personal values.
        counts: numbers that are recorded as evidence beside the notes.
        missing: parts that could not be included, in fixed words; the answer is then a partial one.
        answers: the status of the request, if this step is the answer.
        also: further writes in the same transaction.
    """

    notes: Notes = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    answers: Status | None = None
    also: Sequence[Write] = ()


@dataclass(frozen=True)
class Wait:
    """The step has to be run again after `for_`. It is not a failure, and may last for days."""

    for_: timedelta
    notes: Notes = field(default_factory=dict)


@dataclass(frozen=True)
class Again:
    """The plan has to restart from an earlier step, whose result is too old or gone.

    `notes` are those to keep. All other notes are dropped, and so is what the steps reported as missing.
    """

    from_step: str
    notes: Notes = field(default_factory=dict)


Outcome = Done | Wait | Again


class Step(Protocol):
    """One step of a plan."""

    @property
    def name(self) -> str:
        """The name in plans and in evidence."""

    @property
    def lease(self) -> timedelta:
        """The lease of a run: longer than any run takes."""

    @property
    def waits_for_processor(self) -> bool:
        """Whether a wait of this step is for a processor."""

    def run(self, job: Job) -> Outcome:
        """Run the step once.

        Raises:
            Unavailable: a service does not answer; the step waits, and is run again. After any other error
                it is run again too, at most `engine.MOST_TRIES` times; then it stops for an operator.
        """
