"""The results of the last run of all mutants: docs/mutants.json, with its commit and day."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.mutants.model import Mutant, Verdict

PATH = Path(__file__).parent.parent.parent / "docs" / "mutants.json"


@dataclass(frozen=True)
class Result:
    """What the last run of all mutants showed of one, and the test that decided it."""

    verdict: Verdict
    test: str
    expected: bool  # the verdict is the one that the mutant expects


@dataclass(frozen=True)
class Results:
    """One run of all mutants: `by_name` has the key `promise name`."""

    commit: str
    day: str
    by_name: dict[str, Result]

    def of(self, mutant: Mutant) -> Result | None:
        """Return the result of a mutant; None if it is newer."""
        return self.by_name.get(key(mutant))

    def share(self, promise: str) -> str:
        """Return how many mutants of a promise ended as expected, for example `3 of 3`."""
        own = [result for name, result in self.by_name.items() if name.partition(" ")[0] == promise]
        return f"{len([one for one in own if one.expected])} of {len(own)}"


def key(mutant: Mutant) -> str:
    """Return the name of a mutant in the file."""
    return f"{mutant.promise} {mutant.name}"


def read() -> Results:
    """Return the committed results; none before the first run of all."""
    if not PATH.exists():
        return Results("", "", {})
    stored = json.loads(PATH.read_text())
    by_name = {
        name: Result(Verdict(one["verdict"]), one["test"], expected=one["expected"])
        for name, one in stored["mutants"].items()
    }
    return Results(stored["commit"], stored["day"], by_name)


def write(commit: str, day: str, found: Iterable[tuple[Mutant, Result]]) -> None:
    """Replace the results."""
    mutants = {key(mutant): asdict(result) for mutant, result in found}
    PATH.write_text(json.dumps({"commit": commit, "day": day, "mutants": mutants}, indent=2) + "\n")
