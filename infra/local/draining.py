"""Starts ministack with two changes to the workers that run functions.

A changed function lets the invocations that it has in hand finish. ministack kills all workers of a function
whose configuration changes, the busy ones too: their requests end in a 502. AWS starts new environments and
lets the old ones finish. Here a busy worker leaves the pool at once, so nothing new is given to it, and is
killed when its invocation is over.

All workers of one package share its extracted code. ministack extracts the package anew for each worker:
1,900 files, and half of the time that a start takes. On AWS a function cannot write into its code either.

Run by path with the emulator's own Python (infra/local/emulator.py); it has none of our packages. Pinned
with ministack: what is replaced below is no interface of it, and a start without it fails aloud.
"""

import hashlib
import sys
import tempfile
import threading
import types
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime


def drain() -> None:
    """Replace how workers are ended; before anything imports these functions by name."""
    kill, release, pool = lambda_runtime.kill_workers, lambda_runtime.release_worker, lambda_runtime._lock
    leaving: set[Any] = set()  # busy, and in no pool any more

    def kill_the_idle(workers: Iterable[Any]) -> None:
        given = [worker for worker in workers if worker is not None]
        with pool:  # a lease is given and returned under it, so none is missed in between
            busy = {worker for worker in given if worker.in_use}
            leaving.update(busy)
        kill([worker for worker in given if worker not in busy])

    def release_and_end(worker: Any) -> None:  # noqa: ANN401 - ministack's own class
        release(worker)
        with pool:
            done = worker in leaving
            leaving.discard(worker)
        if done:
            kill([worker])

    lambda_runtime.kill_workers = kill_the_idle
    lambda_runtime.release_worker = release_and_end


class _SharedArchive(zipfile.ZipFile):
    """A package whose files are extracted once, and linked to from wherever they are wanted."""

    _one_at_a_time = threading.Lock()

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:  # noqa: ANN401 - as zipfile has it
        package = Path(str(self.filename))
        with package.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        shared = Path(tempfile.gettempdir()) / f"code-{digest[:16]}"
        with self._one_at_a_time:
            if not shared.exists():
                super().extractall(draft := shared.with_suffix(".draft"), members, pwd)
                draft.rename(shared)
        package.unlink()  # nothing reads it again
        wanted = Path(path)
        wanted.rmdir()
        wanted.symlink_to(shared)


def share_code() -> None:
    """Replace how the code of a function gets to its workers."""
    lambda_runtime.zipfile = types.SimpleNamespace(
        **{**vars(zipfile), "ZipFile": _SharedArchive}  # layers are extracted by it too
    )


if __name__ == "__main__":
    drain()
    share_code()
    from ministack.app import main

    sys.exit(main())
