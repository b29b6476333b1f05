"""Starts ministack so that a changed function lets the invocations that it has in hand finish.

ministack kills all workers of a function whose configuration changes, the busy ones too: their requests
end in a 502. AWS starts new environments and lets the old ones finish. Here a busy worker leaves the pool
at once, so nothing new is given to it, and is killed when its invocation is over.

Run by path with the emulator's own Python (infra/local/emulator.py); it has none of our packages. Pinned
with ministack: what is replaced below is no interface of it, and a start without it fails aloud.
"""

import sys
from collections.abc import Iterable
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


if __name__ == "__main__":
    drain()
    from ministack.app import main

    sys.exit(main())
