"""The compared functions, their processes, and their CPU times, which are taken in turns.

Other work on the machine slows all functions of a turn alike. So times are compared within a turn, and the
median of these ratios counts.
"""

import json
import resource
import shutil
import subprocess
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from infra.build import BUILD, ROOT, build
from infra.environments import environment

JSON = dict[str, Any]

OURS, POWERTOOLS, FASTAPI, CHALICE, BARE = (
    "this project", "Powertools + validation", "FastAPI + Mangum", "plain Chalice", "bare function",
)  # fmt: skip
FRAMEWORKS = (OURS, POWERTOOLS, FASTAPI, CHALICE, BARE)
CHAT, READ, CHANGE, USAGE, AUTHORIZER, ONE_READ = (
    "chat token", "profile: read", "profile: change", "usage: 100 events", "authorizer", "one read",
)  # fmt: skip
JOBS = (CHAT, READ, CHANGE, USAGE)

_HERE, _FOLDER = Path(__file__).parent, BUILD / "peers"
_IN_A_TURN, _OF_LONG_ONES, _WARM_UP = 20, 5, 60  # requests


class Failed(SystemExit):
    """A function's process failed, or a function does another job; the text says which."""


class Function(NamedTuple):
    """A function that does a job in a framework."""

    framework: str
    job: str


# The least function of the stack, to which cold starts are compared.
REFERENCE = Function("Chalice + boto3 client", ONE_READ)
OUR_AUTHORIZER = Function(OURS, AUTHORIZER)
COLD_FUNCTIONS = (REFERENCE, OUR_AUTHORIZER, *(Function(framework, CHAT) for framework in FRAMEWORKS))

_GROUPS = {CHAT: "chat", READ: "profiles", CHANGE: "profiles", USAGE: "usage", AUTHORIZER: "access_token"}
_HANDLERS = {
    OURS: "app.app",
    POWERTOOLS: "bench.peers.powertools.handler",
    FASTAPI: "bench.peers.fastapi_mangum.handler",
    CHALICE: "bench.peers.plain_chalice.app",
    BARE: "bench.peers.bare.handler",
    REFERENCE.framework: "bench.peers.reference.app",
}


class Samples(NamedTuple):
    """The seconds of CPU of one function, a figure per turn; `modules` are those in memory at the end."""

    seconds: tuple[float, ...]
    modules: int

    def ratios_to(self, other: "Samples") -> list[float]:
        """The ratios to another function, turn by turn."""
        return [mine / theirs for mine, theirs in zip(self.seconds, other.seconds, strict=True)]


Figures = dict[Function, Samples]
Measured = tuple[Function, float, int]  # in one turn: seconds of CPU, and modules in memory


@dataclass(frozen=True)
class Process:
    """A process that serves requests (`serve.py`)."""

    function: Function
    stdin: IO[str]
    stdout: IO[str]

    def serve(self, event: JSON, times: int = 1) -> JSON:
        """Serve a request so many times; the answer is described in `serve.py`.

        Raises:
            Failed: the process ended; its error is on standard error.
        """
        self.write({"event": event, "times": times})
        answer = self.stdout.readline()
        if not answer:
            raise Failed(f"{self.function}: the process ended")
        return cast("JSON", json.loads(answer))

    def write(self, line: JSON) -> None:
        """Write a line of JSON to the process."""
        text = json.dumps(line)
        if self.function.framework == POWERTOOLS:  # it knows no other type of a body with JSON
            text = text.replace("application/merge-patch+json", "application/json")
        print(text, file=self.stdin, flush=True)


