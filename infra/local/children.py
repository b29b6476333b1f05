"""Child processes that end with the block that started them, and with this process at the latest."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from infra.local import guard

ROOT = Path(__file__).parent.parent.parent
LOCAL = ROOT / ".local"

_STOP_DEADLINE = 10.0


@dataclass(frozen=True)
class Child:
    """A running command."""

    folder: Path
    _guard: subprocess.Popen[bytes]

    def ended(self) -> bool:
        """Whether it ended by itself."""
        return self._guard.poll() is not None

    def wait(self) -> int:
        """Its exit status, once it ends by itself."""
        return self._guard.wait()


@contextmanager
def child(
    command: Sequence[str | Path],
    environment: Callable[[Path], dict[str, str]],
    output: IO[str] | None = None,
) -> Iterator[Child]:
    """Run a command under the guard, in a folder of its own that goes with it.

    Args:
        command: the program and its arguments.
        environment: all that it inherits, given its folder.
        output: where what it prints goes; None is where ours goes.
    """
    folder = _own_folder()
    process = subprocess.Popen(
        [sys.executable, "-I", guard.__file__, str(folder), *map(str, command)],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        env=environment(folder),
        start_new_session=True,  # Ctrl-C is for us; we end it in order
    )
    try:
        yield Child(folder, process)
    finally:
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(_STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _own_folder() -> Path:
    """A folder for one run. Those of runs that were killed together with their guard go now."""
    runs = LOCAL / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    for lock in runs.glob(f"*/{guard.LOCK}"):
        with lock.open() as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(lock.parent, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=runs))
