"""Runs a command and ends it when the parent process ends, even if that is killed.

    python guard.py FOLDER COMMAND...

The parent holds the other end of standard input. When it closes, deliberately or because the parent died, the
guard terminates the command and all processes that it started, removes FOLDER (its temporary files) and ends.
The guard inherits the locked file of FOLDER (infra/local/children.py) and never uses it: the lock is released
when the guard ends. It uses only the standard library and is run by path, to start fast.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

_PATIENCE = 3.0  # seconds between SIGTERM and SIGKILL
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run the command; returns its exit status, or 0 if a signal ended it."""
    folder, command = Path(sys.argv[1]), sys.argv[2:]
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=_prepare_command,  # noqa: PLW1509 - no thread runs yet
    )
    for number in _ENDING:
        signal.signal(number, lambda *_: child.terminate())
    threading.Thread(target=_end_with_parent, args=(child,), daemon=True).start()
    status = child.wait()
    _end_descendants()
    shutil.rmtree(folder, ignore_errors=True)
    return max(status, 0)


def _prepare_command() -> None:
    """Let signals end the command, even if the guard's parent ignored them.

    On Linux the command is killed when the guard is killed.
    """
    for number in _ENDING:
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_descendants() -> None:
    """End processes that the command left behind, such as busy workers of a killed ministack."""
    if os.getpgrp() == os.getpid():  # else the group is not the guard's own
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(os.getpgrp(), signal.SIGTERM)


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
