"""Copies of the work tree, in which mutants are tested. The work tree itself is only read."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.mutants.model import Mutant
from infra.mutants.places import mutated, path_of

ROOT = Path(__file__).parent.parent.parent

# Installed files, which a copy reads from the work tree.
_INSTALLED = (".venv", "infra/local/js/node_modules", "infra/client/node_modules", ".local/emulator")


@dataclass(frozen=True)
class Copy:
    """One copy of the work tree; one run at a time uses it."""

    root: Path

    @property
    def temporary(self) -> Path:
        """Return the copy's folder for temporary files."""
        return self.root / ".local" / "tmp"

    @contextmanager
    def changed(self, mutant: Mutant | None) -> Iterator[None]:
        """Let a mutant live in the copy during a block; None stands for the unchanged code.

        Compiled modules of the changed file go both times: they are compared by second and size only.

        Raises:
            NoSuchText: see `places.mutated`.
        """
        if mutant is None:
            yield
            return
        path = path_of(mutant, self.root)
        original = path.read_bytes()
        _write(path, mutated(mutant, self.root))
        try:
            yield
        finally:
            _write(path, original)

    def clear(self) -> None:
        """Delete what the last run left in the folder for temporary files."""
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir(parents=True)


def _write(path: Path, content: bytes) -> None:
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*"):
        compiled.unlink()
    path.write_bytes(content)


@contextmanager
def copied(source: Path = ROOT) -> Iterator[Copy]:
    """Make a copy of the files that are, or would be, committed; delete it after the block."""
    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        copy = Copy(Path(folder).resolve() / source.name)
        for name in _listed(source):
            if (source / name).is_file():
                (copy.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source / name, copy.root / name)
        for name in _INSTALLED:
            if (source / name).exists():
                (copy.root / name).parent.mkdir(parents=True, exist_ok=True)
                (copy.root / name).symlink_to((source / name).resolve())
        copy.clear()
        # Some tests ask git which files the project has.
        subprocess.run(["git", "init", "-q"], cwd=copy.root, check=True)
        subprocess.run(["git", "add", "-A"], cwd=copy.root, check=True)
        yield copy


def _listed(source: Path) -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=source, capture_output=True, text=True, check=True)
    return listed.stdout.rstrip("\0").split("\0")
