"""What a mutant is, and what a run of it can show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What the marked tests of a promise show about a mutant."""

    DEAD = "dead"  # a marked test failed by its own assertion
    SURVIVED = "survived"  # all marked tests passed
    BROKEN = "broken"  # something else failed: a collection, a fixture, an exception that no test expected
    TIMED_OUT = "timed out"  # it took more than five times as long as the unchanged code
    ESCAPED = "escaped"  # it wrote outside its copy, or processes outlived its run


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change of the code that harms a person.

    `place` is `module:symbol` of Python code, or the path of another file. `find` occurs once in that place.
    A mutant that no test can notice by an assertion expects another verdict than `dead`, and says why.
    """

    name: str
    promise: str
    place: str
    find: str
    replace: str
    harm: str
    expect: Verdict = Verdict.DEAD
    why: str = ""

    def __post_init__(self) -> None:
        """Refuse a verdict without a reason, and a reason without a verdict.

        Raises:
            ValueError: only one of the two is given, or the verdict is one that no judgement accepts.
        """
        judged = self.expect is not Verdict.DEAD
        if judged != bool(self.why) or self.expect not in {Verdict.DEAD, Verdict.BROKEN, Verdict.TIMED_OUT}:
            raise ValueError(f"{self.name}: expects {self.expect} because {self.why!r}")
