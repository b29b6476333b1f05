"""Chromium on this machine: find or install it, show pages headless, measure, take pictures.

It is driven by the DevTools protocol over a pipe, without a package: `--screenshot` and `--window-size`
cannot emulate a phone (a window is at least 500 pixels wide), dark mode or paper. When this process ends, the
pipe closes and Chromium ends. It runs with an empty profile that is removed afterwards, and resolves no
host but 127.0.0.1, so no request of a page leaves the machine.

Playwright is not used. `playwright install` downloads a browser build of its own, which fails on a machine
that reaches package registries only, and `make test` has to work there. The package can drive Debian's
Chromium (tried: 1.65 with Chromium 156), but its documentation supports the bundled build only. Finding and
installing Chromium would stay here, and every environment would grow by 165 MB.

    python -m infra.local.chromium      finds it, or installs Debian's package if root runs this
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
_DEADLINE = 30.0  # seconds for a response; the start takes longest, on a busy machine

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
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

# Chromium reads commands from file descriptor 3 and responds on 4. A shell may not support numbers above 9,
# so Python moves them.
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
_STDERR = "stderr"  # the file that gets its standard error
_INSTALL = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300")


class NoChromium(RuntimeError):
    """No Chromium was found; the message says what to install."""


class ChromiumFailed(RuntimeError):
    """Chromium did not respond in time, ended, or refused a command; the message says which."""


@dataclass(frozen=True)
class Screen:
    """An emulated screen, in CSS pixels."""

    width: int
    height: int
    dark: bool = False
    phone: bool = False


PHONE = Screen(390, 844, phone=True)
DESKTOP = Screen(1280, 900)


def found(environment: Mapping[str, str] = os.environ) -> str:
    """Find the program that CHROMIUM names, or one of a known name on PATH.

    Raises:
        NoChromium: there is no such program.
    """
    wanted = environment.get("CHROMIUM")
    for name in (wanted,) if wanted else NAMES:
        if program := shutil.which(name, path=environment.get("PATH")):
            return program
    raise NoChromium(_MISSING)


def find_or_install() -> str:
    """Find the program, or install its package, if root runs this on Debian.

    Raises:
        NoChromium: there is none, and it cannot be installed here.
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
    _asked: dict[str, str] = field(default_factory=dict)  # URLs by the request's id
    _session: str | None = None
    _number: int = 0
    _unread: bytes = b""

    def show(self, page: Path, screen: Screen) -> None:
        """Open a file on a screen, and wait until it is loaded."""
        self.visit(page.resolve().as_uri(), screen)

    def visit(self, url: str, screen: Screen) -> None:
        """Open an address of this machine on a screen, and wait until it is loaded."""
        self._asked.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=screen.width, height=screen.height, deviceScaleFactor=1, mobile=screen.phone,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if screen.dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        result = self.call("Page.navigate", url=url)
        if "errorText" in result:
            raise ChromiumFailed(f"{url}: {result['errorText']}")
        self.loaded()

    def loaded(self) -> None:
        """Wait until the next page is loaded."""
        self._until(lambda message: message.get("method") == "Page.loadEventFired")

    @property
    def asked(self) -> list[str]:
        """Return the URLs that the page requested, with its own; its policy may have blocked others."""
        return list(self._asked.values())

    def value(self, expression: str) -> Any:  # noqa: ANN401 - JavaScript may give any value
        """Return the value of a JavaScript expression in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise ChromiumFailed(f"{expression}: {result['exceptionDetails']['text']}")
        return result["result"].get("value")

    def picture(self) -> bytes:
        """Return the visible part of the page, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def paper(self) -> bytes:
        """Return the page as printed on A4, as PDF."""
        result = self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=False)
        return base64.b64decode(result["data"])

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - the protocol's JSON
        """Send a command of the protocol and return its result.

        Raises:
            ChromiumFailed: refused, or no response in time.
        """
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        _write_all(self._to, json.dumps(message).encode() + b"\0")
        answer = self._until(lambda received: received.get("id") == number)
        if "error" in answer:
            raise ChromiumFailed(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    def attach(self) -> None:
        """Open a page and attach to it."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self.call(f"{domain}.enable")

    def _until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + _DEADLINE
        while True:
            message = self._next(deadline)
            self._record_event(message.get("method"), message.get("params", {}))
            if wanted(message):
                return message

    def _record_event(self, event: str | None, params: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self._asked[params["requestId"]] = params["request"]["url"]
        elif event == "Network.loadingFailed" and params.get("blockedReason") == "csp":
            self._asked.pop(params["requestId"], None)

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
    """Run a Chromium during a block.

    Raises:
        NoChromium: none was found.
        ChromiumFailed: it did not start.
    """
    program = found()
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as home:
        commands, to = os.pipe()
        answers_from, answers = os.pipe()
        process = _start(program, Path(home), commands, answers)
        try:
            running = Browser(to, answers_from)
            _attach(running, Path(home))
            yield running
        finally:
            os.close(to)
            _end(process)
            os.close(answers_from)


def _attach(running: Browser, home: Path) -> None:
    """Attach to a page; on failure raise with Chromium's output, often the only hint."""
    try:
        running.attach()
    except (ChromiumFailed, BrokenPipeError) as failed:
        output = (home / _STDERR).read_text(errors="replace")[-500:].strip()
        raise ChromiumFailed(f"it did not start ({failed}): {output}") from None


def _start(program: str, home: Path, commands: int, answers: int) -> subprocess.Popen[bytes]:
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()  # as root, Chromium refuses to run with one
    flags = (*_FLAGS, *sandbox, f"--user-data-dir={home / 'profile'}")
    stderr = (home / _STDERR).open("wb")
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-c", _LAUNCH, str(commands), str(answers), program, *flags],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            pass_fds=(commands, answers),
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "TMPDIR": str(home)},
            start_new_session=True,  # Ctrl-C reaches only this process, which then ends Chromium
        )
    finally:
        stderr.close()
        os.close(commands)
        os.close(answers)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for Chromium to end after its pipe was closed; kill its process group if it does not."""
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
        find_or_install()
    except NoChromium as none:
        sys.exit(str(none))
