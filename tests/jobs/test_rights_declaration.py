"""Tests that a declaration is all that intake and workers know of a right."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any, cast

import pytest

from chalicelib.core.ids import RightsRequestId
from chalicelib.rights import jobs
from chalicelib.rights.engine import engine
from chalicelib.rights.engine.step import AnyJob, Done, Step
from chalicelib.rights.intake.submission import Beginning, IntakeRule, Submission
from chalicelib.rights.request import declaration
from chalicelib.rights.request.declaration import ANNOUNCE, At, RightWords, in_both
from chalicelib.rights.request.notes import RequestNotes
from chalicelib.rights.request.terms import Destination, Right, Status
from tests.support.cases.scripted import stored
from tests.support.world.world import World

_MODULE = "other"
_LOOK, _REPLY = (At(_MODULE).step(name) for name in ("look", "reply"))


def _begin(submission: Submission) -> Beginning:
    right = declaration.of(submission.body.right)
    return Beginning(right.steps, right.notes(), said={"taken_by": "another rule"})


def _look(_: AnyJob) -> Done:
    return Done(counts={"looked": 1})


def _reply(_: AnyJob) -> Done:
    return Done(answers=Status.COMPLETED)


@pytest.fixture
def another_declaration(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Replace the declaration of access: its intake and steps are those of a module of this test."""
    module = cast("Any", ModuleType(f"chalicelib.rights.{_MODULE}"))
    module.LOOK, module.REPLY = Step("look", _look), Step("reply", _reply)
    module.RULE = IntakeRule(_begin, wants_step_up=False)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    other = replace(
        declaration.of(Right.ACCESS),
        notes=RequestNotes,
        intake=f"{_MODULE}:RULE",
        words=RightWords(
            title="Other",
            outcomes={
                Status.COMPLETED: in_both("We looked (Art. 15 GDPR).", "Pogledali smo (čl. 15. GDPR).")
            },
            nothing_held=in_both("Nothing.", "Ništa."),
        ),
        steps=(_LOOK, _REPLY, ANNOUNCE),
    )
    monkeypatch.setitem(cast("dict[Right, Any]", declaration.declared()), Right.ACCESS, other)
    jobs.worker_for.cache_clear()
    yield
    jobs.worker_for.cache_clear()


@pytest.mark.usefixtures("another_declaration")
def test_request_is_answered_as_its_declaration_says(world: World) -> None:
    mila = world.a_user()  # without the step-up that the real rule wants
    made = mila.exercises("access")
    assert made.status == 202
    request_id = RightsRequestId(made.json["rights_request_id"])
    for _ in range(3):
        engine.advance(request_id, jobs.worker_for(Destination.WORK))
    request = stored(request_id)
    assert [step.name for step in request.steps] == ["look", "reply", "announce"]
    assert (request.status, type(request.notes), request.next_step) == (Status.COMPLETED, RequestNotes, None)
    answer = mila.calls("GET", f"/v1/rights-requests/{request_id}").json["decision"]
    assert answer["text"].startswith("We looked (Art. 15 GDPR).")
