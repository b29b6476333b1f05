"""`make bench`: what a copy costs of an account that sent all that the daily cap lets it, for thirty days.

The emulated AWS is a process of its own, and so is each measured run: its peak is the exporter's memory
alone. That has to be the same for ten times the events, but for the part of 8 MB and its copy on the way to
S3, which a small package never fills. Time is the run's own CPU, also as a multiple of a bare read of the
same partition: the waiting is the emulator's, which goes through the whole partition for each page, and says
nothing of AWS. What AWS adds is counted: pages that are read, parts that are sent. For Linux; it takes
minutes, nearly all of them the emulator's. `python -m bench.export smallest` shows in seconds that it runs.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4

from rich.console import Console
from rich.table import Table as Shown

from tests.support import environment

os.environ.update(environment.variables() | {"RU4M_STAGE": "local"} | dict(os.environ))

from chalicelib.accounts import service as accounts
from chalicelib.core import aws, clock, table
from chalicelib.core.ids import AccountId
from chalicelib.core.settings import settings
from chalicelib.core.table import Query, Table, partition_of
from chalicelib.devices.model import Platform
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.export import package
from chalicelib.rights.export.contents import Chat, CopyRequest
from chalicelib.rights.export.model import CopyKind
from chalicelib.rights.export.spool import Spools, spooled
from chalicelib.usage import store
from chalicelib.usage.model import UsageEvent
from tests.faults.emulated import emulated_aws, on_emulated_aws
from tests.support import cloud
from tests.support.choices import decide

DAYS = 30
# The worker that makes copies (.chalice/config.json). AWS gives a vCPU at 1,769 MB, and below that a share.
SECONDS, DISK = 900, 512 * 2**20
VCPU = 1024 / 1769
_COLUMNS = (
    "events", "in batches of", "CPU, s", "of 900 s", "bare read", "peak, MB", "disk, MB", "of 512 MB",
    "Query calls", "S3 parts", "package, MB",
)  # fmt: skip


@dataclass(frozen=True)
class Sent:
    """How an account sent its events."""

    a_day: int
    batch: int


def whole() -> tuple[Sent, ...]:
    """The cap in full batches, a tenth of it, and the cap in batches of one event, which costs the most."""
    cap = settings().limits.usage_events_per_day
    return Sent(cap // 10, 100), Sent(cap, 100), Sent(cap, 1)


SMALLEST = (Sent(5, 5), Sent(50, 5))


def main(sizes: tuple[Sent, ...]) -> None:
    """Print the table."""
    shown = Shown(*_COLUMNS, title="What a copy costs")
    peaks = []
    with emulated_aws() as variables, on_emulated_aws(variables):
        for sent in sizes:
            account_id = an_account_that(sent)
            bare, copy = (measured(what, account_id, variables) for what in ("bare", "copy"))
            if copy["events"] != DAYS * sent.a_day:
                raise SystemExit(f"{copy['events']} events were copied of {DAYS * sent.a_day}")
            peaks.append(copy["peak"])
            shown.add_row(
                f"{copy['events']:,}",
                str(sent.batch),
                f"{copy['seconds']:.1f}",
                f"{copy['seconds'] / VCPU / SECONDS:.1%}",
                f"{copy['seconds'] / bare['seconds']:.1f} times",
                f"{copy['peak'] / 2**20:.0f}",
                f"{copy['disk'] / 2**20:.1f}",
                f"{copy['disk'] / DISK:.1%}",
                str(copy["queries"]),
                str(copy["parts"]),
                f"{copy['size'] / 2**20:.1f}",
            )
    Console(width=130).print(shown)
    print(f"Ten times the events take {peaks[1] / peaks[0]:.2f} times the memory.")


def an_account_that(sent: Sent) -> AccountId:
    """An account with so many events on each of the last days."""
    account, _, writes = accounts.new_account(f"+38160{sent.a_day * 100 + sent.batch:07d}", None)
    table.transact(writes)
    decide(account.account_id, consents=(Purpose.ANALYTICS,))  # a copy shows use under a consent alone
    told = events(account.account_id, sent.a_day)
    while some := list(islice(told, 100 * sent.batch)):
        batches = (some[start : start + sent.batch] for start in range(0, len(some), sent.batch))
        table.put_all(Table.USAGE, [store._item(batch) for batch in batches])
    return account.account_id


def events(account_id: AccountId, a_day: int) -> Iterator[UsageEvent]:
    """Events spread over the last thirty days, today among them, of which none has expired."""
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


def measured(what: str, account_id: AccountId, variables: dict[str, str]) -> dict[str, Any]:
    """What a run in a process of its own tells of itself."""
    command = [sys.executable, "-m", "bench.export", what, account_id]
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def run(what: str, account_id: AccountId) -> dict[str, Any]:
    """One run: a copy, or only the read that it can't do without."""
    # The emulator looks through the whole partition for each page, which takes longer than we wait for AWS.
    aws._PATIENCE["dynamodb"] = replace(aws._PATIENCE["dynamodb"], read=60)
    with cloud.counted() as calls:
        started = time.process_time()
        told = copied(account_id) if what == "copy" else read(account_id)
        seconds = time.process_time() - started
    counts = {"queries": calls["dynamodb.Query"], "parts": calls["s3.UploadPart"]}
    return {**told, **counts, "seconds": seconds, "peak": peak()}


def peak() -> int:
    """The most bytes of memory that this process has had, by Linux's own record.

    Not getrusage: its figure is inherited from the process that started it, which made the events.
    """
    status = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in status if line.startswith("VmHWM:"))
    return int(kilobytes) * 1024


def copied(account_id: AccountId) -> dict[str, Any]:
    """Make the copy."""
    asked = CopyRequest(CopyKind.ACCESS, "bench", account_id, clock.now())
    disk: list[int] = []
    with mock.patch.object(package, "spooled", weighed(disk)):
        told = package.assemble(asked, Chat(), to="exports/bench.zip")
    if told.errors:
        raise SystemExit(f"missing: {told.errors}")
    return {"events": told.counts["usage_event"], "size": told.size, "disk": disk[0]}


def weighed(disk: list[int]) -> Any:  # noqa: ANN401 - a context manager's factory
    """Spools whose bytes on the disk are noted when they are done with."""

    @contextmanager
    def weighing() -> Iterator[Spools]:
        with spooled() as spools:
            yield spools
            files = [spool._file.fileno() for spool in spools._by_kind.values()]
            disk.append(sum(os.fstat(file).st_size for file in files))

    return weighing


def read(account_id: AccountId) -> dict[str, Any]:
    """Page through the partition and keep nothing."""
    return {"items": sum(1 for _ in table.query(Query(Table.USAGE, partition_of(account_id))))}


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main(whole())
        case ["smallest"]:
            main(SMALLEST)
        case [what, account_id]:
            print(json.dumps(run(what, AccountId(account_id))))
