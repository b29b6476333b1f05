"""Tests the declarations of rights: each reference resolves, and no other table has the rights as keys."""

import ast
from pathlib import Path

import pytest

from chalicelib.rights.engine.step import Step
from chalicelib.rights.intake.submission import IntakeRule, rule_of
from chalicelib.rights.jobs import worker_for
from chalicelib.rights.request import declaration
from chalicelib.rights.request.declaration import NotDeclared, StepName
from chalicelib.rights.request.terms import Destination, Right

ROOT = Path(__file__).parents[2]
STEPS = declaration.steps()


def test_each_right_is_declared_once() -> None:
    assert declaration.declared().keys() == set(Right)
    assert all(one.right is right for right, one in declaration.declared().items())


def test_right_without_a_declaration_stops_the_work_on_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declaration, "Right", [*Right, "portrait"])
    declaration.declared.cache_clear()
    try:
        with pytest.raises(NotDeclared, match=r"^portrait$"):
            declaration.declared()
    finally:
        declaration.declared.cache_clear()


@pytest.mark.parametrize("step", STEPS.values(), ids=str)
def test_named_step_has_code_under_its_name(step: StepName) -> None:
    code = step.load()
    assert (type(code), code.name) == (Step, step)


@pytest.mark.parametrize("right", Right)
def test_intake_that_a_right_names_exists(right: Right) -> None:
    assert isinstance(rule_of(right), IntakeRule)


def test_each_step_is_run_by_exactly_one_worker() -> None:
    run = [name for queue in Destination for name in worker_for(queue).steps]
    assert sorted(run) == sorted(STEPS)


def test_steps_with_one_name_are_one_step() -> None:
    """Requests store names, so a second step of a name would run in place of the first."""
    named = [*declaration._SHARED, *(s for one in declaration.declared().values() for s in one.all_steps())]
    assert len({(str(step), step.module, step.worker) for step in named}) == len(STEPS)


def test_only_the_worker_of_transfers_sends_a_copy_to_another_controller() -> None:
    assert worker_for(Destination.TRANSFERS).steps.keys() == {"transfer"}


def test_only_copies_and_erasures_want_a_step_up() -> None:
    """Only they are recovered without a session, so only they need a step before which they cool down."""
    wanting = {right for right in Right if rule_of(right).wants_step_up}
    assert wanting == {Right.ACCESS, Right.PORTABILITY, Right.ERASURE}
    assert all(declaration.of(right).cools_before for right in wanting)


def test_worker_of_a_step_of_an_older_release_is_the_usual_one() -> None:
    assert declaration.worker_of("retired") is Destination.WORK


@pytest.mark.parametrize("right", Right)
def test_what_cools_and_warns_is_a_step_of_the_right(right: Right) -> None:
    one = declaration.of(right)
    named = {one.cools_before, one.warns_before, one.shown_when_done, one.unshown} - {None}
    assert named <= set(one.steps)


def tables_of_rights(source: str) -> list[int]:
    """Return the lines of the tables with three or more rights as keys."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Dict)
        and sum(isinstance(key, ast.Attribute) and ast.unparse(key.value) == "Right" for key in node.keys) > 2
    ]


def test_no_other_table_has_the_rights_as_keys() -> None:
    folders = ("rights", "operations/reports")
    files = [path for folder in folders for path in (ROOT / "chalicelib" / folder).rglob("*.py")]
    assert len(files) > 100
    assert {str(path): found for path in files if (found := tables_of_rights(path.read_text()))} == {}


def test_table_of_rights_is_noticed() -> None:
    assert tables_of_rights("\n_X = {Right.ACCESS: 1, Right.ERASURE: 2, Right.OBJECTION: 3}") == [2]
    assert tables_of_rights("_X = {Right.ACCESS: 1, Right.ERASURE: 2}") == []
