"""AWS on this machine: ministack as a child process in an environment of its own.

It binds 127.0.0.1 and enforces IAM. Its root credentials are `test`/`test`. A function gets a session of its
role, so an action that its policy does not allow is denied, as on AWS.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import requests

from infra.environments import EMULATOR, environment
from infra.local.children import LOCAL, Child, child
from infra.local.waiting import NotInTime, until

REGION = "eu-central-1"
ROOT_KEY = ROOT_SECRET = "test"  # noqa: S105 - valid only at this emulator

_PROGRAM = Path(__file__).with_name("draining.py")
_START_DEADLINE = 60.0  # seconds; the first start compiles it


class EmulatorFailed(RuntimeError):
    """The emulator did not start; the message says why, with the end of its log if it ended."""


@contextmanager
def running_emulator(port: int = 0) -> Iterator[str]:
    """Run the emulator during a `with` block and yield its address. Port 0 means any free port."""
    python = environment("emulator", EMULATOR) / "bin" / "python"
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    with (
        tempfile.TemporaryFile("w+", dir=LOCAL) as log,
        # -I keeps this folder out of sys.path, so our modules cannot shadow the emulator's packages.
        child([python, "-I", _PROGRAM], lambda folder: _environment(folder, port), log) as process,
    ):
        _wait_until_up(process, address, log)
        yield address


def _environment(folder: Path, port: int) -> dict[str, str]:
    """Return the environment of the emulator and its functions, without the developer's variables."""
    return {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "S3_DATA_DIR": str(folder / "s3"),
        "STATE_DIR": str(folder / "state"),
    }


def _wait_until_up(process: Child, address: str, log: IO[str]) -> None:
    try:
        until(lambda: process.ended() or _responds(address), "its first response", _START_DEADLINE)
    except NotInTime as late:
        raise EmulatorFailed(f"the emulator of AWS gave up: {late}; the machine may be too busy") from None
    if process.ended():
        log.seek(0)
        raise EmulatorFailed(f"the emulator of AWS ended\n{log.read()[-2000:]}")


def _responds(address: str) -> bool:
    try:
        return requests.get(f"{address}/_ministack/health", timeout=2).ok
    except requests.RequestException:
        return False


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number
