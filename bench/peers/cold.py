"""Cold starts: CPU time of a new process that imports a function and serves one request, in turns."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.peers.contestants import (
    CHAT,
    FRAMEWORKS,
    OUR_AUTHORIZER,
    REFERENCE,
    Contestant,
    Failed,
    contestant,
    start,
)

JSON = dict[str, Any]

FUNCTIONS = (REFERENCE, OUR_AUTHORIZER, *(contestant(framework, CHAT) for framework in FRAMEWORKS))


@dataclass(frozen=True)
class Cold:
    """A function's cold start: the median CPU time, of the ratios to the reference, and its modules."""

    contestant: Contestant
    milliseconds: float
    ratio: float
    modules: int


def measure(fixture_file: Path, fixture: JSON, rounds: int) -> list[Cold]:
    """Measure all functions; each round begins with another one."""
    times: dict[Contestant, list[float]] = defaultdict(list)
    modules: dict[Contestant, int] = {}
    for turn in range(-1, rounds):  # the first round fills the caches of the file system
        first = turn % len(FUNCTIONS)
        for one in (*FUNCTIONS[first:], *FUNCTIONS[:first]):
            seconds, modules[one] = _sample(one, fixture_file, fixture)
            if turn >= 0:
                times[one].append(seconds)
    return [
        Cold(
            one,
            median(times[one]) * 1e3,
            median(mine / theirs for mine, theirs in zip(times[one], times[REFERENCE], strict=True)),
            modules[one],
        )
        for one in FUNCTIONS
    ]


def _sample(one: Contestant, fixture_file: Path, fixture: JSON) -> tuple[float, int]:
    process = start(one, fixture_file, fixture)
    try:
        if (answer := process.ask(1))["status"] not in {200, None}:  # None: an authorizer has no status
            raise Failed(f"{one.framework}, {one.job}: {answer}")
        last, seconds = process.close()
    finally:
        process.stop()
    return seconds, last["modules"]
