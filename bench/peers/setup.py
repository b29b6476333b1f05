"""Where the functions are, and their processes: our unpacked zip, and the peers' own environment."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bench.peers.contestants import POWERTOOLS, Contestant
from infra.build import BUILD, ROOT, build
from infra.environments import environment

JSON = dict[str, Any]

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_RUNNER = Path(__file__).with_name("runner.py")
_FOLDER = BUILD / "peers"


class Failed(RuntimeError):
    """A contestant's process failed, or a contestant does another job; the text says which."""


@dataclass(frozen=True)
class Setup:
    """What all processes get, and the folders from which they import.

    Attributes:
        fixture: the state and the requests (`fixture.py`); `file`: the same as a file.
        ours: the folders of our functions.
        theirs: the folders of the peers' packages.
    """

    fixture: JSON
    file: Path
    ours: tuple[Path, ...]
    theirs: tuple[Path, ...]

    def start(self, one: Contestant) -> "Process":
        """Start a contestant's process."""
        folders = (*(self.ours if one.is_ours else self.theirs), _folder_of_bench())
        where = {
            "paths": [str(folder) for folder in folders],
            "module": one.module,
            "name": one.name,
            "request": as_sent_to(one, self.fixture["requests"][one.job]),
            "aws": one.calls_aws,
        }
        # -I and -S: no folder of this machine's Python but those of the contestant.
        command = [sys.executable, "-I", "-S", str(_RUNNER), str(self.file), json.dumps(where)]
        return Process(one, command, {**self.fixture["environment"], **dict(one.variables)})

    @contextmanager
    def running(self, contestants: Iterable[Contestant]) -> Iterator[list["Process"]]:
        """Run a process of each contestant during a `with` block."""
        processes: list[Process] = []
        try:
            for one in contestants:
                processes.append(self.start(one))  # noqa: PERF401 - those before a failure must be stopped
            yield processes
        finally:
            for process in processes:
                process.stop()


@contextmanager
def packaged(fixture: JSON) -> Iterator[Setup]:
    """The setup with our package as it is deployed; it installs the peers at the first run."""
    (theirs,) = (environment("peers", _REQUIREMENTS) / "lib").glob("python3*/site-packages")
    with _written(fixture) as file:
        yield Setup(fixture, file, (_unpacked(),), (theirs,))


@contextmanager
def from_sources(fixture: JSON) -> Iterator[Setup]:
    """The setup without a package and without another environment, for tests; FastAPI is missing there."""
    (installed,) = (Path(path) for path in sys.path if path.endswith("site-packages"))
    with _written(fixture) as file:
        yield Setup(fixture, file, (ROOT, installed), (installed,))


@contextmanager
def _written(fixture: JSON) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(fixture, file)
        file.flush()
        yield Path(file.name)


def _unpacked() -> Path:
    """The unpacked zip of our functions, as Lambda has it."""
    package = build()
    code = _FOLDER / package.version
    mark = code / ".complete"
    if not mark.exists():
        shutil.rmtree(_FOLDER, ignore_errors=True)  # with the code of earlier versions
        with zipfile.ZipFile(package.code) as archive:
            archive.extractall(code)
        mark.touch()
    return code


def _folder_of_bench() -> Path:
    """A folder from which only `bench` can be imported: neither our sources nor the tests."""
    link = _FOLDER / "path" / "bench"
    link.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        link.symlink_to(ROOT / "bench")
    return link.parent


def as_sent_to(one: Contestant, request: JSON) -> JSON:
    """The request; the body of a merge patch as `application/json` for Powertools, which knows no other."""
    if one.framework != POWERTOOLS or "Content-Type" not in request.get("headers", {}):
        return request
    plain = "application/json"
    return {
        **request,
        "headers": {**request["headers"], "Content-Type": plain},
        "multiValueHeaders": {**request["multiValueHeaders"], "Content-Type": [plain]},
    }


class Process:
    """A process that serves requests (`runner.py`)."""

    def __init__(self, one: Contestant, command: list[str], variables: dict[str, str]) -> None:
        self.contestant = one
        self._errors: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by `stop`
        self._process = subprocess.Popen(
            command, env=variables, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
        )  # fmt: skip

    def serve(self, number: int) -> float:
        """Serve requests of the job; return the seconds of CPU for one of them.

        Raises:
            Failed: the process ended, or a request was refused.
        """
        answer = self._ask({"block": number})
        if answer["refused"]:
            raise self._failed(f"it answered {answer['refused']}")
        seconds: float = answer["seconds"]
        return seconds

    def respond(self, request: JSON) -> JSON:
        """Serve one request; return its `response` and the calls to AWS that it `sent`.

        Raises:
            Failed: the process ended.
        """
        return self._ask({"respond": as_sent_to(self.contestant, request)})

    def close(self) -> tuple[int, float]:
        """End the process; return the modules that it imported, and the seconds of CPU of its whole life.

        Raises:
            Failed: the process failed.
        """
        modules: int = self._ask({"count": "modules"})["modules"]
        assert self._process.stdin  # noqa: S101 - it is a pipe (mypy)
        self._process.stdin.close()
        _, status, used = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        if self._process.returncode:
            raise self._failed(self._end_of_errors())
        return modules, used.ru_utime + used.ru_stime

    def stop(self) -> None:
        """End the process, whatever its state."""
        if self._process.returncode is None:
            self._process.terminate()
            self._process.communicate()
        self._errors.close()

    def _ask(self, line: JSON) -> JSON:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin  # noqa: S101 - it is a pipe (mypy)
        assert stdout  # noqa: S101 - it is a pipe (mypy)
        with suppress(BrokenPipeError):  # the process ended, as the empty answer shows
            stdin.write(f"{json.dumps(line)}\n")
            stdin.flush()
        answer = stdout.readline()
        if not answer:
            raise self._failed(self._end_of_errors())
        parsed: JSON = json.loads(answer)
        return parsed

    def _end_of_errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read()[-3000:]

    def _failed(self, reason: str) -> Failed:
        return Failed(f"{self.contestant.framework}, {self.contestant.job}: {reason}")
