"""The folder of a child process: its own while it runs, removed afterwards, even after a crash."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from infra.local import children
from infra.local.children import Child

_LEFT = ("tmp-of-a-killed-guard", "ministack-lambda-signup/code.zip")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(children, "LOCAL", tmp_path)
    return tmp_path / "runs"


def a_child() -> AbstractContextManager[Child]:
    command = [sys.executable, "-c", "import signal; signal.pause()"]
    return children.child(command, lambda _: dict(os.environ))


def test_folder_of_a_child_goes_with_it(runs: Path) -> None:
    with a_child() as running:
        assert [*runs.iterdir()] == [running.folder]
    assert [*runs.iterdir()] == []


def test_folder_of_a_running_child_survives_the_next_start(runs: Path) -> None:
    with a_child() as one, a_child() as other:
        assert {*runs.iterdir()} == {one.folder, other.folder}


def test_folder_whose_lock_is_not_held_is_removed_at_the_next_start(runs: Path) -> None:
    left = runs.joinpath(*_LEFT)
    left.parent.mkdir(parents=True)
    left.touch()
    (runs / _LEFT[0] / "in-use").touch()
    with a_child() as running:
        assert [*runs.iterdir()] == [running.folder]


def test_folder_that_lost_its_lock_file_is_removed_at_the_next_start(runs: Path) -> None:
    left = runs.joinpath(*_LEFT)
    left.parent.mkdir(parents=True)
    left.touch()
    with a_child() as running:
        assert [*runs.iterdir()] == [running.folder]
