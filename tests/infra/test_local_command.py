"""Tests of what the commands of the local cloud print and return, without a cloud."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from rich.console import Console
from typer.testing import CliRunner

from infra.local import __main__ as command
from infra.local import emulator
from infra.local.cloud import State
from infra.local.tour import play
from tests.support.patches import fail_at


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Replace the cloud and the tour, which fails; return the waits for Ctrl-C, which comes at once."""
    waited: list[str] = []
    gone = "http://127.0.0.1:1"
    state = State(gone, gone, "eu-central-1", gone, "key", "stack", gone)

    @contextmanager
    def cloud(report: Any, **_: Any) -> Iterator[Any]:
        report("   1.0 s  deploy the stacks")
        yield SimpleNamespace(state=state, dropped=(), account=None, target=SimpleNamespace(issuer=""))

    def ctrl_c() -> None:
        waited.append("waited")
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "local_cloud", cloud)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "forwarding", lambda _: nullcontext())
    monkeypatch.setattr(command, "play", lambda *_: False)
    monkeypatch.setattr("signal.pause", ctrl_c)
    monkeypatch.setattr("infra.local.children.install_handlers", lambda: None)
    return waited


def test_failed_tour_leaves_the_cloud_up_and_says_so(
    waits: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    result = CliRunner().invoke(command.app, ["run", "--state", "state.json"])
    assert (result.exit_code, waits) == (0, ["waited"])
    assert "The tour failed. The cloud stays up." in capsys.readouterr().out + result.output


def test_tour_exits_with_its_status(waits: list[str]) -> None:
    result = CliRunner().invoke(command.app, ["tour", "--state", "state.json"])
    assert (result.exit_code, waits) == (1, [])


def test_cloud_stays_up_without_a_tour(
    waits: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "play", lambda *_: pytest.fail("the tour was played"))
    result = CliRunner().invoke(command.app, ["cloud", "--state", "state.json"])
    assert (result.exit_code, waits) == (0, ["waited"])
    assert "1.0 s  deploy the stacks" in capsys.readouterr().out + result.output


def test_start_that_gives_up_says_so_in_one_line(
    waits: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def slow(*_: Any, **__: Any) -> Iterator[Any]:
        process: Any = SimpleNamespace(ended=lambda: False)
        emulator._wait_until_up(process, "http://127.0.0.1:1", io.StringIO())
        yield

    monkeypatch.setattr(emulator, "_START_DEADLINE", 0.1)
    fail_at(requests, "get", requests.ReadTimeout)
    monkeypatch.setattr(command, "local_cloud", slow)
    result = CliRunner().invoke(command.app, ["cloud", "--state", "state.json"])
    assert (result.exit_code, waits) == (1, [])
    (line,) = (capsys.readouterr().out + result.output).splitlines()
    assert "waited 0.1 s for its first response" in line


def test_error_in_a_chapter_ends_the_tour_only() -> None:
    def chapter(_: object) -> None:
        """A chapter."""
        raise KeyError("user_id")

    output = io.StringIO()
    tour: Any = SimpleNamespace(console=Console(file=output), cloud=SimpleNamespace(log_lines=lambda: ["a"]))
    assert play(tour, [chapter]) is False
    assert "KeyError: 'user_id'" in output.getvalue()
