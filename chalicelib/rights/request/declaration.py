"""What a right declares, and the steps that several rights share (ADR 58).

A right is a folder of `rights` with a module `right`. It declares facts only: the notes of its requests, the
steps that carry them out or end them early, why they may be refused, and which step waits. It names its
intake and the code of its steps, and the code that runs one loads it. So the intake of requests imports no
step, and a worker only the steps that it runs.

Intake, engine, operators, views and reports read the declarations.
"""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import chalicelib.rights
from chalicelib.rights.request.notes import RequestNotes
from chalicelib.rights.request.terms import Destination, RefusalReason, Right, Status

_ROOM = "chalicelib.rights."


class NotDeclared(Exception):
    """A right or a step has no declaration, so nothing is done for it."""


class StepName(str):
    """The name of a step, as requests store it, with the module of its code and the worker that runs it.

    The module has the step under its name in capitals.
    """

    __slots__ = ("module", "worker")

    module: str
    worker: Destination

    def load(self) -> Any:  # noqa: ANN401 - the type of steps stands in engine, which imports this module
        """The code of the step."""
        return getattr(importlib.import_module(_ROOM + self.module), self.upper())


@dataclass(frozen=True)
class At:
    """A module of `rights` with the code of steps, and the worker that runs them."""

    module: str
    worker: Destination = Destination.WORK

    def step(self, name: str) -> StepName:
        """Name a step of the module."""
        named = StepName(name)
        named.module, named.worker = self.module, self.worker
        return named


Names = tuple[StepName, ...]
Words = Mapping[str, str]  # a text in English ("en") and Serbian ("sr", in Latin script)


def in_both(en: str, sr: str) -> Words:
    """Pair the words of both languages."""
    return {"en": en, "sr": sr}


@dataclass(frozen=True)
class RightWords:
    """What people read about one right.

    Attributes:
        title: its name in reports, in English.
        outcomes: what a decision says first, by the status.
        nothing_held: the answer to a person about whom nothing is stored. `{suppressed}` is how long an
            objection to marketing is remembered.
        on_page: its name on the page of a copy, and what it allows; None: the page has words of its own.
    """

    title: str
    outcomes: Mapping[Status, Words]
    nothing_held: Words
    on_page: tuple[str, str] | None = None


@dataclass(frozen=True)
class RightDeclaration:
    """The facts about one right.

    Attributes:
        right: the right.
        dpv: its term in the extension eu-gdpr of the Data Privacy Vocabulary.
        notes: what the steps of a request leave for later ones.
        intake: the place of its `IntakeRule`: `module:name`, below `rights`.
        words: what people read about it.
        steps: the steps that carry a request out. A request that waits for operators begins without them.
        variants: the steps of requests that need others, by a name that the intake knows.
        endings: the steps after a person closed a request, by its status; None: any other status.
        refusals: why a request may be refused, wholly or in part.
        cools_before: the first step that cannot be undone. It waits if the number of the account has just
            changed, and for a request without a session. None: the first step.
        warns_before: the step before which the account is warned of a request without a session. None: the
            wait.
        shown_when_done: the step that may wait for the confirmation of a secret hold. Its subject sees it as
            waiting until it is done.
        unshown: the step that waits for the ends of holds. Its subject sees it only if one is not secret.
    """

    right: Right
    dpv: str
    notes: type[RequestNotes]
    intake: str
    words: RightWords
    steps: Names
    variants: Mapping[str, Names] = field(default_factory=dict)
    endings: Mapping[Status | None, Names] = field(default_factory=dict)
    refusals: frozenset[RefusalReason] = frozenset()
    cools_before: StepName | None = None
    warns_before: StepName | None = None
    shown_when_done: StepName | None = None
    unshown: StepName | None = None

    def all_steps(self) -> Iterator[StepName]:
        """Each step that a request of the right may have."""
        for names in (self.steps, *self.variants.values(), *self.endings.values()):
            yield from names


# Art. 12(2), (5) and (6) GDPR (Art. 21 ZZPL) give these reasons for Art. 15 to 22: the requester cannot be
# identified, or the request is manifestly unfounded or excessive. The article of a right gives the others.
IN_GENERAL = frozenset(
    {
        RefusalReason.IDENTITY_FAILURE,
        RefusalReason.MANIFESTLY_UNFOUNDED,
        RefusalReason.MANIFESTLY_EXCESSIVE,
    }
)

_ANNOUNCE, _PIN, _GUESTS = At("steps.announce"), At("steps.duties"), At("steps.guests")

ANNOUNCE = _ANNOUNCE.step("announce")  # announce the answer to the subject
PIN = _PIN.step("pin")  # pin the records that would expire before the answer
WARN = _GUESTS.step("warn")  # announce on every channel of the account what was requested without a session
# Wait until a person who was warned, or whose number changed, had time to object.
COOL_DOWN = _GUESTS.step("cool_down")
SEARCH = _GUESTS.step("search")  # search for an account of the contact of a person without an account
ANSWER = _GUESTS.step("answer")  # answer that nothing is stored about that person
FORGET_CONTACT = _GUESTS.step("forget_contact")  # delete the contact from the request

# The request of a person without an account, whatever the right.
WITHOUT_ACCOUNT = (SEARCH, ANSWER, ANNOUNCE, FORGET_CONTACT)
_SHARED = (*WITHOUT_ACCOUNT, PIN, WARN, COOL_DOWN)


@cache
def declared() -> Mapping[Right, RightDeclaration]:
    """The declaration of each right, from the modules named `right`.

    Raises:
        NotDeclared: a right has none.
    """
    found: dict[Right, RightDeclaration] = {}
    for path in sorted(Path(chalicelib.rights.__path__[0]).glob("*/right.py")):
        module = importlib.import_module(f"{_ROOM}{path.parent.name}.right")
        found |= {one.right: one for one in vars(module).values() if isinstance(one, RightDeclaration)}
    if missing := set(Right) - found.keys():
        raise NotDeclared(", ".join(sorted(missing)))
    return found


def of(right: Right) -> RightDeclaration:
    """The declaration of a right."""
    return declared()[right]


def steps() -> dict[str, StepName]:
    """Each step by its name as requests store it."""
    own = (step for one in declared().values() for step in one.all_steps())
    return {str(step): step for step in (*_SHARED, *own)}


def worker_of(step: str) -> Destination:
    """The worker that runs a step; the usual one for a step of an older release, which reports it."""
    named = steps().get(step)
    return named.worker if named else Destination.WORK


def load_all() -> None:
    """Load the intake of each right: while Lambda starts the container, no request waits."""
    for one in declared().values():
        load(one.intake)


def load(place: str) -> Any:  # noqa: ANN401 - the caller knows what it named
    """What a declaration names by `module:name`."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(_ROOM + module), name)
