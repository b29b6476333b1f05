"""`.local/state.json`: where the local cloud that runs is, for other processes and for scripts of an app.

The file appears once the cloud is ready, and goes with it. If the cloud was killed, the file stays, and what
reads it finds that its addresses do not answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from infra.local.children import LOCAL

STATE = LOCAL / "state.json"


class NoLocalCloud(RuntimeError):
    """No local cloud runs."""

    def __init__(self) -> None:
        super().__init__("No local cloud runs: start one with `make run` or `make cloud`.")


def read(file: Path = STATE) -> dict[str, str]:
    """The addresses of the local cloud.

    Raises:
        NoLocalCloud: there is no such file, or it is no state.
    """
    try:
        found: dict[str, str] = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        raise NoLocalCloud from None
    return found


def write(file: Path, addresses: Mapping[str, str]) -> None:
    """Write a file so that readers see either all of it or none."""
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(addresses, indent=2) + "\n")
    draft.replace(file)


def forget(file: Path, addresses: Mapping[str, str]) -> None:
    """Remove the file, unless another cloud has written it since."""
    with suppress(NoLocalCloud):
        if read(file) == addresses:
            file.unlink(missing_ok=True)
