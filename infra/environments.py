"""Installs what the commands of the project need, each into an environment that is complete or repeated.

    python3 -m infra.environments cloud|run|all     (`make setup-cloud` and so on)

`.venv` has our Python packages, .local/<name> those that cannot share an environment with ours, and
the folders `js` and `client` in infra those of Node. What a command needs is installed in parallel.

Invariants:

- The mark of an environment is the hash of the pins that were installed last. An installation that was killed
  or failed is begun again from an empty folder; one whose pins changed is made over the old one.
- One installation at a time runs in an environment. It holds a lock, which also its commands inherit: after
  a kill, the lock lasts as long as a command of it.

Modules are compiled when they are first imported: most never are, and that takes longer than to unpack them.
This module runs before anything is installed, so it imports the standard library only.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
HOME = ROOT / ".local"
EMULATOR = Path(__file__).parent / "local" / "requirements.txt"
_JS = Path(__file__).parent / "local" / "js"
_CLIENT = Path(__file__).parent / "client"

Command = tuple[str, ...]


def environment(name: str, requirements: Path) -> Path:
    """Return the folder of a Python environment in .local/; install it if it is missing or its pins changed.

    Raises:
        subprocess.CalledProcessError: the packages could not be installed.
    """
    return _python(HOME / name, requirements)


def _python(home: Path, *pins: Path) -> Path:
    pip = (str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    return installed(
        home,
        *pins,
        create=(sys.executable, "-m", "venv", "--clear", str(home)),
        fill=(*pip, "--no-deps", "--no-compile", "--requirement", str(pins[0])),
    )


def node_packages(folder: Path) -> Path:
    """Return the folder of Node's packages in a folder with a package-lock.json; install them as above.

    Raises:
        subprocess.CalledProcessError: the packages could not be installed.
    """
    # It empties the folder itself.
    npm = ("npm", "ci", "--prefix", str(folder), "--no-audit", "--no-fund", "--silent")
    return installed(folder / "node_modules", folder / "package-lock.json", create=("true",), fill=npm)


def installed(home: Path, *pins: Path, create: Command, fill: Command) -> Path:
    """Return `home` once it has pins of one of the files.

    If it has none of them, `fill` installs those of the first. If there is no environment, or an installation
    did not end, `create` makes an empty one before.

    Raises:
        subprocess.CalledProcessError: a command failed; the next call begins again with `create`.
    """
    mark, wanted = home / "pins", [hashlib.sha256(file.read_bytes()).hexdigest() for file in pins]
    name = home.name if home.name != "node_modules" else f"{home.parent.parent.name}.{home.name}"
    unfinished = HOME / f"{name}.unfinished"
    HOME.mkdir(exist_ok=True)
    with (HOME / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        whole = home.exists() and not unfinished.exists()
        if not (whole and mark.exists() and mark.read_text() in wanted):
            unfinished.touch()
            with timed(f"install {name}", lambda line: print(line, file=sys.stderr, flush=True)):  # noqa: T201
                for command in (fill,) if whole else (create, fill):
                    subprocess.run(command, check=True, pass_fds=(lock.fileno(),))
            mark.write_text(wanted[0])
            unfinished.unlink()
    return home


@contextmanager
def timed(step: str, report: Callable[[str], None]) -> Iterator[None]:
    """Report the seconds that a block took, if it succeeds."""
    started = time.monotonic()
    yield
    report(f"{time.monotonic() - started:6.1f} s  {step}")


def main(command: str) -> None:
    """Install what a command needs: only the tour needs Node, only development needs all packages."""
    every, some = ROOT / "requirements-dev.txt", ROOT / "requirements-run.txt"
    pins = (every,) if command == "all" else (some, every)  # all packages are enough for any command
    with ThreadPoolExecutor() as pool:
        parts = [pool.submit(_python, ROOT / ".venv", *pins), pool.submit(environment, "emulator", EMULATOR)]
        if command != "cloud":
            parts.append(pool.submit(node_packages, _JS))
        if command == "all":
            parts.append(pool.submit(node_packages, _CLIENT))
    for part in parts:
        try:
            part.result()
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"The installation failed and is repeated by the next command: {error}")


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - the Python of the machine runs this
        sys.exit("Python 3.11 or newer is needed")
    main(*sys.argv[1:])
