"""The distributions that the functions need at run time.

requirements.txt pins Chalice with all dependencies of its command line (pip, setuptools, inquirer ...).
A function needs only chalice/app.py, which `chalice package` copies. So the run-time set is the transitive
closure of the other lines of requirements.in, at the pinned versions.
"""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

_COMMAND_LINE_ONLY = "chalice"


def runtime_pins(root: Path, listing: str = "requirements") -> list[str]:
    """`name==version` lines for a zip, sorted, from the two files of a listing.

    Raises:
        LookupError: a needed distribution has no pin.
    """
    pins = {canonicalize_name(r.name): r for r in _lines(root / f"{listing}.txt")}
    needed: set[NormalizedName] = set()
    for requirement in _lines(root / f"{listing}.in"):
        if canonicalize_name(requirement.name) != _COMMAND_LINE_ONLY:
            _collect(requirement, needed)
    if missing := needed - pins.keys():
        raise LookupError(f"no pin in {listing}.txt for {', '.join(sorted(missing))}")
    return [f"{name}{pins[name].specifier}" for name in sorted(needed)]


def _lines(file: Path) -> list[Requirement]:
    stripped = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
    return [Requirement(line) for line in stripped if line and not line.startswith("-")]


def _collect(requirement: Requirement, found: set[NormalizedName]) -> None:
    """Add a distribution and its dependencies, by the metadata of the installed ones."""
    name = canonicalize_name(requirement.name)
    found.add(name)
    extras = requirement.extras or {""}
    for line in distribution(name).requires or []:
        child = Requirement(line)
        wanted = child.marker is None or any(child.marker.evaluate({"extra": e}) for e in extras)
        if wanted and (canonicalize_name(child.name) not in found or child.extras):
            _collect(child, found)
