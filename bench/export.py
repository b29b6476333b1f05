"""`make bench`: what a copy of somebody's data costs who used the app very much, against only reading it.

The emulated AWS is a process of its own, and so is each measured run: what its peak tells is the exporter's
memory alone. That has to be the same for ten times the events, but for the part of 8 MB and its copy on the
way to S3, which a small package never fills. Time is told as a multiple of a bare read of
the same partition, both by the run's own CPU, so it says something on any machine. It takes minutes, nearly
all of them the emulator's, which goes through the whole partition for each page. For Linux.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from rich.console import Console
from rich.table import Table as Shown

from tests.support import environment

os.environ.update(environment.variables() | {"RU4M_STAGE": "local"} | dict(os.environ))

from chalicelib.accounts import service as accounts
from chalicelib.core import aws, clock, table
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Query, Table
from chalicelib.devices.model import Platform
from chalicelib.privacy.whereabouts import partition
from chalicelib.rights.export import package
from chalicelib.rights.export.contents import Asked, Chat
from chalicelib.rights.export.model import Copy
from chalicelib.usage import store
from chalicelib.usage.model import UsageEvent
from tests.faults.emulated import emulated_aws, on_emulated_aws
from tests.support import cloud

SIZES = (20_000, 200_000)
_COLUMNS = ("events", "peak, MB", "S3 parts", "package, MB", "Query calls", "bare read", "CPU of a bare read")


def main() -> None:
    """Print the table."""
    shown = Shown(*_COLUMNS, title="What a copy costs")
    peaks = []
    with emulated_aws() as variables, on_emulated_aws(variables):
        cloud.create_buckets()
        for size in SIZES:
            account_id = somebody_who_used_the_app(size)
            bare, copy = (measured(what, account_id, variables) for what in ("bare", "copy"))
            peaks.append(copy["peak"])
            shown.add_row(
                f"{copy['events']:,}",
                f"{copy['peak'] / 2**20:.0f}",
                str(copy["parts"]),
                f"{copy['size'] / 2**20:.1f}",
                str(copy["queries"]),
                str(bare["queries"]),
                f"{copy['seconds'] / bare['seconds']:.1f} times",
            )
    Console(width=110).print(shown)
    print(f"Ten times the events take {peaks[1] / peaks[0]:.2f} times the memory.")


def somebody_who_used_the_app(times: int) -> AccountId:
    """An account with so many events of the last days."""
    account, _, writes = accounts.open_account(f"+38160{times:07d}", None)
    table.transact(writes)
    store.put(events(account.account_id, times))
    return account.account_id


def events(account_id: AccountId, times: int) -> Iterator[UsageEvent]:
    """Events, ten seconds apart."""
    for number in range(times):
        at = clock.now() - timedelta(seconds=10 * number)
        yield UsageEvent(
            account_id=account_id,
            event_id=uuid4(),
            at=at,
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

    Not getrusage: its figure is inherited from whoever started the process, who made the events.
    """
    status = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in status if line.startswith("VmHWM:"))
    return int(kilobytes) * 1024


def copied(account_id: AccountId) -> dict[str, Any]:
    """Make the copy."""
    asked = Asked(Copy.ACCESS, "bench", account_id, clock.now())
    told = package.assemble(asked, Chat(), to="exports/bench.zip")
    if told.errors:
        raise SystemExit(f"missing: {told.errors}")
    return {"events": told.counts["usage_event"], "size": told.size}


def read(account_id: AccountId) -> dict[str, Any]:
    """Page through the partition and keep nothing."""
    return {"events": sum(1 for _ in table.query(Query(Table.USAGE, partition(account_id))))}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(run(sys.argv[1], AccountId(sys.argv[2]))))
    else:
        main()
