"""Runs a command and ends it when the parent process ends, even if the parent is killed.

    python guard.py FOLDER COMMAND...

The parent holds the other end of standard input. When that closes, because the parent closed it or was
killed, the guard terminates the command and all processes that it started, removes FOLDER (its temporary
files) and ends.
The guard inherits the open lock file of FOLDER (infra/local/children.py). It never reads it: the inherited
file descriptor keeps the lock until the guard ends. The guard uses only the standard library and is run by
path, so that it starts fast.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

_KILL_TIMEOUT = 3.0  # seconds between SIGTERM and SIGKILL
_END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run the command; returns its exit status, or 0 if a signal ended it."""
    folder, command = Path(sys.argv[1]), sys.argv[2:]
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=_prepare_command,  # noqa: PLW1509 - no thread runs yet
    )
    for number in _END_SIGNALS:
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
    for number in _END_SIGNALS:
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
        child.wait(_KILL_TIMEOUT)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main())
