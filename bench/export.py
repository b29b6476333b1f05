"""`make bench`: the cost of a copy of an account that used its daily cap for thirty days.

The emulated AWS and each measured run are processes of their own, so the peak of memory is that of the
exporter alone. It has to be the same for ten times the events, except for the part of 8 MB and its copy on
the way to S3, which a small package does not fill.

Time is the CPU time of the run, also as a multiple of the time for only reading the same partition. Waiting
is not measured: the emulator searches the whole partition for each page, which AWS does not. The calls to AWS
are counted instead: pages that are read and parts that are sent.

It runs on Linux and takes minutes, mostly in the emulator. `python -m bench.export smallest` takes seconds.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from rich.console import Console
from rich.table import Table as Shown

from bench.measurement import DAYS, JSON, command_line, events, measured, run_in_a_process, store_events
from chalicelib.accounts import service as accounts
from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId
from chalicelib.core.settings import settings
from chalicelib.core.table import Query, Table, partition_of
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.copy import package
from chalicelib.rights.copy.contents import Chat, CopyRequest
from chalicelib.rights.copy.model import CopyKind
from chalicelib.rights.copy.spool import Spools, spooled
from tests.faults.emulated import emulated_aws, use_emulated_aws
from tests.support.world.usage import decide

# The worker that makes copies (.chalice/config.json). AWS gives a vCPU at 1,769 MB, and below that a share.
SECONDS, DISK = 900, 512 * 2**20
VCPU = 1024 / 1769
_COLUMNS = (
    "events", "in batches of", "CPU, s", "of 900 s", "bare read", "peak, MB", "disk, MB", "of 512 MB",
    "Query calls", "S3 parts", "package, MB",
)  # fmt: skip


@dataclass(frozen=True)
class Sent:
    """The number of events of an account, and the size of its batches."""

    a_day: int
    batch: int


def whole() -> tuple[Sent, ...]:
    """Return the cases: the cap in full batches, a tenth of it, and the cap in batches of one."""
    cap = settings().limits.usage_events_per_day
    return Sent(cap // 10, 100), Sent(cap, 100), Sent(cap, 1)


SMALLEST = (Sent(5, 5), Sent(50, 5))


def main(sizes: tuple[Sent, ...]) -> None:
    """Print the table."""
    shown = Shown(*_COLUMNS, title="What a copy costs")
    peaks = []
    with emulated_aws() as variables, use_emulated_aws(variables):
        for sent in sizes:
            account_id = create_account(sent)
            bare, copy = (
                run_in_a_process("bench.export", what, account_id, variables) for what in ("bare", "copy")
            )
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
                str(copy["calls"]["dynamodb.Query"]),
                str(copy["calls"]["s3.UploadPart"]),
                f"{copy['size'] / 2**20:.1f}",
            )
    Console(width=130).print(shown)
    print(f"Ten times the events take {peaks[1] / peaks[0]:.2f} times the memory.")


def create_account(sent: Sent) -> AccountId:
    """Create an account with `sent.a_day` events on each of the last days."""
    account, _, writes = accounts.new_account(f"+38160{sent.a_day * 100 + sent.batch:07d}", None)
    table.transact(writes)
    decide(
        account.account_id, consents=(Purpose.ANALYTICS,)
    )  # a copy contains usage events only with a consent
    store_events(events(account.account_id, sent.a_day), sent.batch)
    return account.account_id


def run(what: str, account_id: str) -> JSON:
    """Measure one run: a copy, or only the reading of the partition."""
    with measured(time.process_time) as cost:
        result = (make_copy if what == "copy" else read)(AccountId(account_id))
    return {**cost, **result}


def make_copy(account_id: AccountId) -> JSON:
    """Make the copy and return its counts and sizes."""
    asked = CopyRequest(CopyKind.ACCESS, "bench", account_id, clock.now())
    disk: list[int] = []
    with mock.patch.object(package, "spooled", noting_sizes(disk)):
        assembled = package.assemble(asked, Chat(), to="exports/bench.zip")
    if assembled.missing:
        raise SystemExit(f"missing: {assembled.missing}")
    return {"events": assembled.counts["usage_event"], "size": assembled.size, "disk": disk[0]}


def noting_sizes(disk: list[int]) -> Any:  # noqa: ANN401 - a context manager's factory
    """Return a replacement of `spooled` that notes the size of the spools on the disk."""

    @contextmanager
    def spooled_and_noted() -> Iterator[Spools]:
        with spooled() as spools:
            yield spools
            files = [spool._file.fileno() for spool in spools._by_kind.values()]
            disk.append(sum(os.fstat(file).st_size for file in files))

    return spooled_and_noted


def read(account_id: AccountId) -> JSON:
    """Read all pages of the partition and discard them."""
    return {"items": sum(1 for _ in table.query(Query(Table.USAGE, partition_of(account_id))))}


if __name__ == "__main__":
    command_line({"whole": lambda: main(whole()), "smallest": lambda: main(SMALLEST)}, run)