@dataclass(frozen=True)
class Setup:
    """The state and the requests that all get (`fixture.py`), and the folders from which they import."""

    fixture: JSON
    ours: tuple[Path, ...]
    theirs: Path

    @contextmanager
    def running(self, function: Function) -> Iterator[Process]:
        """Run the process of a function during a `with` block."""
        handler = _HANDLERS[function.framework]
        if function == OUR_AUTHORIZER:
            handler = "chalicelib.accounts.sessions.authorizer.access_token"
        start = {
            "fixture": self.fixture,
            "folders": [*map(str, self.ours if function.framework == OURS else (self.theirs,))],
            "bench": str(ROOT / "bench"),
            "handler": handler,
            "calls_aws": function != OUR_AUTHORIZER,  # it must not load botocore for a stub either
        }
        variables = {**self.fixture["environment"], "RU4M_FUNCTION": _GROUPS.get(function.job, "")}
        # -I and -S: no folder of this machine's Python but those of the function.
        command = [sys.executable, "-I", "-S", str(_HERE / "serve.py")]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=variables, text=True, stdin=pipe, stdout=pipe) as child:
            process = Process(function, cast("IO[str]", child.stdin), cast("IO[str]", child.stdout))
            process.write(start)
            yield process
        if child.returncode:
            raise Failed(f"{function}: the process failed")


def packaged(fixture: JSON) -> Setup:
    """The setup with our package as it is deployed; it installs the peers at the first run."""
    (theirs,) = (environment("peers", _HERE / "requirements.txt") / "lib").glob("python3*/site-packages")
    package = build()
    code = _FOLDER / package.version
    if not (code / ".complete").exists():
        shutil.rmtree(_FOLDER, ignore_errors=True)  # with the code of earlier versions
        with zipfile.ZipFile(package.code) as archive:
            archive.extractall(code)
        (code / ".complete").touch()
    return Setup(fixture, (code,), theirs)


def from_sources(fixture: JSON) -> Setup:
    """The setup without a package and without another environment, for tests; FastAPI is missing there."""
    (installed,) = (Path(path) for path in sys.path if path.endswith("site-packages"))
    return Setup(fixture, (ROOT, installed), installed)


def warm(setup: Setup, turns: int) -> Figures:
    """Measure warm requests: the CPU time of a request, by job and framework."""
    return _figures(measured for job in JOBS for measured in _warm(setup, job, turns))


def _warm(setup: Setup, job: str, turns: int) -> Iterator[Measured]:
    number = _OF_LONG_ONES if job == USAGE else _IN_A_TURN
    with ExitStack() as stack:
        processes = [stack.enter_context(setup.running(Function(name, job))) for name in FRAMEWORKS]
        for process in processes:
            _serve(process, setup, _WARM_UP)
        for place in _places(len(processes), turns):
            process = processes[place]
            answer = _serve(process, setup, number)
            yield process.function, answer["seconds"], answer["modules"]


def cold(setup: Setup, turns: int) -> Figures:
    """Measure cold starts: the CPU time of a process that imports a function and serves one request."""
    for function in COLD_FUNCTIONS:
        _cold(setup, function)  # fills the caches of the file system
    return _figures(_cold(setup, COLD_FUNCTIONS[place]) for place in _places(len(COLD_FUNCTIONS), turns))


def _cold(setup: Setup, function: Function) -> Measured:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with setup.running(function) as process:
        modules = _serve(process, setup)["modules"]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return function, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, modules


def _figures(measured: Iterable[Measured]) -> Figures:
    seconds: dict[Function, list[float]] = defaultdict(list)
    modules: dict[Function, int] = {}
    for function, taken, modules[function] in measured:
        seconds[function].append(taken)
    return {function: Samples(tuple(taken), modules[function]) for function, taken in seconds.items()}


def _places(number: int, turns: int) -> Iterator[int]:
    """Yield the places of so many functions in each turn, which begins with another one."""
    for turn in range(turns):
        yield from ((turn + place) % number for place in range(number))


def _serve(process: Process, setup: Setup, times: int = 1) -> JSON:
    answer = process.serve(setup.fixture["accepted"][process.function.job][0], times)
    if refused := [one for one in answer["responses"] if one.get("statusCode", 200) >= 300]:
        raise Failed(f"{process.function}: it answered {refused[0]}")
    return answer
