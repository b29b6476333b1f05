"""Tries mutants in parallel: first on the test that noticed each of them last time, then on all marked tests.

Each set of tests is first run on the unchanged code. It has to pass, and says how long a mutant may take.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Self, TypeVar

from infra.mutants.copies import Copy, copied
from infra.mutants.model import Mutant, Verdict
from infra.mutants.runs import LEAST, LONGEST, PATIENCE, Run, Tests, run

_T = TypeVar("_T")

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


class Pool:
    """Runs tests in the copies that it was given, until its block ends."""

    def __init__(self, copies: Sequence[Copy]) -> None:
        self._stop = threading.Event()
        self._free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        for copy in copies:
            self._free.put(copy)
        self._threads = ThreadPoolExecutor(len(copies))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Wait for the runs; end them first if the block failed."""
        if error is not None:
            self._stop.set()
        self._threads.shutdown(cancel_futures=error is not None)

    def submit(self, work: Callable[[Copy, threading.Event], _T]) -> Future[_T]:
        """Do some work in a free copy; it also gets the event on which it has to stop."""

        def work_alone() -> _T:
            copy = self._free.get()
            try:
                return work(copy, self._stop)
            finally:
                self._free.put(copy)

        return self._threads.submit(work_alone)

    def each(self, tests: Mapping[Mutant, tuple[Tests, float]]) -> Iterator[Trial]:
        """Try mutants, each on its tests for at most some seconds; yield the trials as they end."""
        futures = [self.submit(partial(_try, mutant, *what)) for mutant, what in tests.items()]
        for future in as_completed(futures):
            yield future.result()

    def unchanged(self, tests: Tests) -> Future[Run]:
        """Run tests on the unchanged code. The result raises `CannotJudge` if one fails, or none runs."""
        what = tests.promise or "tests that noticed mutants"
        return self.submit(lambda copy, stop: green(run(copy, tests, stop, LONGEST), what))


def _try(mutant: Mutant, tests: Tests, limit: float, copy: Copy, stop: threading.Event) -> Trial:
    with copy.changed(mutant):
        return Trial(mutant, run(copy, tests, stop, limit))


def green(unchanged: Run, what: str) -> Run:
    """Return a run of the unchanged code.

    Raises:
        CannotJudge: a test failed, or none ran.
    """
    if unchanged.verdict is not Verdict.SURVIVED:
        how = unchanged.detail or unchanged.verdict
        raise CannotJudge(f"{what}: the unchanged code fails {unchanged.test or 'its tests'}: {how}")
    if not unchanged.ran:
        raise CannotJudge(f"{what}: no test ran; all were skipped")
    return unchanged


def limit_of(seconds: float) -> float:
    """Return how long a mutant may take on tests that take some seconds on the unchanged code."""
    return max(LEAST, PATIENCE * seconds)


class Trials:
    """Tries mutants by a plan."""

    def __init__(self, plan: TrialPlan, pool: Pool, report: Callable[[Trial], None]) -> None:
        self._plan, self._pool, self._report = plan, pool, report

    def of(self, mutants: Sequence[Mutant]) -> list[Trial]:
        """Try mutants; return a trial of each, in their order.

        Raises:
            CannotJudge: of some promises; the mutants of the others were tried and reported.
        """
        found = self._on_first_tests(mutants)
        rest = [one for one in mutants if one not in found]
        found |= self._on_all_tests(rest)
        return [found[one] for one in mutants]

    def _on_first_tests(self, mutants: Sequence[Mutant]) -> dict[Mutant, Trial]:
        """Try mutants on the tests that noticed them last time; return those that end as expected."""
        tests = {one: first for one in mutants if (first := self._plan.first_of(one)) is not None}
        if not tests:
            return {}
        functions = sorted({first.paths[0] for first in tests.values()})
        unchanged = self._pool.unchanged(Tests(functions, "", self._plan.marks)).result()
        start = unchanged.seconds - sum(unchanged.durations.values())

        def limit(first: Tests) -> float:
            function = first.paths[0]
            own = [seconds for test, seconds in unchanged.durations.items() if test.startswith(function)]
            return limit_of(start + sum(own))

        found = {}
        for trial in self._pool.each({one: (first, limit(first)) for one, first in tests.items()}):
            if trial.expected:
                found[trial.mutant] = trial
                self._report(trial)
        return found

    def _on_all_tests(self, mutants: Sequence[Mutant]) -> dict[Mutant, Trial]:
        ready, reasons = self._ready(dict.fromkeys(one.promise for one in mutants))
        found = {}
        for trial in self._pool.each({one: ready[one.promise] for one in mutants if one.promise in ready}):
            found[trial.mutant] = trial
            self._report(trial)
        if reasons:
            raise CannotJudge("\n".join(reasons))
        return found

    def _ready(self, names: Iterable[str]) -> tuple[dict[str, tuple[Tests, float]], list[str]]:
        """Return the tests of each promise that can be judged, with their limit, and why others cannot."""
        begun: dict[str, tuple[Tests, Future[Run]]] = {}
        ready: dict[str, tuple[Tests, float]] = {}
        reasons = []
        for promise in names:
            try:
                tests = self._plan.tests_of(promise)
                begun[promise] = tests, self._pool.unchanged(tests)
            except CannotJudge as error:
                reasons.append(str(error))
        for promise, (tests, future) in begun.items():
            try:
                ready[promise] = tests, limit_of(future.result().seconds)
            except CannotJudge as error:
                reasons.append(str(error))
        return ready, reasons


@contextmanager
def pool(workers: int) -> Iterator[Pool]:
    """Make as many copies as there are workers, and a pool that runs tests in them."""
    with ExitStack() as stack:
        copies = [stack.enter_context(copied()) for _ in range(workers)]
        yield stack.enter_context(Pool(copies))
