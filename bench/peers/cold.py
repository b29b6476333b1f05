"""Cold starts: the CPU time of a new process that imports a function and serves one request, in turns."""

from collections import defaultdict

from bench.peers.contestants import CHAT, FRAMEWORKS, OUR_AUTHORIZER, REFERENCE, Contestant, contestant
from bench.peers.samples import Samples
from bench.peers.setup import Setup

FUNCTIONS = (REFERENCE, OUR_AUTHORIZER, *(contestant(framework, CHAT) for framework in FRAMEWORKS))

Cold = dict[Contestant, Samples]


def measure(setup: Setup, turns: int) -> Cold:
    """Measure all functions; each turn begins with another one."""
    seconds: dict[Contestant, list[float]] = defaultdict(list)
    modules: dict[Contestant, int] = {}
    for one in FUNCTIONS:
        _start_once(setup, one)  # fills the caches of the file system
    for turn in range(turns):
        first = turn % len(FUNCTIONS)
        for one in (*FUNCTIONS[first:], *FUNCTIONS[:first]):
            modules[one], used = _start_once(setup, one)
            seconds[one].append(used)
    return {one: Samples(tuple(seconds[one]), modules[one]) for one in FUNCTIONS}


def _start_once(setup: Setup, one: Contestant) -> tuple[int, float]:
    """Run a process for one request; return its modules and its seconds of CPU, interpreter included."""
    with setup.running([one]) as (process,):
        process.serve(1)
        return process.close()
