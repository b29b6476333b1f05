"""Child processes that end with the block that started them, or with this process."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any

from infra.local import guard

ROOT = Path(__file__).parent.parent.parent
LOCAL = ROOT / ".local"

_LOCK = "in-use"  # in the folder of a run; the guard holds it
_STOP_DEADLINE = 30.0  # seconds: the guard's own timeout, and the removal of a large folder on a busy machine


@dataclass(frozen=True)
class Child:
    """A running command."""

    folder: Path
    _guard: subprocess.Popen[bytes]

    def ended(self) -> bool:
        """Return whether the command has ended."""
        return self._guard.poll() is not None

    def wait(self) -> int:
        """Wait for the command to end; returns its exit status."""
        return self._guard.wait()


@contextmanager
def child(
    command: Sequence[str | Path],
    environment: Callable[[Path], dict[str, str]],
    output: IO[str] | None = None,
) -> Iterator[Child]:
    """Run a command under the guard, with a folder of its own that is removed at the end.

    Args:
        command: the program and its arguments.
        environment: its whole environment, given its folder.
        output: the file that gets its output; None for the output of this process.
    """
    folder, lock = _own_folder()
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", guard.__file__, str(folder), *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=environment(folder),
            pass_fds=(lock,),  # the lock lasts as long as the guard
            start_new_session=True,  # Ctrl-C reaches only this process, which then ends the child
        )
    finally:
        os.close(lock)
    try:
        yield Child(folder, process)
    finally:
        if process.stdin:
            process.stdin.close()
        wait_or_kill(process, _STOP_DEADLINE)


def wait_or_kill(process: subprocess.Popen[Any], seconds: float) -> None:
    """Wait until a process has ended by itself, and kill it if it does not in time."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _own_folder() -> tuple[Path, int]:
    """Create a folder for one run; return it and the file descriptor that holds its lock.

    Folders that no process holds are removed first: those of runs that were killed together with their guard.
    Only one process at a time looks for them, so none removes a folder that another one is about to lock.
    """
    runs = LOCAL / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    with (LOCAL / "runs.lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        for folder in runs.iterdir():
            if not _is_held(folder):
                shutil.rmtree(folder, ignore_errors=True)
        own = Path(tempfile.mkdtemp(dir=runs))
        lock = os.open(own / _LOCK, os.O_CREAT | os.O_WRONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
    return own, lock


def _is_held(folder: Path) -> bool:
    try:
        lock = os.open(folder / _LOCK, os.O_WRONLY)
    except FileNotFoundError:  # its guard began to remove it and did not finish
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def install_handlers() -> None:
    """Let SIGINT raise KeyboardInterrupt, and SIGTERM and SIGHUP exit with 128 + their number.

    A process inherits the signals that its parent ignores. A shell starts a background job with SIGINT
    ignored, and nohup starts its command with SIGHUP ignored. Python installs no handler of its own for a
    SIGINT that is ignored, so a process that has to stop on a signal installs the handlers itself.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _exit)


def _exit(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)
