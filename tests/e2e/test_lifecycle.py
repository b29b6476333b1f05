"""Tests that the local cloud ends with its owner, even a killed one, without remains."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
import requests

from infra.local.children import ROOT
from infra.local.emulator import free_port
from infra.local.waiting import until
from tests.support.faults.processes import under_ignoring_parent

_OWNER = """
import sys
from pathlib import Path
from infra.local import children
children.LOCAL = Path(sys.argv[1])
from infra.local.emulator import running_emulator
children.install_handlers()
with running_emulator() as address:
    print(address, flush=True)
    sys.stdin.read()
"""


def is_up(address: str) -> bool:
    try:
        return requests.get(f"{address}/_ministack/health", timeout=2).ok
    except requests.ConnectionError:
        return False


@contextmanager
def start(*command: str, output: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """Start a process whose parent ignores the signals that have to end it."""
    with subprocess.Popen(
        under_ignoring_parent(sys.executable, *command),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(stream: IO[str] | None) -> str:
    assert stream
    return stream.readline().strip()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_emulator_ends_with_its_owner(how: signal.Signals, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with start("-c", _OWNER, str(tmp_path), output=subprocess.PIPE) as owner:
        address = line_of(owner.stdout)
        assert is_up(address)
        assert len([*runs.iterdir()]) == 1
        owner.send_signal(how)
        owner.wait(10)
        until(lambda: not is_up(address), "the emulator to end")
        until(lambda: not [*runs.iterdir()], "its folder to go")


def test_two_emulators_run_at_the_same_time(tmp_path: Path) -> None:
    with (
        start("-c", _OWNER, str(tmp_path), output=subprocess.PIPE) as one,
        start("-c", _OWNER, str(tmp_path), output=subprocess.PIPE) as other,
    ):
        addresses = {line_of(one.stdout), line_of(other.stdout)}
        assert len(addresses) == 2
        assert all(is_up(address) for address in addresses)


@pytest.mark.proof
@pytest.mark.night
def test_terminated_cloud_ends_all_its_processes(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text("left by an earlier one")
    command = ("-m", "infra.local", "run", "--state", str(state))
    with start(*command, output=subprocess.DEVNULL) as run:
        until(lambda: state.exists() and "left" not in state.read_text(), "the cloud to be up", seconds=40)
        where = json.loads(state.read_text())
        assert where.keys() == {
            "api_url", "app_url", "aws_endpoint", "region", "stream_url", "stream_api_key", "push_url",
            "stack",
        }  # fmt: skip
        run.send_signal(signal.SIGTERM)
        assert run.wait(20) == 128 + signal.SIGTERM
    assert not state.exists()
    assert not is_up(where["aws_endpoint"])
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{where['stream_url']}/_emulator/state", timeout=2)


@pytest.mark.proof
@pytest.mark.night
def test_working_tree_is_served_over_the_emulated_services(tmp_path: Path) -> None:
    state, port = tmp_path / "state.json", free_port()
    command = ("-m", "infra.local", "dev", "--state", str(state), "--api-port", str(port))

    def health() -> str | None:
        try:
            return str(requests.get(f"http://127.0.0.1:{port}/v1/health", timeout=5).json()["status"])
        except requests.ConnectionError:
            return None

    with start(*command, output=subprocess.DEVNULL) as dev:
        assert until(health, "chalice local to answer", seconds=40) == "ok"
        dev.send_signal(signal.SIGTERM)
        assert dev.wait(20) == 128 + signal.SIGTERM
    assert health() is None
