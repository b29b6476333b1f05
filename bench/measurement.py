"""What the benches share: events of a subject, runs in a process of their own, and what a run costs.

The import sets the variables of a function on the local stage.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.support.clouds import environment

os.environ.update(environment.variables() | {"RU4M_STAGE": "local"} | dict(os.environ))

from chalicelib.accounts.model import Platform
from chalicelib.core import aws, clock, table
from chalicelib.core.batches import batched
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Table
from chalicelib.usage import store
from chalicelib.usage.model import UsageEvent
from tests.support.clouds import cloud

JSON = dict[str, Any]

DAYS = 30


def command_line(sizes: Mapping[str, Callable[[], None]], run: Callable[[str, str], JSON]) -> None:
    """Do what the command line says: the bench at a size, by default `whole`, or one run, printed as JSON."""
    match sys.argv[1:]:
        case [what, subject]:
            print(json.dumps(run(what, subject)))
        case [size]:
            sizes[size]()
        case _:
            sizes["whole"]()


@contextmanager
def measured(timer: Callable[[], float] = time.perf_counter) -> Iterator[JSON]:
    """Measure a block: its `seconds`, the `calls` to AWS by name, and the `peak` of memory so far.

    A container has its client of DynamoDB already.
    """
    allow_slow_queries()
    aws.client("dynamodb")
    found: JSON = {}
    with cloud.counted() as calls:
        began = timer()
        yield found
        found["seconds"] = timer() - began
    found |= {"calls": calls, "peak": peak()}


def events(account_id: AccountId, a_day: int) -> Iterator[UsageEvent]:
    """Yield events spread over the last thirty days including today; none has expired."""
    midnight = clock.now().replace(hour=0, minute=0, second=0)
    for day in range(DAYS):
        for number in range(a_day):
            at = midnight - timedelta(days=day) + timedelta(days=1) * number / a_day
            yield UsageEvent(
                account_id=account_id,
                event_id=uuid4(),
                at=at.replace(microsecond=0),
                name="meeting.joined",
                screen="settings/privacy",
                duration_ms=number,
                platform=Platform.IOS,
            )


def store_events(usage: Iterable[UsageEvent], batch: int) -> None:
    """Store events as usage does, with so many in an item."""
    for batches in batched(batched(usage, batch), 100):
        table.put_all(Table.USAGE, map(store._item, batches))


def run_in_a_process(module: str, what: str, subject: str, variables: dict[str, str]) -> JSON:
    """Run a measurement of a bench in a process of its own and return its results."""
    command = [sys.executable, "-m", module, what, subject]
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    printed: JSON = json.loads(done.stdout.splitlines()[-1])
    return printed | {"calls": Counter(printed["calls"])}


def allow_slow_queries() -> None:
    """Wait longer than for AWS: the emulator searches the whole partition for each page."""
    aws._TIMEOUTS["dynamodb"] = replace(aws._TIMEOUTS["dynamodb"], read=60)


def peak() -> int:
    """Return the peak of this process's memory in bytes, as Linux reports it.

    It does not use getrusage, whose figure includes that of the parent process, which made the events.
    """
    status = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in status if line.startswith("VmHWM:"))
    return int(kilobytes) * 1024
