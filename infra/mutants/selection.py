"""Which mutants a run tries: all, or those of what changed since a commit."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.mutants.catalogue import module_of
from infra.mutants.model import Mutant
from infra.mutants.places import path_of
from infra.mutants.results import Results

# Mutants that a run of a change tries at most.
MOST = 20


@dataclass(frozen=True)
class MutantSelection:
    """Some mutants, and the reason in words."""

    mutants: Sequence[Mutant]
    reason: str


def of_change(
    mutants: Sequence[Mutant], results: Results, since: str, seed: int, root: Path
) -> MutantSelection:
    """Return the mutants whose code, own file or deciding test changed since a commit, at most `MOST`.

    If the history lacks the commit, or nothing changed, any of all mutants may be chosen.
    """
    changed = changes(since, root) if since else None
    if changed is None:
        return _some(mutants, seed, f"the history lacks the commit {since[:12] or 'of the results'}")

    def concerns(mutant: Mutant) -> bool:
        result = results.of(mutant)
        files = {path_of(mutant, root), module_of(mutant.promise)}
        if result is not None:
            files.add(root / result.test.partition("::")[0])
        return result is None or not files.isdisjoint(changed)

    concerned = [one for one in mutants if concerns(one)]
    if not concerned:
        return _some(mutants, seed, f"nothing that a mutant concerns changed since {since[:12]}")
    left = max(0, len(concerned) - MOST)
    more = f"; {left} of them are left to the run of all" if left else ""
    return _some(concerned, seed, f"{len(concerned)} concern what changed since {since[:12]}{more}")


def _some(mutants: Sequence[Mutant], seed: int, reason: str) -> MutantSelection:
    order = {id(one): place for place, one in enumerate(mutants)}
    chosen = random.Random(seed).sample(list(mutants), min(MOST, len(mutants)))  # noqa: S311 - a sample, no secret
    return MutantSelection(sorted(chosen, key=lambda one: order[id(one)]), reason)


def changes(since: str, root: Path) -> set[Path] | None:
    """Return the files that differ from a commit, new ones included; None if the history lacks it."""
    try:
        differing = _git(root, "diff", "--name-only", "-z", since, "--")
    except subprocess.CalledProcessError:
        return None
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return {root / name for name in (differing + new).split("\0") if name}


def head(root: Path) -> str:
    """Return the commit of the work tree."""
    return _git(root, "rev-parse", "HEAD").strip()


def dirty(root: Path) -> bool:
    """Return whether the work tree differs from its commit."""
    return bool(_git(root, "status", "--porcelain"))


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout
