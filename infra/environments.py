"""Separate Python environments in .local/, for packages that cannot share ours."""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import venv
from pathlib import Path

HOME = Path(__file__).parent.parent / ".local"


def environment(name: str, requirements: Path) -> Path:
    """Return the environment's folder; install it if it is missing or its pins changed.

    Raises:
        subprocess.CalledProcessError: the packages could not be installed.
    """
    home = HOME / name
    mark = home / "pins"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    HOME.mkdir(exist_ok=True)
    with (HOME / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (mark.exists() and mark.read_text() == wanted):
            venv.create(home, clear=True, with_pip=True)
            pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet"]
            options = ["--disable-pip-version-check", "--requirement", str(requirements)]
            subprocess.run([*pip, *options], check=True)
            mark.write_text(wanted)
    return home
