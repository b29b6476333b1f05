"""Tests that the folder of a child process is removed with it, even after a crash."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from infra.local import children
from infra.local.children import Child
from infra.local.waiting import until

# Starts a process that outlives the child, and is terminated.
_CAREFREE = """
import signal, subprocess, sys
print(subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]).pid, flush=True)
signal.pause()
"""
_LEFT = ("tmp-of-a-killed-guard", "ministack-lambda-signup/code.zip")


@pytest.fixture
def runs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(children, "LOCAL", tmp_path)
    return tmp_path / "runs"


def a_child() -> AbstractContextManager[Child]:
    command = [sys.executable, "-c", "import signal; signal.pause()"]
    return children.child(command, lambda _: dict(os.environ))


def test_folder_of_a_child_is_removed_when_the_child_ends(runs_folder: Path) -> None:
    with a_child() as running:
        assert [*runs_folder.iterdir()] == [running.folder]
    assert [*runs_folder.iterdir()] == []


def test_start_of_another_child_does_not_remove_the_folder_of_a_running_one(runs_folder: Path) -> None:
    with a_child() as one, a_child() as other:
        assert {*runs_folder.iterdir()} == {one.folder, other.folder}


def test_folder_is_locked_before_its_process_starts(runs_folder: Path) -> None:
    own, lock = children._own_folder()
    # A concurrent start removes folders that no process has locked.
    other, other_lock = children._own_folder()
    assert {*runs_folder.iterdir()} == {own, other}
    for held in (lock, other_lock):
        os.close(held)


def test_folder_whose_lock_is_not_held_is_removed_at_the_next_start(runs_folder: Path) -> None:
    left = runs_folder.joinpath(*_LEFT)
    left.parent.mkdir(parents=True)
    left.touch()
    (runs_folder / _LEFT[0] / "in-use").touch()
    with a_child() as running:
        assert [*runs_folder.iterdir()] == [running.folder]


def test_folder_that_lost_its_lock_file_is_removed_at_the_next_start(runs_folder: Path) -> None:
    left = runs_folder.joinpath(*_LEFT)
    left.parent.mkdir(parents=True)
    left.touch()
    with a_child() as running:
        assert [*runs_folder.iterdir()] == [running.folder]


def test_process_that_a_child_left_behind_ends_with_the_child(runs_folder: Path, tmp_path: Path) -> None:
    with (tmp_path / "output").open("w+") as output:
        command = [sys.executable, "-c", _CAREFREE]
        with children.child(command, lambda _: dict(os.environ), output):
            until(lambda: (tmp_path / "output").read_text().endswith("\n"), "the process to start")
            left = int((tmp_path / "output").read_text())
            os.kill(left, 0)
        until(lambda: not is_running(left), "the process to end")


def is_running(process: int) -> bool:
    """Return whether the process runs; a zombie does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    return not (status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")
