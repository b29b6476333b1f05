"""One run of tests in a copy: in a process group of its own, which ends with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.mutants import plugin
from infra.mutants.copies import Copy
from infra.mutants.model import Verdict

# A run that takes longer than this many times the unchanged code is ended, but not before `LEAST` seconds: on
# a busy machine a short run varies more.
PATIENCE = 5
LEAST = 30.0

# Seconds after which a run of the unchanged code is given up.
LONGEST = 3600.0

# Processes of one run. Tests that start programs have fewer than a tenth of it.
_MOST_PROCESSES = 100
_LOOK = 0.5

# Seconds that programs which a test started have for their end, and how often a run's processes are looked
# for until none is left: one that forks meanwhile is missed once.
_GRACE = 5.0
_ROUNDS = 50

# Characters of pytest's output that are shown of a run that broke.
_SHOWN = 2000

# A variable that names the run in all of its processes, also in those that left the process group.
_RUN = "RU4M_MUTANT_RUN"

# Failures by something else than an assertion, after which a run stops.
_MOST_BROKEN = 10


@dataclass(frozen=True)
class Tests:
    """Paths or ids of tests; of these, if a promise is named, a run executes the tests marked with it."""

    paths: Sequence[str]
    promise: str = ""
    marks: str = "not proof"
    options: Sequence[str] = ()  # more options of pytest

    __test__ = False  # pytest: this is no test class


@dataclass(frozen=True)
class Run:
    """What a run showed."""

    verdict: Verdict
    test: str  # the test that decided it; empty if all passed
    seconds: float
    ran: int  # tests that were not skipped
    durations: dict[str, float] = field(default_factory=dict)  # seconds by test
    detail: str = ""


def run(copy: Copy, tests: Tests, stop: threading.Event, limit: float = LONGEST) -> Run:
    """Run tests in a copy; end it after `limit` seconds, at a stop, or when it leaves its copy."""
    copy.clear()
    report, log, name = copy.temporary / "report", copy.temporary / "log", uuid.uuid4().hex
    environment = {
        **os.environ, _RUN: name, plugin.PROMISE: tests.promise, plugin.REPORT: str(report),
        plugin.ROOT: str(copy.root), "TMPDIR": str(copy.temporary), "PYTHONDONTWRITEBYTECODE": "",
    }  # fmt: skip
    command = [
        sys.executable, "-m", "pytest", "-q", "-n0", "-p", "infra.mutants.plugin", "-p", "no:cacheprovider",
        f"--maxfail={_MOST_BROKEN}", "-m", tests.marks, *tests.options, *tests.paths,
    ]  # fmt: skip
    begun = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=copy.root, env=environment, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            ended = _wait(process, name, begun + limit, stop)
            outlived = ended == "" and _outlived(name)
        finally:
            _end(process, name)
    seconds = time.monotonic() - begun
    if outlived:
        ended = "processes that outlived pytest"
    lines = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    return _judged(lines, ended, process.returncode, seconds, log)


def _judged(lines: list[dict[str, Any]], ended: str, status: int, seconds: float, log: Path) -> Run:
    """Return what the plugin's report, the end of the process and its status show."""
    durations: dict[str, float] = {}
    for line in lines:
        if "test" in line:
            durations[line["test"]] = durations.get(line["test"], 0.0) + line["seconds"]
    ran = sum(line.get("ran", False) for line in lines)
    escaped = next((f"wrote {line['escaped']}" for line in lines if "escaped" in line), ended)
    dead = [line for line in lines if line.get("dead")]
    failed = dead + [line for line in lines if line.get("failure")]
    test, failure = (failed[0]["test"], failed[0]["failure"]) if failed else ("", "")
    if ended == Verdict.TIMED_OUT:
        return Run(Verdict.TIMED_OUT, next(reversed(durations), ""), seconds, ran, durations)
    if escaped:
        return Run(Verdict.ESCAPED, next(reversed(durations), ""), seconds, ran, durations, escaped)
    if dead:
        return Run(Verdict.DEAD, test, seconds, ran, durations, failure)
    if status == 0:
        return Run(Verdict.SURVIVED, "", seconds, ran, durations)
    detail = failure or log.read_text(errors="replace")[-_SHOWN:]
    return Run(Verdict.BROKEN, test, seconds, ran, durations, detail)


def _wait(process: subprocess.Popen[bytes], name: str, until: float, stop: threading.Event) -> str:
    """Wait for the end of a process; return why it has to be ended, if it has."""
    while not stop.is_set():
        try:
            process.wait(_LOOK)
        except subprocess.TimeoutExpired:
            if time.monotonic() > until:
                return Verdict.TIMED_OUT
            if len(_processes(name)) > _MOST_PROCESSES:
                return f"more than {_MOST_PROCESSES} processes"
        else:
            return ""
    return "stopped"


def _outlived(name: str) -> bool:
    """Return whether processes of a run are there some seconds after its end."""
    until = time.monotonic() + _GRACE
    while left := bool(_processes(name)):
        if time.monotonic() > until:
            break
        time.sleep(_LOOK)
    return left


def _end(process: subprocess.Popen[bytes], name: str) -> None:
    """End all processes of a run."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for _ in range(_ROUNDS):
        if not (left := _processes(name)):
            return
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _processes(name: str) -> list[int]:
    """Return the processes of a run, by their environment; none where the system does not show it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended, or belongs to another user
            if f"{_RUN}={name}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found
