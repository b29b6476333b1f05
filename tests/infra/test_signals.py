"""Tests that a process stops on a signal even if its parent ignores the signal."""

import json
import signal
import subprocess
import sys
from typing import IO

import pytest

from infra.local.children import ROOT
from tests.support.faults.processes import under_ignoring_parent

PATIENCE = 20

_STOPPABLE = """
import signal
from infra.local.children import install_handlers
install_handlers()
try:
    print("ready", flush=True)
    while True:
        signal.pause()
except KeyboardInterrupt:
    raise SystemExit(7)
"""

_PARENT_OF_A_CHILD = """
import os, sys
from infra.local.children import child
report = (
    "import json, signal;"
    "print(json.dumps({n.name: signal.getsignal(n) == signal.SIG_IGN for n in"
    " (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}), flush=True)"
)
with child([sys.executable, "-c", report], lambda _: dict(os.environ)) as running:
    sys.exit(running.wait())
"""


def line_of(stream: IO[str] | None) -> str:
    assert stream
    return stream.readline().strip()


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGINT, 7),
        (signal.SIGTERM, 128 + signal.SIGTERM),
        (signal.SIGHUP, 128 + signal.SIGHUP),
    ],
)
def test_signal_that_the_parent_ignores_ends_the_process_orderly(number: signal.Signals, status: int) -> None:
    command = under_ignoring_parent(sys.executable, "-c", _STOPPABLE)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert line_of(process.stdout) == "ready"
            process.send_signal(number)
            assert process.wait(PATIENCE) == status
        finally:
            process.kill()


def test_child_ignores_no_signal_although_its_parent_does() -> None:
    command = under_ignoring_parent(sys.executable, "-c", _PARENT_OF_A_CHILD)
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert json.loads(ended.stdout) == {"SIGINT": False, "SIGTERM": False, "SIGHUP": False}
