"""Random mutants of functions that marked tests execute: they show what the written ones miss.

The mutations are those of cosmic-ray, which is maintained (three releases in the last nine months). Its
operators are a library: they list the mutations of a module and apply one. Its runner is not used, since
`trials` has the copies, the limits and the end of what a mutant starts. mutmut 3 is maintained too, but it
is a runner with a folder of its own. It leaves out functions with a decorator other than that of a static
or class method, and our routes and jobs have decorators.

First, all marked tests run on the unchanged code under coverage, with a context per test: they show which
test executes which statement. Each mutant is then tried on a few tests that execute the changed statement.
One that survives is tried on all marked tests of the files that execute its function: a cached function or a
shared fixture is executed only by the first test that needs it, but other tests may notice the change.
"""

from __future__ import annotations

import json
import random
import subprocess
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from functools import partial
from pathlib import Path

from coverage import CoverageData

from infra.environments import environment
from infra.mutants import sample
from infra.mutants.catalogue import ROOT
from infra.mutants.copies import Copy
from infra.mutants.model import Mutant, Verdict
from infra.mutants.runs import Run, Tests, run
from infra.mutants.sample import ExecutedFunction, Mutation, RandomMutant
from infra.mutants.trials import BY_DAY, Pool, Trial, green, limit_of

# A failure of any kind is a notice: a random mutant seldom fails by an assertion.
KILLED = {Verdict.DEAD, Verdict.BROKEN, Verdict.TIMED_OUT}

# Tests on which a mutant is tried first.
FIRST = 50

# Tries mutants, each on its tests for at most some seconds: `Pool.each`.
Attempt = Callable[[Mapping[Mutant, tuple[Tests, float]]], Iterable[Trial]]

_MARKS = "promise and not proof"
_COVERAGE = ("--cov=chalicelib", "--cov-context=test", "--cov-report=")

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_PROGRAM = Path(__file__).with_name("mutations.py")


@dataclass(frozen=True)
class Measured:
    """What a run of all marked tests under coverage showed."""

    functions: Sequence[ExecutedFunction]
    durations: Mapping[str, float]  # seconds by test
    start: float  # seconds that no test took

    def limit(self, tests: Iterable[str]) -> float:
        """Return how long a mutant may take on tests."""
        return limit_of(self.start + sum(self.durations.get(test, 0.0) for test in tests))


class CosmicRay:
    """The operators of cosmic-ray."""

    def __init__(self) -> None:
        self._python = environment("cosmic-ray", _REQUIREMENTS) / "bin" / "python"

    def mutations(self, paths: Iterable[str]) -> Mapping[str, Sequence[Mutation]]:
        """Return all mutations of each module."""
        listed: dict[str, list[tuple[str, int, list[int], list[int]]]] = json.loads(
            self._ask("list", list(paths))
        )
        return {
            path: [
                Mutation(operator, occurrence, (start[0], start[1]), (end[0], end[1]))
                for operator, occurrence, start, end in found
            ]
            for path, found in listed.items()
        }

    def applied(self, wanted: Sequence[tuple[str, Mutation]]) -> Sequence[tuple[str, str | None]]:
        """Return the text of each module before and after a mutation; None if it cannot be made."""
        changed = json.loads(
            self._ask("apply", [(path, one.operator, one.occurrence) for path, one in wanted])
        )
        return [((ROOT / path).read_text(), after) for (path, _), after in zip(wanted, changed, strict=True)]

    def _ask(self, verb: str, request: object) -> str:
        command = [str(self._python), "-I", str(_PROGRAM), verb]
        done = subprocess.run(
            command, input=json.dumps(request), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout


def measured(pool: Pool) -> Measured:
    """Run the marked tests of each suite on the unchanged code, and return what they execute.

    Raises:
        CannotJudge: a test failed, or a suite has no marked test.
    """
    running = [pool.submit(partial(_suite, suite)) for suite in BY_DAY]
    suites = [future.result() for future in running]
    tests: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for _, executed in suites:
        for path, lines in executed.items():
            for line, found in lines.items():
                tests[path][line] |= found
    functions = [
        function
        for path in sorted(tests)
        for function in sample.executed_functions(path, (ROOT / path).read_text(), tests[path])
    ]
    runs = [one for one, _ in suites]
    durations = {test: seconds for one in runs for test, seconds in one.durations.items()}
    return Measured(functions, durations, max(one.seconds - sum(one.durations.values()) for one in runs))


def _suite(suite: str, copy: Copy, stop: threading.Event) -> tuple[Run, dict[str, dict[int, set[str]]]]:
    """Run the marked tests of one suite under coverage; return the tests by line, by path."""
    done = green(run(copy, Tests([f"tests/{suite}"], "", _MARKS, _COVERAGE), stop), suite)
    return done, executed_lines(copy.root / ".coverage", copy.root)


def executed_lines(database: Path, root: Path) -> dict[str, dict[int, set[str]]]:
    """Return which tests execute which lines, by path; lines that only imports execute have none."""
    data = CoverageData(str(database))
    data.read()
    return {
        str(Path(file).relative_to(root)): {
            line: {context.rpartition("|")[0] for context in contexts} - {""}
            for line, contexts in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }


def tried(
    chosen: Sequence[RandomMutant], known: Measured, seed: int, each: Attempt, report: Callable[[Trial], None]
) -> list[tuple[RandomMutant, Trial]]:
    """Try mutants; return the trial of each, in their order."""
    mutants = {one: one.mutant for one in chosen}
    found: dict[Mutant, Trial] = {}
    few = {one: _few(one.tests, seed) for one in chosen}
    for trial in each({mutants[one]: (Tests(few[one], "", _MARKS), known.limit(few[one])) for one in chosen}):
        # If no test is named, pytest failed, perhaps at an id that it does not read back.
        if trial.run.verdict in KILLED and trial.run.test:
            found[trial.mutant] = trial
            report(trial)
    for trial in each({mutants[one]: _many(one, known) for one in chosen if mutants[one] not in found}):
        found[trial.mutant] = trial
        report(trial)
    return [(one, found[mutants[one]]) for one in chosen]


def _few(tests: Iterable[str], seed: int) -> list[str]:
    ordered = sorted(tests)
    return sorted(random.Random(seed).sample(ordered, min(FIRST, len(ordered))))  # noqa: S311 - a sample, no secret


def _many(one: RandomMutant, known: Measured) -> tuple[Tests, float]:
    """Return all marked tests of the files with a test that executes the function, and their limit."""
    files = sorted({test.partition("::")[0] for test in one.function.tests})
    tests = [test for test in known.durations if test.partition("::")[0] in files]
    return Tests(files, "", _MARKS), known.limit(tests)


def survivor(one: RandomMutant) -> str:
    """Return a survivor for a person to read: the tests that executed it, and the change."""
    difference = unified_diff(
        one.before.splitlines(), one.after.splitlines(), one.function.path, one.function.path, lineterm=""
    )
    title = f"{one.function.name}: {one.mutation.operator} survived, {len(one.tests)} marked tests execute it"
    return "\n".join([title, *difference])
