"""`make bench`: the rate and the memory of deleting a subject's usage, compared with a bare loop.

The bare loop reads keys and deletes them in batches with boto3 alone. Both run against the same emulated AWS,
on equal partitions, each in a process of its own, so that its peak is its own memory. The rate of the step
`delete_records`, with the counts that it stores, should be at least 80 % of the bare loop's, and its peak
should not grow with the records. Of three runs each, the fastest counts. The rates themselves say nothing of
AWS. For Linux; the whole takes minutes, nearly all of them the emulator's. `python -m bench.erasure tenth`
deletes a tenth as much, and `python -m bench.erasure smallest` shows in seconds that it runs.
"""

from dataclasses import dataclass
from itertools import islice
from operator import itemgetter

from rich.console import Console
from rich.table import Table as Shown

from bench.measurement import DAYS, JSON, command_line, events, measured, run_in_a_process, store_events
from chalicelib.core import aws, clock
from chalicelib.core.batches import batched
from chalicelib.core.ids import AccountId, RightsRequestId, UserId
from chalicelib.core.settings import settings
from chalicelib.core.table import WRITES_PER_CALL, Table, partition_of
from chalicelib.privacy import erasure, register
from chalicelib.rights.engine.step import ErasureJob, Wait
from chalicelib.rights.erasure.delete import DELETE_RECORDS
from chalicelib.rights.request import evidence, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Right
from tests.faults.emulated import emulated_aws, use_emulated_aws

GOAL, ROUNDS = 0.8, 3
_COLUMNS = (
    "events", "items", "bare loop, items/s", "delete_records, items/s", "of the bare loop", "peak, MB",
    "bare peak, MB", "Query calls", "BatchWriteItem calls",
)  # fmt: skip


@dataclass(frozen=True)
class Stored:
    """A subject's events, and how many of them an item has."""

    events: int
    batch: int


WHOLE = (Stored(20_000, 10), Stored(200_000, 10))
TENTH = (Stored(2_000, 10), Stored(20_000, 10))
SMALLEST = (Stored(50, 1), Stored(500, 1))


def main(sizes: tuple[Stored, ...], rounds: int = ROUNDS) -> None:
    """Print the table."""
    shown = Shown(*_COLUMNS, title="What deleting a subject's usage costs")
    peaks = []
    with emulated_aws() as variables, use_emulated_aws(variables):
        for stored in sizes:
            bare, ours = fastest(stored, rounds, variables)
            items = -(-stored.events // stored.batch)
            peaks.append(ours["peak"])
            shown.add_row(
                f"{stored.events:,}",
                f"{items:,}",
                f"{items / bare['seconds']:,.0f}",
                f"{items / ours['seconds']:,.0f}",
                f"{bare['seconds'] / ours['seconds']:.0%}",
                f"{ours['peak'] / 2**20:.0f}",
                f"{bare['peak'] / 2**20:.0f}",
                str(ours["calls"]["dynamodb.Query"]),
                str(ours["calls"]["dynamodb.BatchWriteItem"]),
            )
    Console(width=130).print(shown)
    print(f"The goal is {GOAL:.0%} of the bare loop for the larger one; a small one shows the fixed calls.")
    print(f"Ten times the events take {peaks[1] / peaks[0]:.2f} times the memory.")


def fastest(stored: Stored, rounds: int, variables: dict[str, str]) -> tuple[JSON, JSON]:
    """The fastest run of the bare loop and of ours, in turns: other work of the machine delays some."""
    runs: dict[str, list[JSON]] = {"bare": [], "ours": []}
    for what in ("bare", "ours") * rounds:
        runs[what].append(run_in_a_process("bench.erasure", what, a_subject_with(stored), variables))
        if (items := runs[what][-1]["items"]) != -(-stored.events // stored.batch):
            raise SystemExit(f"{what}: {items} items were deleted")
    bare, ours = (min(runs[what], key=itemgetter("seconds")) for what in ("bare", "ours"))
    return bare, ours


def a_subject_with(stored: Stored) -> AccountId:
    """A partition with so many events."""
    account_id = AccountId.new()
    some = islice(events(account_id, -(-stored.events // DAYS)), stored.events)
    store_events(some, stored.batch)
    return account_id


def run(what: str, subject: str) -> JSON:
    """Delete the partition in one of the two ways."""
    account_id = AccountId(subject)
    register.records()  # a container has all models already
    job = an_erasure(account_id)
    with measured() as cost:
        items = delete_records(job) if what == "ours" else delete_bare(account_id)
    if left := erasure.remaining(account_id):
        raise SystemExit(f"{left} items are left")
    return {**cost, "items": items}


def an_erasure(account_id: AccountId) -> ErasureJob:
    """A stored erasure that a worker runs: the step counts in it what it deleted."""
    request = RightsRequest(
        request_id=RightsRequestId.new(),
        account_id=account_id,
        user_id=UserId.new(),
        right=Right.ERASURE,
        received_at=clock.now(),
    )
    store.create(request, evidence.entry("received", {}))
    return ErasureJob(request)


def delete_records(job: ErasureJob) -> int:
    """Delete it by the step of the erasure, with its notes."""
    while isinstance(DELETE_RECORDS.run(job), Wait):
        pass
    return sum(one.count for one in job.notes.deleted)


def delete_bare(account_id: AccountId) -> int:
    """Delete it with nothing but boto3."""
    client, name, items = aws.client("dynamodb"), settings().table(Table.USAGE), 0
    pages = client.get_paginator("query").paginate(
        TableName=name,
        ConsistentRead=True,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": partition_of(account_id)}},
        ProjectionExpression="pk, sk",
    )
    for page in pages:
        for keys in batched(page["Items"], WRITES_PER_CALL):
            client.batch_write_item(RequestItems={name: [{"DeleteRequest": {"Key": key}} for key in keys]})
            items += len(keys)
    return items


if __name__ == "__main__":
    sizes = {
        "whole": lambda: main(WHOLE),
        "tenth": lambda: main(TENTH),
        "smallest": lambda: main(SMALLEST, rounds=1),
    }
    command_line(sizes, run)
