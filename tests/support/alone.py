"""Runs each test of suites in a process of its own: `make alone [SHARE=1/4]`.

A test that needs what another test left behind fails here. Each process starts its own emulators, and for
tests/e2e deploys its own cloud. A deployment takes five seconds because the package is built already, so
nothing is restored between tests.

    python -m tests.support.alone [--share 1/4] [--workers 2] [PATH...]
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).parents[2]
SUITES = ("tests/contract", "tests/e2e")

# Seconds after which a test counts as failed. The slowest one, of alarms, takes two minutes.
_DEADLINE = 900.0
# The empty expression selects the tests with the mark `proof` too.
_PYTEST = (sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", "-m", "")


@dataclass(frozen=True)
class Share:
    """One of several equal parts of the tests."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Share:
        """Read a share such as 1/4.

        Raises:
            typer.BadParameter: the text names no share.
        """
        number, _, count = text.partition("/")
        if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
            raise typer.BadParameter(f"{text} is no share such as 1/4")
        return cls(int(number), int(count))

    def of(self, nodeids: Sequence[str]) -> list[str]:
        """Return the tests of this share; all shares together have every test once."""
        return list(nodeids[self.number - 1 :: self.count])


@dataclass(frozen=True)
class Result:
    """How a test ended in a process of its own."""

    nodeid: str
    passed: bool
    seconds: float
    output: str


def spread(nodeids: Iterable[str]) -> list[str]:
    """Order tests so that the first of each file comes before the second of any file."""
    files: defaultdict[str, list[str]] = defaultdict(list)
    for nodeid in nodeids:
        files[nodeid.split("::", maxsplit=1)[0]].append(nodeid)
    return [nodeid for nodeid in chain.from_iterable(zip_longest(*files.values())) if nodeid is not None]


def collect(paths: Sequence[str], root: Path = ROOT) -> list[str]:
    """Return the names of all tests in files or folders.

    Raises:
        RuntimeError: pytest could not collect them.
    """
    done = subprocess.run(
        [*_PYTEST, "--collect-only", *paths], cwd=root, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return [line for line in done.stdout.splitlines() if "::" in line]


def run_alone(nodeid: str, root: Path = ROOT) -> Result:
    """Run one test in a new process."""
    began = time.monotonic()
    try:
        done = subprocess.run(
            [*_PYTEST, nodeid], cwd=root, capture_output=True, text=True, check=False, timeout=_DEADLINE
        )
    except subprocess.TimeoutExpired as late:
        return Result(nodeid, passed=False, seconds=_DEADLINE, output=str(late))
    return Result(
        nodeid, has_passed(done.returncode, done.stdout), time.monotonic() - began, done.stdout + done.stderr
    )


def has_passed(status: int, output: str) -> bool:
    """Return whether pytest ran one test and it passed. If it was skipped, pytest's status is 0 too."""
    return status == 0 and "1 passed" in output


def main(
    paths: Annotated[
        list[str] | None, typer.Argument(help="files or folders; all suites if left out")
    ] = None,
    share: Annotated[str, typer.Option(help="run only this part of the tests, such as 1/4")] = "1/1",
    workers: Annotated[int, typer.Option(min=1, help="tests that run at a time")] = 2,
) -> None:
    """Run each test in a process of its own, and exit with status 1 if one fails."""
    chosen = Share.parse(share)
    nodeids = chosen.of(spread(collect(paths or SUITES)))
    typer.echo(f"{len(nodeids)} tests alone, share {chosen.number} of {chosen.count}")
    failed: list[str] = []
    pool = ThreadPoolExecutor(workers)
    try:
        for done in as_completed([pool.submit(run_alone, nodeid) for nodeid in nodeids]):
            result = done.result()
            typer.echo(f"{'passed' if result.passed else 'FAILED'} {result.seconds:5.1f} s  {result.nodeid}")
            if not result.passed:
                failed.append(result.nodeid)
                typer.echo(result.output)
    finally:
        pool.shutdown(cancel_futures=True)  # else Ctrl-C would wait for all tests that have not begun
    typer.echo("".join(f"FAILED {nodeid}{os.linesep}" for nodeid in failed) + f"{len(failed)} failed")
    if failed or not nodeids:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
