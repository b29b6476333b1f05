"""Runs a command and ends it when the parent is gone, however the parent went.

    python guard.py FOLDER COMMAND...

The parent holds the other end of standard input. When it closes, by the parent's wish or by its
death, the command is terminated, FOLDER (its temporary files) is removed, and the guard ends. Standard
library only and run by path: it has to start at once.
"""

import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

LOCK = "in-use"  # held while the folder is; see infra/local/emulator.py

_PATIENCE = 5.0  # seconds between asking the command to end and ending it
_PR_SET_PDEATHSIG = 1


def main() -> int:
    """The exit status of the command, or 0 if it was ended."""
    folder, command = Path(sys.argv[1]), sys.argv[2:]
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            preexec_fn=_die_with_guard,  # noqa: PLW1509 - no thread runs yet
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: child.terminate())
        threading.Thread(target=_end_with_parent, args=(child,), daemon=True).start()
        status = child.wait()
        shutil.rmtree(folder, ignore_errors=True)
    return max(status, 0)


def _die_with_guard() -> None:
    """Where Linux offers it: even a guard that is killed takes the command along."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_with_parent(child: "subprocess.Popen[bytes]") -> None:
    while os.read(0, 1024):
        pass
    child.terminate()
    try:
        child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main())
