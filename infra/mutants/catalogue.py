"""All mutants of tests/mutants, and what is wrong with them before any is run."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from infra import promises
from infra.mutants.model import Mutant
from infra.mutants.places import NoSuchText, mutated

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "tests" / "mutants"

# Mutants that each kept promise has at least, and those on which the most depends.
LEAST = 3
LEAST_OF_MOST = 6
MOST = ("SEC-1", "RGT-3", "RGT-10", "RGT-11", "STR-3", "STR-5", "RET-1", "RET-2")


def module_of(promise: str) -> Path:
    """Return the file of a promise's mutants."""
    return FOLDER / f"{promise.lower().replace('-', '_')}.py"


def mutants() -> list[Mutant]:
    """Return all mutants, in the order of the promises."""
    found: list[Mutant] = []
    for promise in promises.listed():
        if (path := module_of(promise)).exists():
            found += importlib.import_module(f"tests.mutants.{path.stem}").MUTANTS
    return found


def lacking(listed: Sequence[Mutant]) -> Iterator[str]:
    """Yield the kept promises that have too few mutants, and the files that name no promise."""
    counts = Counter(one.promise for one in listed)
    for promise, entry in promises.listed().items():
        least = (LEAST_OF_MOST if promise in MOST else LEAST) if entry.get("code") else 0
        if counts[promise] < least:
            yield f"{promise}: {counts[promise]} mutants; a kept promise has {least}"
    known = {path.stem for path in map(module_of, promises.listed())}
    for path in sorted(FOLDER.glob("[!_]*.py")):
        if path.stem not in known:
            yield f"{path.name}: names no promise"


def faults(listed: Sequence[Mutant], root: Path = ROOT) -> Iterator[str]:
    """Yield what is wrong with single mutants: a name that another one has, or text that is gone."""
    for name, count in Counter((one.promise, one.name) for one in listed).items():
        if count > 1:
            yield f"{' '.join(name)}: {count} mutants have this name"
    for mutant in listed:
        try:
            mutated(mutant, root)
        except (NoSuchText, SyntaxError) as error:
            yield str(error)
