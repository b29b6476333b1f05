"""Signal handlers that end a process cleanly, even if its parent ignored the signals.

A process inherits the signals that its parent ignores. A shell starts a background job with SIGINT ignored,
and nohup starts its command with SIGHUP ignored. Python installs no handler of its own for a SIGINT that is
ignored, so a process that has to stop on a signal installs the handler itself.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType


def install_handlers() -> None:
    """Let SIGINT raise KeyboardInterrupt, and SIGTERM and SIGHUP exit with 128 + their number."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _exit)


def _exit(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)
