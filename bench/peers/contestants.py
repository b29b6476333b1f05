"""Who is compared: our packaged functions, and the same functions in other frameworks."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from infra.build import BUILD, ROOT, build
from infra.environments import environment

JSON = dict[str, Any]

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_FOLDER = BUILD / "peers"


@dataclass(frozen=True)
class Contestant:
    """One function in one framework: where it is, and what it serves."""

    framework: str
    job: str
    module: str
    name: str
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def is_ours(self) -> bool:
        """Whether it is the function of our package."""
        return self.framework == OURS


OURS, POWERTOOLS, FASTAPI, CHALICE, BARE = (
    "this project", "Powertools, validating", "FastAPI + Mangum", "plain Chalice", "bare function",
)  # fmt: skip
FRAMEWORKS = (OURS, POWERTOOLS, FASTAPI, CHALICE, BARE)
CHAT, READ, CHANGE, USAGE, AUTHORIZER = (
    "chat token", "profile, read", "profile, change", "usage x 100", "authorizer",
)  # fmt: skip
JOBS = (CHAT, READ, CHANGE, USAGE)

_GROUPS = {CHAT: "chat", READ: "profiles", CHANGE: "profiles", USAGE: "usage"}
_PEERS = {
    POWERTOOLS: ("powertools", "handler"),
    FASTAPI: ("fastapi_mangum", "handler"),
    CHALICE: ("plain_chalice", "app"),
    BARE: ("bare", "handler"),
}


# The least function of the stack, to which cold starts are compared.
REFERENCE = Contestant("Chalice + boto3 client", CHAT, "bench.peers.plain_chalice.reference", "app")
OUR_AUTHORIZER = Contestant(
    OURS, AUTHORIZER, "chalicelib.sessions.authorizer", "access_token", (("RU4M_FUNCTION", "access_token"),)
)


def contestant(framework: str, job: str) -> Contestant:
    """The function of a framework that does a job."""
    group = _GROUPS[job]
    if framework == OURS:
        return Contestant(OURS, job, "app", "app", (("RU4M_FUNCTION", group),))
    package, name = _PEERS[framework]
    return Contestant(framework, job, f"bench.peers.{package}.{group}", name)


@cache
def our_code() -> Path:
    """The unpacked zip of our functions, as Lambda has it."""
    package = build()
    code = _FOLDER / package.version
    mark = code / ".complete"
    if not mark.exists():
        with zipfile.ZipFile(package.code) as archive:
            archive.extractall(code)
        mark.touch()
    return code


@cache
def their_packages() -> Path:
    """The packages of the peers, installed at the first call."""
    (found,) = (environment("peers", _REQUIREMENTS) / "lib").glob("python3*/site-packages")
    return found


@cache
def bench_code() -> Path:
    """A folder from which only `bench` can be imported, and neither our sources nor the tests."""
    folder = _FOLDER / "path"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "bench"
    if not link.exists():
        link.symlink_to(ROOT / "bench")
    return folder


def command(one: Contestant, fixture: Path, request: JSON) -> list[str]:
    """The command of a contestant's process."""
    code = our_code() if one.is_ours else their_packages()
    where = {
        "paths": [str(code), str(bench_code())],
        "module": one.module,
        "name": one.name,
        "request": _as_sent_to(one, request),
        "aws": one.job != AUTHORIZER,
    }
    runner = Path(__file__).with_name("runner.py")
    return [sys.executable, "-I", "-S", str(runner), str(fixture), json.dumps(where)]


def _as_sent_to(one: Contestant, request: JSON) -> JSON:
    """The request; Powertools validates bodies of `application/json` only."""
    if one.framework != POWERTOOLS or "Content-Type" not in request.get("headers", {}):
        return request
    json_type = "application/json"
    return {
        **request,
        "headers": {**request["headers"], "Content-Type": json_type},
        "multiValueHeaders": {**request["multiValueHeaders"], "Content-Type": [json_type]},
    }


class Failed(RuntimeError):
    """A contestant's process ended; the text is the end of its errors."""


class Process:
    """A process that serves blocks of requests."""

    def __init__(self, one: Contestant, command: list[str], variables: dict[str, str]) -> None:
        self.contestant = one
        own = {**variables, **dict(one.variables)}
        self._process = subprocess.Popen(
            command, env=own, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def ask(self, request: object) -> JSON:
        """Send a line and return the answer.

        Raises:
            Failed: the process ended.
        """
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        assert stdin and stdout and stderr  # noqa: S101 - the types cannot say it
        try:
            stdin.write(f"{request}\n")
            stdin.flush()
        except BrokenPipeError:
            pass
        line = stdout.readline()
        if not line:
            raise Failed(f"{self.contestant.framework}, {self.contestant.job}:\n{stderr.read()[-3000:]}")
        answer: JSON = json.loads(line)
        return answer

    def close(self) -> tuple[JSON, float]:
        """End the input and wait; return the last answer, and the CPU seconds of the whole process.

        Raises:
            Failed: the process failed.
        """
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        assert stdin and stdout and stderr  # noqa: S101 - the types cannot say it
        stdin.close()
        answer, errors = stdout.read(), stderr.read()
        _, status, used = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        if self._process.returncode:
            raise Failed(f"{self.contestant.framework}, {self.contestant.job}:\n{errors[-3000:]}")
        last: JSON = json.loads(answer)
        return last, used.ru_utime + used.ru_stime

    def stop(self) -> None:
        """End the process."""
        if self._process.returncode is None:
            self._process.terminate()
            self._process.communicate()


def start(one: Contestant, fixture_file: Path, fixture: JSON) -> Process:
    """Start a contestant's process."""
    line = command(one, fixture_file, fixture["requests"][one.job])
    return Process(one, line, fixture["environment"])


@contextmanager
def running(contestants: list[Contestant], fixture_file: Path, fixture: JSON) -> Iterator[list[Process]]:
    """Run a process of each contestant during a `with` block."""
    processes: list[Process] = []
    try:
        for one in contestants:
            processes.append(start(one, fixture_file, fixture))
        yield processes
    finally:
        for process in processes:
            process.stop()
