"""`python -m infra.release 0.1.0` (`make release VERSION=0.1.0`): cut a release on the branch main.

It refuses a working tree with changes, a version that is not the next one, a changelog without entries, and a
red `make check`. It writes build/release-<version>/, then commits the version and the changelog and tags the
commit by one transaction of git. A release that fails before leaves neither, and can be run again. Nothing is
pushed.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.build import BUILD, ROOT, build
from infra.release import contents, cut
from infra.release.cut import ReleaseRefused


def main(version: Annotated[str, typer.Argument(help="three numbers, such as 0.1.0")]) -> None:
    """Cut a release and print what it has."""
    try:
        folder = release(version)
    except ReleaseRefused as refused:
        Console(stderr=True, soft_wrap=True, markup=False).print(f"no release: {refused}")
        raise typer.Exit(1) from None
    Console(soft_wrap=True, markup=False).print(
        f"v{version} is tagged on main, and nothing was pushed. {folder} has what belongs to it."
    )


def release(version: str) -> Path:
    """Cut a release; return the folder of its files.

    Raises:
        ReleaseRefused: it is not in order, or a step failed; there is no tag.
    """
    today = datetime.now(UTC).date()
    draft = cut.prepare(ROOT, version, today)
    if subprocess.run(["make", "check"], cwd=ROOT, check=False).returncode:
        raise ReleaseRefused("`make check` is red")
    folder = BUILD / f"release-{version}"
    digest = contents.write(folder, build(), draft.files[cut.PROJECT])
    if cut.prepare(ROOT, version, today) != draft:
        raise ReleaseRefused("the working tree or the branch changed meanwhile")
    cut.commit(ROOT, draft, f"app.zip: SHA-256 {digest}, built by Python {sys.version.split()[0]}")
    return folder


if __name__ == "__main__":
    typer.run(main)
