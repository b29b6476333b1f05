"""The two versions of an upgrade: a base, unpacked into a folder that is removed, and this checkout."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.build import BUILD
from infra.local.children import LOCAL, ROOT, child

CLOUD = "UPGRADE_CLOUD"  # the variable with the addresses of the emulators, as JSON

_PROGRAM = Path("infra/local/upgrade/version.py")
_JS = Path("infra/local/js/node_modules")
# A version with the same pins shares this environment.
_PINS = (
    "requirements.txt",
    "requirements-run.txt",
    "requirements-dev.txt",
    "infra/local/js/package-lock.json",
)


class StepFailed(RuntimeError):
    """A step of a version ended with an error; the text has the end of its output."""


@dataclass(frozen=True)
class Checkout:
    """A version of the project on this machine."""

    name: str
    root: Path
    python: Path = Path(sys.executable)

    def run(self, step: str, cloud: Mapping[str, Any]) -> dict[str, Any]:
        """Run a step of `version` with the code of this version; return its result.

        A version that has the program runs its own, which knows its code.

        Raises:
            StepFailed: it ended with an error.
        """
        own = self.root / _PROGRAM
        with tempfile.TemporaryDirectory(dir=LOCAL) as folder, Path(folder, "log").open("w+") as log:
            result = Path(folder, "result.json")
            # -P keeps the folder of the program out of sys.path.
            command: list[str | Path] = [
                self.python,
                "-P",
                own if own.exists() else ROOT / _PROGRAM,
                step,
                result,
            ]
            variables = os.environ | {"PYTHONPATH": str(self.root), CLOUD: json.dumps(cloud)}
            with child(command, lambda _: variables, log) as process:
                status = process.wait()
            if status or not result.exists():
                log.seek(0)
                raise StepFailed(f"{step} of {self.name} ended with status {status}\n{log.read()[-4000:]}")
            found: dict[str, Any] = json.loads(result.read_text())
            return found


HEAD = Checkout("this checkout", ROOT)


def base_commit() -> str:
    """Return the commit of the last release before this commit, by its subject: a clone may lack the tag.

    Raises:
        StepFailed: there is none.
    """
    found = _git("log", "-1", "--format=%H", "--grep=^Release [0-9]", "HEAD~1", check=False)
    if not (commit := found.stdout.decode().strip()):
        raise StepFailed("no release precedes this commit; name a base with BASE=")
    return commit


@contextmanager
def checked_out(commit: str) -> Iterator[Checkout]:
    """Unpack a commit with what it needs to run, for the time of a block."""
    packed = _git("archive", "--format=tar", commit).stdout
    with tempfile.TemporaryDirectory(dir=LOCAL) as folder:
        root = Path(folder)
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(root, filter="data")
        _equip(root)
        yield Checkout(f"the base {commit[:12]}", root, root / ".venv" / "bin" / "python")


def _equip(root: Path) -> None:
    """Give a checkout its packages: those of this checkout if their pins are equal, else its own."""
    if any((root / name).read_bytes() != (ROOT / name).read_bytes() for name in _PINS):
        subprocess.run([sys.executable, "-m", "infra.environments", "run"], cwd=root, check=True)
    else:
        (root / ".local").mkdir()
        (root / ".venv").symlink_to(sys.prefix)
        (root / _JS).symlink_to((ROOT / _JS).resolve())
    for archive in BUILD.glob("dependencies-*/dependencies.zip"):  # a build with other pins ignores it
        place = root / "build" / archive.parent.name
        place.mkdir(parents=True)
        shutil.copyfile(archive, place / archive.name)


def _git(*words: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=check)
