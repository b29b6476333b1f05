"""A pytest plugin for the process that tests a mutant.

It runs only the tests that are marked with the promise, notes each failure, stops at the first failure by an
assertion, and ends the process when code writes outside the copy. Each line of its report is one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

# Names of the variables that the runner sets.
PROMISE = "RU4M_MUTANT_PROMISE"
REPORT = "RU4M_MUTANT_REPORT"
ROOT = "RU4M_MUTANT_ROOT"

# The status of a process that was ended because it wrote outside its copy; pytest uses 0 to 5.
ESCAPED = 70

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {
    "os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink",
    "os.truncate", "os.utime",
}  # fmt: skip
_DEVICES = ("/dev/null", "/dev/tty", "/dev/pts/", "/dev/shm/", "/proc/self/")  # noqa: S108 - compared only


def _note(**line: object) -> None:
    with Path(os.environ[REPORT]).open("a") as report:
        report.write(json.dumps(line) + "\n")


def pytest_configure() -> None:
    """Watch from now on what the process writes."""
    root = os.path.realpath(os.environ[ROOT])

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            changed = args[:1] if isinstance(args[2], int) and args[2] & _WRITING else ()
        elif event in _CHANGES:
            changed = tuple(one for one in args[:2] if isinstance(one, str | bytes | os.PathLike))
        else:
            return
        for path in changed:
            if not isinstance(path, int) and not _inside(path, root):
                _note(escaped=os.fsdecode(path))
                os._exit(ESCAPED)

    sys.addaudithook(watch)
    threading.Thread(target=_end_with_parent, args=[os.getppid()], daemon=True).start()


def _end_with_parent(parent: int) -> None:
    """End the process when the runner is gone: killed itself, it can end nothing."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(ESCAPED)


def _inside(path: str | bytes | os.PathLike[str], root: str) -> bool:
    """Return whether a path is in the copy, a device, or where Python keeps compiled packages."""
    named, full = os.fsdecode(path), os.path.realpath(os.fsdecode(path))
    if full == root:  # coverage makes sure that the folder of its database exists
        return True
    return full.startswith((root + os.sep, *_DEVICES)) or named.startswith(_DEVICES) or "__pycache__" in full


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that are marked with the promise."""
    if promise := os.environ.get(PROMISE):
        kept: list[pytest.Item] = []
        others: list[pytest.Item] = []
        for item in items:
            marked = any(promise in mark.args for mark in item.iter_markers("promise"))
            (kept if marked else others).append(item)
        config.hook.pytest_deselected(items=others)
        items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note how long each phase took, and how a test failed."""
    report = yield
    error = call.excinfo.value if report.failed and call.excinfo is not None else None
    dead = error is not None and call.when == "call" and asserted(error)
    failure = f"{type(error).__name__} in its {call.when}" if error is not None else ""
    ran = call.when == "call" and not report.skipped
    _note(test=item.nodeid, seconds=call.duration, ran=ran, dead=dead, failure=failure)
    if dead:
        item.session.shouldstop = "a marked test noticed the mutant"
    return report


def asserted(error: BaseException) -> bool:
    """Return whether an error is a test's own assertion, or a group of such."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(asserted, error.exceptions))
    return isinstance(error, AssertionError | pytest.fail.Exception)
