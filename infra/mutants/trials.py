"""Tries mutants in parallel: first on the test that noticed each of them last time, then on all marked tests.

Each set of tests is first run on the unchanged code. It has to pass, and says how long a mutant may take.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from infra.mutants.copies import Copy, copied
from infra.mutants.model import Mutant, Verdict
from infra.mutants.runs import LEAST, LONGEST, PATIENCE, Run, Tests, run

# Suites whose tests run in any process; the others start emulators.
BY_DAY = ("unit", "api", "jobs", "budget", "infra")
AT_NIGHT = (*BY_DAY, "contract", "faults", "e2e")


class CannotJudge(Exception):
    """The unchanged code fails a test, or no test is marked with the promise of a mutant."""


@dataclass(frozen=True)
class Trial:
    """One mutant and what its run showed."""

    mutant: Mutant
    run: Run

    @property
    def expected(self) -> bool:
        """Return whether the mutant ended as its file says."""
        return self.run.verdict is self.mutant.expect


@dataclass(frozen=True)
class TrialPlan:
    """What the trials need to know: the marked tests by promise, their suites, and the tests to try first."""

    proofs: Mapping[str, Sequence[str]]
    suites: Sequence[str]
    marks: str
    first: Mapping[Mutant, str]

    def tests_of(self, promise: str) -> Tests:
        """Return the marked tests of a promise: their files, in the order of the suites.

        Raises:
            CannotJudge: there are none.
        """
        files = dict.fromkeys(test.partition("::")[0] for test in self.proofs.get(promise, ()))
        ordered = [file for suite in self.suites for file in files if file.split("/")[1] == suite]
        if not ordered:
            raise CannotJudge(f"{promise}: no test of {', '.join(self.suites)} is marked with it")
        return Tests(ordered, promise, self.marks)

    def first_of(self, mutant: Mutant) -> Tests | None:
        """Return the test that noticed a mutant last time, unless it is gone."""
        function = self.first.get(mutant, "").partition("[")[0]
        if function not in self.proofs.get(mutant.promise, ()) or function.split("/")[1] not in self.suites:
            return None
        return Tests([function], mutant.promise, self.marks)


class Trials:
    """Runs trials in the copies that it was given."""

    def __init__(self, plan: TrialPlan, copies: Sequence[Copy], report: Callable[[Trial], None]) -> None:
        self._plan, self._report = plan, report
        self._stop = threading.Event()
        self._free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        for copy in copies:
            self._free.put(copy)
        self._pool = ThreadPoolExecutor(len(copies))

    def of(self, mutants: Sequence[Mutant]) -> list[Trial]:
        """Try mutants; return a trial of each, in their order.

        Raises:
            CannotJudge: see there.
        """
        with self._pool:
            try:
                found = self._on_first_tests(mutants)
                rest = [one for one in mutants if one not in found]
                found |= self._on_all_tests(rest)
            except BaseException:
                self._stop.set()
                self._pool.shutdown(cancel_futures=True)
                raise
        return [found[one] for one in mutants]

    def _on_first_tests(self, mutants: Sequence[Mutant]) -> dict[Mutant, Trial]:
        """Try mutants on the tests that noticed them last time; return those that end as expected."""
        tests = {one: first for one in mutants if (first := self._plan.first_of(one)) is not None}
        if not tests:
            return {}
        functions = sorted({first.paths[0] for first in tests.values()})
        unchanged = self._unchanged(Tests(functions, "", self._plan.marks))
        start = unchanged.seconds - sum(unchanged.durations.values())

        def limit(first: Tests) -> float:
            function = first.paths[0]
            own = [seconds for test, seconds in unchanged.durations.items() if test.startswith(function)]
            return max(LEAST, PATIENCE * (start + sum(own)))

        found = {}
        for trial in self._all({one: (first, limit(first)) for one, first in tests.items()}):
            if trial.expected:
                found[trial.mutant] = trial
                self._report(trial)
        return found

    def _on_all_tests(self, mutants: Sequence[Mutant]) -> dict[Mutant, Trial]:
        by_promise = {
            promise: self._plan.tests_of(promise) for promise in dict.fromkeys(one.promise for one in mutants)
        }
        futures = {
            promise: self._pool.submit(self._unchanged, tests) for promise, tests in by_promise.items()
        }
        limits = {
            promise: max(LEAST, PATIENCE * future.result().seconds) for promise, future in futures.items()
        }
        found = {}
        for trial in self._all({one: (by_promise[one.promise], limits[one.promise]) for one in mutants}):
            found[trial.mutant] = trial
            self._report(trial)
        return found

    def _all(self, tests: Mapping[Mutant, tuple[Tests, float]]) -> Iterator[Trial]:
        futures: list[Future[Trial]] = [
            self._pool.submit(self._one, mutant, *what) for mutant, what in tests.items()
        ]
        for future in as_completed(futures):
            yield future.result()

    def _one(self, mutant: Mutant, tests: Tests, limit: float) -> Trial:
        with self._copy() as copy, copy.changed(mutant):
            return Trial(mutant, run(copy, tests, self._stop, limit))

    def _unchanged(self, tests: Tests) -> Run:
        with self._copy() as copy:
            found = run(copy, tests, self._stop, LONGEST)
        what = tests.promise or "tests that noticed mutants"
        if found.verdict is not Verdict.SURVIVED:
            raise CannotJudge(f"{what}: unchanged code, {found.verdict} {found.test}\n{found.detail}")
        if not found.durations:
            raise CannotJudge(f"{what}: no test ran")
        return found

    @contextmanager
    def _copy(self) -> Iterator[Copy]:
        copy = self._free.get()
        try:
            yield copy
        finally:
            self._free.put(copy)


def tried(
    mutants: Sequence[Mutant], plan: TrialPlan, workers: int, report: Callable[[Trial], None]
) -> list[Trial]:
    """Try mutants in as many copies as there are workers."""
    with ExitStack() as stack:
        copies = [stack.enter_context(copied()) for _ in range(workers)]
        return Trials(plan, copies, report).of(mutants)
