"""Steps and their outcomes.

The worker that holds the lease of a request runs its step. A step may be run again at any time, since after
a crash it is unknown how far it came. So a step has to be idempotent. Where it cannot be (a mail), it leaves
a note beforehand and acts at most once.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Generic, TypeVar, cast

from chalicelib.core.clock import HOUR, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import MailId
from chalicelib.core.transactions import Write
from chalicelib.privacy.leases import Turns
from chalicelib.rights.request import evidence, store
from chalicelib.rights.request.duties import Duty
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import (
    CopyNotes,
    ErasureNotes,
    RequestAnnouncement,
    RequestNotes,
    changes,
)
from chalicelib.rights.request.terms import Destination, Status
from chalicelib.rights.request.waits import WaitReason

# The lease of a step that makes only a few calls, each with a timeout.
SHORT = 3 * MINUTE
# The lease of a step that may take the worker's whole time: longer than a worker may run.
WHOLE_RUN = 16 * MINUTE
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = 6 * HOUR
# The longest wait between two attempts at a service that does not answer.
LONGEST_LOOK = 30 * MINUTE
# What is known of a message that may have been sent, in the words of the evidence.
SENT_BEFORE, SENT_IN_DOUBT = "sent_before", "sent_in_doubt"

N = TypeVar("N", bound=RequestNotes)


class NotSent(Unavailable):
    """No provider takes a mail or a text message now: it was certainly not sent."""


class Job(Generic[N]):
    """A request, with the notes of its right, while a worker runs a step or duties under the lease."""

    def __init__(self, request: RightsRequest) -> None:
        self.request = request

    @property
    def notes(self) -> N:
        """The notes that earlier steps, and earlier runs of this one, left."""
        return cast("N", self.request.notes)  # the step belongs to the request's right

    def move(self, after: RightsRequest, event: str, *also: Write, **said: object) -> None:
        """Write the request's new state, with its evidence and `also`.

        Raises:
            MovedMeanwhile, HeadMoved: the lease was lost; nothing was written.
            Conflict: the condition of a write in `also` does not hold; nothing was written.
        """
        entry = evidence.entry(event, {"by": "engine", **said}, after.kept_since)
        self.request = store.move(self.request, after, entry, also)

    def note(self, notes: N) -> None:
        """Write notes at once, for example before an action that must not happen twice.

        Raises:
            MovedMeanwhile: the lease was lost; the worker that has it continues from the stored state.
        """
        self.request = store.move(self.request, self.request.model_copy(update={"notes": notes}))

    def record(self, event: str, notes: N, *also: Write) -> None:
        """Write notes as `note` does, and record the changed ones as evidence in the same transaction.

        Raises:
            MovedMeanwhile, HeadMoved, Conflict: as for `move`.
        """
        changed = changes(self.notes, notes)
        self.move(self.request.model_copy(update={"notes": notes}), event, *also, **changed)

    def send_at_most_once(self, about: RequestAnnouncement, send: Callable[[MailId], str]) -> str:
        """Send a message, unless an earlier run may have sent it: a note is written before.

        Returns what `send` returns, `SENT_BEFORE` if an earlier run may have sent it, or `SENT_IN_DOUBT`.

        Raises:
            NotSent: it was certainly not sent; another run may send it.
        """
        # Not at the top: the sweep imports this module and sends no messages.
        from chalicelib.messages.mail import MailInDoubt, MailUnavailable
        from chalicelib.messages.sms import TextInDoubt, TextUnavailable

        if about in self.notes.mails:
            return SENT_BEFORE
        before, mail_id = self.notes, MailId.new()
        self.note(replace(before, mails={**before.mails, about: mail_id}))
        try:
            return send(mail_id)
        except (MailUnavailable, TextUnavailable):
            self.note(before)
            raise NotSent from None
        except (MailInDoubt, TextInDoubt):
            return SENT_IN_DOUBT


CopyJob = Job[CopyNotes]
ErasureJob = Job[ErasureNotes]
AnyJob = Job[RequestNotes]


@dataclass(frozen=True)
class Done:
    """The step is done.

    Attributes:
        notes: all notes of the request from now on; None if they did not change.
        counts: numbers that are recorded as evidence beside the changed notes.
        missing: parts that could not be included, in fixed words; the answer is then a partial one.
        answers: the status of the request, if this step is the answer.
        also: further writes in the same transaction.
    """

    notes: RequestNotes | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    answers: Status | None = None
    also: Sequence[Write] = ()


@dataclass(frozen=True)
class Wait:
    """The step has to be run again after `for_`. It is not a failure, and may last for days."""

    for_: timedelta
    why: WaitReason
    notes: RequestNotes | None = None


@dataclass(frozen=True)
class Again:
    """The procedure has to restart from an earlier step, whose result is too old or gone.

    `notes` are those to keep. What the steps reported as missing is dropped.
    """

    from_step: str
    notes: RequestNotes


@dataclass(frozen=True)
class Stop:
    """The step cannot go on until an operator acts. `why`: a fixed word, for the evidence."""

    why: str
    notes: RequestNotes | None = None


@dataclass(frozen=True)
class AwaitIdentity:
    """The request waits for proof of its subject's identity; then the step is run again.

    `why`: a fixed word, for the evidence. `counts`: as of `Done`.
    """

    why: str
    counts: Mapping[str, int] = field(default_factory=dict)


Outcome = Done | Wait | Again | Stop | AwaitIdentity


@dataclass(frozen=True)
class Step(Generic[N]):
    """One step of a procedure; `N`: the notes of the rights whose procedures have it.

    Attributes:
        name: the name in procedures and in evidence.
        run: runs the step once. If it raises Unavailable, a service does not answer: the step waits and is
            run again. After any other error it is run again too, at most `engine.MAX_TRIES` times; then it
            stops for an operator.
        lease: the lease of a run: longer than any run takes.
        waits_for_processor: whether a wait of this step is for a processor.
    """

    name: str
    run: Callable[[Job[N]], Outcome]
    lease: timedelta = SHORT
    waits_for_processor: bool = False


# Each step takes the notes of its right.
AnyStep = Step[Any]
Steps = Mapping[str, AnyStep]
Duties = Mapping[Duty, Callable[[AnyJob], None]]


@dataclass(frozen=True)
class Worker:
    """The steps and duties that one kind of worker runs; it forwards other work to its queue."""

    queue: Destination
    steps: Steps
    duties: Duties = field(default_factory=dict)
    turns: Turns | None = None  # None: its steps need no turn to run one at a time per account


def backoff(tries: int) -> timedelta:
    """Return the wait after a number of failed runs: doubled each time, with jitter."""
    return _spread(min(_FIRST_WAIT * 2 ** (tries - 1), _LONGEST_WAIT))


def until_next_look(silent_for: timedelta) -> timedelta:
    """Return the wait until a silent service is called again: about as long as it is silent, bounded."""
    return _spread(min(max(silent_for, _FIRST_WAIT), LONGEST_LOOK))


def _spread(longest: timedelta) -> timedelta:
    """A random wait between half of `longest` and `longest`, so that retries do not coincide."""
    least = int(longest.total_seconds() / 2)
    return timedelta(seconds=least + secrets.randbelow(least + 1))
