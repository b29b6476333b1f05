"""Warm requests: CPU time of a request, in turns, and its ratio to the reference in the same turn."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.peers.contestants import FRAMEWORKS, JOBS, POWERTOOLS, contestant, running

JSON = dict[str, Any]

# Requests in a block; longer ones need fewer.
_BLOCKS = {"usage x 100": 5}
_BLOCK = 20
_WARM_UP = 60


@dataclass(frozen=True)
class Warm:
    """A framework at a job: the median CPU time, and the median of the ratios to the reference."""

    job: str
    framework: str
    microseconds: float
    ratio: float


def measure(fixture_file: Path, fixture: JSON, rounds: int) -> list[Warm]:
    """Measure all frameworks at all jobs."""
    found: list[Warm] = []
    for job in JOBS:
        times = _times(job, fixture_file, fixture, rounds)
        for framework, own in times.items():
            ratios = [mine / theirs for mine, theirs in zip(own, times[POWERTOOLS], strict=True)]
            found.append(Warm(job, framework, median(own) * 1e6, median(ratios)))
    return found


def _times(job: str, fixture_file: Path, fixture: JSON, rounds: int) -> dict[str, list[float]]:
    """Seconds of CPU of a request, by framework and round; each round begins with another framework."""
    number = _BLOCKS.get(job, _BLOCK)
    times: dict[str, list[float]] = defaultdict(list)
    with running(
        [contestant(framework, job) for framework in FRAMEWORKS], fixture_file, fixture
    ) as processes:
        for process in processes:
            process.ask(_WARM_UP)
        for turn in range(rounds):
            first = turn % len(processes)
            for process in (*processes[first:], *processes[:first]):
                times[process.contestant.framework].append(process.ask(number)["seconds"])
    return {framework: times[framework] for framework in FRAMEWORKS}
