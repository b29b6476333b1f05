"""Warm requests: the CPU time of a request, by job and framework, in turns."""

from collections import defaultdict

from bench.peers.contestants import FRAMEWORKS, JOBS, USAGE, contestant
from bench.peers.samples import Samples
from bench.peers.setup import Setup

_IN_A_TURN, _OF_LONG_ONES = 20, 5  # requests
_WARM_UP = 60

Warm = dict[str, dict[str, Samples]]  # by job and framework


def measure(setup: Setup, turns: int) -> Warm:
    """Measure all frameworks at all jobs."""
    return {job: _measure_job(setup, job, turns) for job in JOBS}


def _measure_job(setup: Setup, job: str, turns: int) -> dict[str, Samples]:
    """The samples of a job by framework; each turn begins with another framework."""
    number = _OF_LONG_ONES if job == USAGE else _IN_A_TURN
    seconds: dict[str, list[float]] = defaultdict(list)
    with setup.running(contestant(framework, job) for framework in FRAMEWORKS) as processes:
        for process in processes:
            process.serve(_WARM_UP)
        for turn in range(turns):
            first = turn % len(processes)
            for process in (*processes[first:], *processes[:first]):
                seconds[process.contestant.framework].append(process.serve(number))
        modules = {process.contestant.framework: process.close()[0] for process in processes}
    return {framework: Samples(tuple(seconds[framework]), modules[framework]) for framework in modules}
