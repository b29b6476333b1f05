"""The goals for our functions, and whether a run met them."""

from dataclasses import dataclass

from bench.peers.cold import Cold
from bench.peers.contestants import (
    CHALICE,
    CHANGE,
    CHAT,
    OUR_AUTHORIZER,
    OURS,
    POWERTOOLS,
    READ,
    REFERENCE,
    USAGE,
    contestant,
)
from bench.peers.warm import Warm

# At most this ratio to Powertools' resolver with validation.
WARM = {CHAT: 0.80, READ: 0.85, CHANGE: 0.85, USAGE: 0.85}
# At most this ratio to the least function of the stack.
COLD = {contestant(OURS, CHAT): 1.25, OUR_AUTHORIZER: 0.35}


@dataclass(frozen=True)
class Target:
    """A ratio that must not be exceeded, and what was measured."""

    what: str
    limit: float
    measured: float

    @property
    def is_met(self) -> bool:
        """Whether it is met, to the second digit as it is printed."""
        return round(self.measured, 2) <= self.limit


def targets(warm: Warm, cold: Cold) -> list[Target]:
    """The targets of the parts that were measured."""
    found: list[Target] = []
    for job, by_framework in warm.items():
        ours = by_framework[OURS]
        found.append(Target(f"{job}, to Powertools", WARM[job], ours.ratio_to(by_framework[POWERTOOLS])))
        # Below it: at most 0.99 of it.
        found.append(Target(f"{job}, to plain Chalice", 0.99, ours.ratio_to(by_framework[CHALICE])))
    for one, limit in COLD.items():
        if one in cold:
            what = f"{one.job}, cold, to {REFERENCE.framework}"
            found.append(Target(what, limit, cold[one].ratio_to(cold[REFERENCE])))
    return found
