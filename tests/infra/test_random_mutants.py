"""Random mutants: which places are sampled, and what counts as killed."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from coverage import CoverageData

from infra.mutants import random_mutants, sample
from infra.mutants.model import Mutant, Verdict
from infra.mutants.random_mutants import KILLED, Measured
from infra.mutants.runs import Run, Tests
from infra.mutants.sample import ExecutedFunction, Mutation, RandomMutant
from infra.mutants.trials import Trial

PATH = "module.py"
TEST = "tests/unit/test_module.py::test_wait"

# Each number stands in one kind of place.
SOURCE = '''
LIMIT = 1

@limited(2)
def wait(days: Literal[3] = 4) -> Literal[5]:
    """Wait 6 days."""
    count: Literal[7] = 8
    if days > 9:
        return 10
    elif count > 11:
        return 12
    observe.log("waited", days=13)
    ћирилица = "шест", 14
    for day in range(
        15,
    ):
        @cached(16)
        def inner(day=17):
            return 18
        try:
            use(day, 19)
        except (Late, missing[20]):
            use(21)
    match days:
        case 22:
            use(23)
        case _ if days > 24:
            use(25)

class Reader:
    most = 26

    def read(self):
        return 27

    def skip(self):
        return 28
'''
UNEXECUTED = ("10", "21", "28")


def executed(source: str = SOURCE) -> list[ExecutedFunction]:
    lines = {
        number: {TEST}
        for number, text in enumerate(source.splitlines(), 1)
        if not any(f"({one})" in text or f"return {one}" in text for one in UNEXECUTED)
    }
    return list(sample.executed_functions(PATH, source, lines))


class Adder:
    """A tool that adds 100 to a number; it can change none of `refused`."""

    def __init__(self, *refused: str, source: str = SOURCE) -> None:
        self._refused, self._source = refused, source

    def mutations(self, _paths: Iterable[str]) -> Mapping[str, Sequence[Mutation]]:
        tokens = tokenize.generate_tokens(io.StringIO(self._source).readline)
        numbers = [one for one in tokens if one.type == tokenize.NUMBER]
        return {PATH: [Mutation("add", n, one.start, one.end) for n, one in enumerate(numbers)]}

    def applied(self, wanted: Sequence[tuple[str, Mutation]]) -> Sequence[tuple[str, str | None]]:
        return [(self._source, self._changed(mutation)) for _, mutation in wanted]

    def _changed(self, mutation: Mutation) -> str | None:
        lines = self._source.splitlines(keepends=True)
        (line, start), (_, end) = mutation.start, mutation.end
        text = lines[line - 1]
        if text[start:end] in self._refused:
            return None
        lines[line - 1] = f"{text[:start]}{int(text[start:end]) + 100}{text[end:]}"
        return "".join(lines)


def number_of(one: RandomMutant) -> int:
    return next(n for n in range(1, 29) if str(n + 100) in one.after)


@pytest.fixture(scope="module")
def numbers() -> set[int]:
    """The numbers that some seed changes."""
    found = [sample.chosen(executed(), Adder(), seed, 9) for seed in range(200)]
    return {number_of(one) for mutants in found for one in mutants}


@pytest.mark.parametrize("number", [8, 9, 11, 12, 14, 15, 18, 19, 20, 22, 23, 24, 25, 27])
def test_number_in_an_executed_statement_is_sampled(numbers: set[int], number: int) -> None:
    assert number in numbers


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(1, id="module"),
        pytest.param(2, id="decorator"),
        pytest.param(3, id="annotation of a parameter"),
        pytest.param(4, id="default"),
        pytest.param(5, id="annotation of a result"),
        pytest.param(6, id="docstring"),
        pytest.param(7, id="annotation of a variable"),
        pytest.param(10, id="unexecuted branch"),
        pytest.param(13, id="log line"),
        pytest.param(16, id="decorator of an inner function"),
        pytest.param(17, id="default of an inner function"),
        pytest.param(21, id="unexecuted handler"),
        pytest.param(26, id="class"),
        pytest.param(28, id="unexecuted function"),
    ],
)
def test_number_elsewhere_is_not_sampled(numbers: set[int], number: int) -> None:
    assert number not in numbers


def test_sample_follows_from_its_seed() -> None:
    first, again, *others = (
        [one.after for one in sample.chosen(executed(), Adder(), seed, 2)] for seed in (1, 1, 2, 3, 4)
    )
    assert first == again
    assert any(first != other for other in others)


def test_each_function_is_changed_once() -> None:
    names = [one.function.name for one in sample.chosen(executed(), Adder(), 1, 9)]
    assert sorted(names) == ["Reader.read", "wait", "wait.inner"]


def test_function_that_the_tool_cannot_change_gives_its_place_to_another() -> None:
    source = "".join(f"def f{n}():\n    return {n}\n" for n in range(10))
    tool = Adder(*map(str, range(9)), source=source)
    assert [one.function.name for one in sample.chosen(executed(source), tool, 1, 1)] == ["f9"]


@pytest.mark.parametrize(
    ("operator", "chances"), [("Eq_Is", 0), ("IsNot_NotEq", 0), ("Is_IsNot", 1), ("Eq_Lt", 1)]
)
def test_equality_is_not_replaced_by_identity(operator: str, chances: int) -> None:
    source = "def f(x):\n    return x == 1\n"

    class Comparer(Adder):
        def mutations(self, _paths: Iterable[str]) -> Mapping[str, Sequence[Mutation]]:
            return {PATH: [Mutation(f"core/ReplaceComparisonOperator_{operator}", 0, (2, 16), (2, 17))]}

    assert len(list(sample.chosen(executed(source), Comparer(source=source), 1, 1))) == chances


def test_line_that_only_an_import_executes_has_no_test(tmp_path: Path) -> None:
    data = CoverageData(str(tmp_path / "data"))
    for context, line in (("", 1), (f"{TEST}|setup", 2), (f"{TEST}|run", 2)):
        data.set_context(context)
        data.add_lines({str(tmp_path / PATH): [line]})
    data.write()
    assert random_mutants.executed_lines(tmp_path / "data", tmp_path) == {PATH: {1: set(), 2: {TEST}}}


class TestTrials:
    """The answers of runs are given; which tests each mutant runs on is what counts."""

    OTHER = "tests/unit/test_other.py::test_other"

    def tried(self, *runs: Run) -> tuple[Trial, list[Tests]]:
        one = next(sample.chosen(executed(), Adder(), 1, 1))
        answers = iter(runs)
        asked: list[Tests] = []

        def each(tests: Mapping[Mutant, tuple[Tests, float]]) -> Iterator[Trial]:
            for mutant, (what, _) in tests.items():
                asked.append(what)
                yield Trial(mutant, next(answers))

        known = Measured(executed(), {TEST: 1.0, self.OTHER: 1.0}, 1.0)
        [(_, trial)] = random_mutants.tried([one], known, 1, each, lambda _: None)
        return trial, asked

    @pytest.mark.parametrize("verdict", sorted(KILLED))
    def test_mutant_that_a_test_notices_is_tried_once(self, verdict: Verdict) -> None:
        trial, asked = self.tried(Run(verdict, TEST, 1.0, 1))
        assert trial.run.verdict is verdict
        assert [tests.paths for tests in asked] == [[TEST]]

    @pytest.mark.parametrize("first", [Verdict.SURVIVED, Verdict.BROKEN])
    def test_mutant_that_no_test_notices_is_tried_on_whole_files(self, first: Verdict) -> None:
        trial, asked = self.tried(Run(first, "", 1.0, 1), Run(Verdict.SURVIVED, "", 1.0, 1))
        assert trial.run.verdict is Verdict.SURVIVED
        assert asked[1].paths == ["tests/unit/test_module.py"]

    def test_mutant_runs_on_few_of_many_tests_first(self) -> None:
        many = [f"{TEST}[{n}]" for n in range(999)]
        source = "def f():\n    return 1\n"
        functions = sample.executed_functions(PATH, source, {2: many})
        one = next(sample.chosen(functions, Adder(source=source), 1, 1))
        asked: list[Tests] = []

        def each(tests: Mapping[Mutant, tuple[Tests, float]]) -> Iterator[Trial]:
            asked.extend(what for what, _ in tests.values())
            yield from (Trial(mutant, Run(Verdict.DEAD, TEST, 1.0, 1)) for mutant in tests)

        random_mutants.tried([one], Measured([], {}, 1.0), 1, each, lambda _: None)
        assert len(asked[0].paths) == random_mutants.FIRST


def test_survivor_is_printed_as_a_change_with_its_tests() -> None:
    source = "def f():\n    return 1\n"
    one = next(sample.chosen(executed(source), Adder(source=source), 1, 1))
    shown = random_mutants.survivor(one)
    assert "f: add survived, 1 marked tests execute it" in shown
    assert "-    return 1\n+    return 101" in shown
