"""Chromium on this machine: finds it, shows a page in it without a window, measures, takes pictures.

It is driven by the DevTools protocol over a pipe, without a package of its own: `--screenshot` and
`--window-size` know no phone (a window is 500 pixels wide at least), no dark mode and no paper. The pipe is
the lifeline too: Chromium ends when this process does. It runs with an empty profile that goes with it, and
resolves no name, so nothing that a page asks for leaves the machine.

    python -m infra.local.chromium      finds it, or installs Debian's package where root runs this
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_DEADLINE = 30.0  # seconds for an answer; the start is the longest, on a machine that does much else

_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-dev-shm-usage",  # containers give it 64 MB, which a long page does not fit in
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)

# Chromium reads commands from file 3 and answers to file 4. A shell need not know numbers above 9.
_LAUNCH = """
import os, sys
commands, answers, *command = sys.argv[1:]
os.dup2(int(commands), 3)
os.dup2(int(answers), 4)
os.execvp(command[0], command)
"""

_MISSING = (
    "no Chromium was found. Install it (Debian, as root: apt-get install chromium), or set CHROMIUM to the "
    "program of an installed Chromium or Chrome"
)
_SAID = "said"  # the file that takes its standard error
_INSTALL = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300")


class NoChromium(RuntimeError):
    """There is none; the text says what to install."""


class ChromiumFailed(RuntimeError):
    """It gave no answer in time, ended, or refused a command; the text says which."""


@dataclass(frozen=True)
class Screen:
    """What a page is shown on, in CSS pixels."""

    width: int
    height: int
    dark: bool = False
    phone: bool = False


PHONE = Screen(390, 844, phone=True)
DESKTOP = Screen(1280, 900)


def found(environment: Mapping[str, str] = os.environ) -> str:
    """The program that an environment leads to: CHROMIUM, or a known name on PATH.

    Raises:
        NoChromium: it leads to none.
    """
    wanted = environment.get("CHROMIUM")
    for name in (wanted,) if wanted else NAMES:
        if program := shutil.which(name, path=environment.get("PATH")):
            return program
    raise NoChromium(_MISSING)


def found_or_installed() -> str:
    """The program; where there is none and root runs this on Debian, its package is installed first.

    Raises:
        NoChromium: there is none, and it can't be installed here.
    """
    try:
        return found()
    except NoChromium:
        if os.environ.get("CHROMIUM") or os.geteuid() != 0 or not shutil.which("apt-get"):
            raise
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for step in (("update",), ("install", "-y", "--no-install-recommends", "chromium")):
        done = subprocess.run([*_INSTALL, *step], env=quiet, stdout=sys.stderr, check=False)
        if done.returncode:
            raise NoChromium(f"apt-get {step[0]} failed (see above): {_MISSING}")
    return found()


@dataclass
class Browser:
    """A running Chromium with one page."""

    _to: int
    _from: int
    _asked: dict[str, str] = field(default_factory=dict)  # addresses by the request's id
    _session: str | None = None
    _number: int = 0
    _unread: bytes = b""

    def show(self, page: Path, screen: Screen) -> None:
        """Open a file on a screen, and wait until it is there."""
        self._asked.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=screen.width, height=screen.height, deviceScaleFactor=1, mobile=screen.phone,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if screen.dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        told = self.call("Page.navigate", url=page.resolve().as_uri())
        if "errorText" in told:
            raise ChromiumFailed(f"{page.name}: {told['errorText']}")
        self._until(lambda message: message.get("method") == "Page.loadEventFired")

    @property
    def asked(self) -> list[str]:
        """Addresses that the page asked for, itself included, without those that its own policy stopped."""
        return list(self._asked.values())

    def value(self, expression: str) -> Any:  # noqa: ANN401 - whatever JavaScript says
        """What a JavaScript expression is in the page."""
        told = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise ChromiumFailed(f"{expression}: {told['exceptionDetails']['text']}")
        return told["result"].get("value")

    def picture(self) -> bytes:
        """What the screen shows, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def whole_picture(self) -> bytes:
        """The page from top to end, as PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        told = self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        return base64.b64decode(told["data"])

    def paper(self) -> bytes:
        """The page as it prints on A4, as PDF."""
        told = self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=False)
        return base64.b64decode(told["data"])

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - the protocol's JSON
        """A command of the protocol, answered.

        Raises:
            ChromiumFailed: refused, or no answer in time.
        """
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        _write_all(self._to, json.dumps(message).encode() + b"\0")
        answer = self._until(lambda told: told.get("id") == number)
        if "error" in answer:
            raise ChromiumFailed(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    def attach(self) -> None:
        """Take a page of its own."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self.call(f"{domain}.enable")

    def _until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + _DEADLINE
        while True:
            message = self._next(deadline)
            self._note(message.get("method"), message.get("params", {}))
            if wanted(message):
                return message

    def _note(self, event: str | None, told: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self._asked[told["requestId"]] = told["request"]["url"]
        elif event == "Network.loadingFailed" and told.get("blockedReason") == "csp":
            self._asked.pop(told["requestId"], None)

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._unread:
            if not select.select([self._from], [], [], max(deadline - time.monotonic(), 0))[0]:
                raise ChromiumFailed(f"no answer within {_DEADLINE:g} s")
            if not (more := os.read(self._from, 1 << 20)):
                raise ChromiumFailed("it ended")
            self._unread += more
        text, self._unread = self._unread.split(b"\0", 1)
        message: dict[str, Any] = json.loads(text)
        return message


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium for the length of a block.

    Raises:
        NoChromium: there is none.
        ChromiumFailed: it did not start.
    """
    program = found()
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as home:
        commands, to = os.pipe()
        answers_from, answers = os.pipe()
        process = _start(program, Path(home), commands, answers)
        try:
            running = Browser(to, answers_from)
            _begin(running, Path(home))
            yield running
        finally:
            os.close(to)
            _end(process)
            os.close(answers_from)


def _begin(running: Browser, home: Path) -> None:
    """Take a page; where that fails, what Chromium said is the only hint (a container without sandboxes)."""
    try:
        running.attach()
    except (ChromiumFailed, BrokenPipeError) as failed:
        said = (home / _SAID).read_text(errors="replace")[-500:].strip()
        raise ChromiumFailed(f"it did not start ({failed}): {said}") from None


def _start(program: str, home: Path, commands: int, answers: int) -> subprocess.Popen[bytes]:
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()  # Chromium refuses to have one as root
    flags = (*_FLAGS, *sandbox, f"--user-data-dir={home / 'profile'}")
    said = (home / _SAID).open("wb")
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-c", _LAUNCH, str(commands), str(answers), program, *flags],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            pass_fds=(commands, answers),
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "TMPDIR": str(home)},
            start_new_session=True,  # Ctrl-C is for us; we end it in order
        )
    finally:
        said.close()
        os.close(commands)
        os.close(answers)


def _end(process: subprocess.Popen[bytes]) -> None:
    """It ends by itself once its pipe is closed; the group, which is its own, if it does not."""
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _write_all(to: int, data: bytes) -> None:
    while data:
        data = data[os.write(to, data) :]


if __name__ == "__main__":
    try:
        found_or_installed()
    except NoChromium as none:
        sys.exit(str(none))
