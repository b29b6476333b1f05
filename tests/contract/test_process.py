"""The emulator as a child process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests
from stream_chat import StreamChat

from infra.stream_emulator import child_emulator, running_emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "a secret for this test only, thirty-two bytes"
COMMAND = [sys.executable, "-m", "infra.stream_emulator", "--port", "0"]
TIMEOUT_SECONDS = 20


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, "--api-key", "key", "--exit-with-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"STREAM_EMULATOR_SECRET": SECRET},
    )
    with process:
        yield process
        process.kill()


def read_url(child: subprocess.Popen[str]) -> str:
    assert child.stdout
    url: str = json.loads(child.stdout.readline())["url"]
    return url


def wait_until_started(child: subprocess.Popen[str]) -> None:
    read_url(child)  # the process prints it when it listens


def test_process_prints_its_loopback_address(child: subprocess.Popen[str]) -> None:
    address = read_url(child)
    assert address.startswith("http://127.0.0.1:")
    assert requests.get(f"{address}/_emulator/state", timeout=TIMEOUT_SECONDS).ok


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process_exits_with_status_0_on_sigterm_or_sigint(child: subprocess.Popen[str], number: int) -> None:
    wait_until_started(child)
    child.send_signal(number)
    assert child.wait(TIMEOUT_SECONDS) == 0


def test_process_exits_when_its_stdin_is_closed(child: subprocess.Popen[str]) -> None:
    wait_until_started(child)
    assert child.stdin
    child.stdin.close()
    assert child.wait(TIMEOUT_SECONDS) == 0


@pytest.mark.parametrize("secret", [None, "short"])
def test_process_without_a_valid_secret_does_not_start(secret: str | None) -> None:
    environment = {name: value for name, value in os.environ.items() if "EMULATOR" not in name}
    environment |= {"STREAM_EMULATOR_SECRET": secret} if secret else {}
    ended = subprocess.run(
        [*COMMAND, "--api-key", "key"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert ended.returncode != 0
    assert "secret" in ended.stderr


def test_child_process_serves_the_sdk() -> None:
    with child_emulator(api_key="key", secret=SECRET) as emulator:
        server = StreamChat("key", SECRET, base_url=emulator.url)
        with server.session:
            server.upsert_user({"id": "mila", "name": "Mila"})
        assert emulator.user("mila")["name"] == "Mila"


def test_child_process_can_start_with_the_stock_grants() -> None:
    with child_emulator(api_key="key", secret=SECRET, grants="stock") as emulator:
        assert "search-user" in emulator.state()["app"]["grants"]["user"]


def test_two_emulators_share_no_state() -> None:
    with running_emulator() as one, running_emulator() as other:
        server = StreamChat(one.api_key, one.secret, base_url=one.url)
        with server.session:
            server.upsert_user({"id": "mila"})
        assert other.state()["users"] == {}
        assert one.secret != other.secret
