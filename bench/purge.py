"""`make bench`: the calls, the rate and the memory of a purge in a table of which one per cent is due.

Each size is a table with items that end over the next 60 days, of which one per cent ended a day ago. The
bare loop reads the same index and deletes each item without a condition, with boto3 alone. Both run against
the same emulated AWS, each in a process of its own, so that its peak is its own memory. Of three runs each,
the fastest counts. A run makes 160 calls also if nothing is due. They are nothing beside a backlog of a day
and much beside 200 deletes, so one column compares the deletes alone: of both, the time of a run with nothing
due is subtracted.

Goals, for the larger size: at least 80 % of the rate of the bare loop for the deletes alone; at most 1.1 rows
of the index per due item; calls that grow no faster than the items (exponent 1.05); a peak that does not
grow. The rates themselves say nothing of AWS, calls and rows do.

TTL is off: the tables of a bench are made without it, since the emulator would delete what is due within a
minute. For Linux; the whole takes minutes. `python -m bench.purge tenth` stores a tenth as much, and
`python -m bench.purge smallest` shows in seconds that it runs.
"""

import math
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from operator import itemgetter
from typing import Any

from rich.console import Console
from rich.table import Table as Shown

from bench.measurement import JSON, command_line, measured, run_in_a_process
from chalicelib.core import aws, clock, table
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.settings import settings
from chalicelib.core.table import Item, Key, Table, ends
from chalicelib.privacy import register
from chalicelib.retention.purge import service
from tests.faults.emulated import emulated_aws, use_emulated_aws
from tests.support.clouds import cloud

ROUNDS, SHARE = 3, 100  # one item in so many is due
RATE_GOAL, ROWS_GOAL, EXPONENT_GOAL = 0.8, 1.1, 1.05
_PLACE = Table.CHALLENGES
_COMPARABLE = 100  # fewer deletes take no longer than other runs differ
_COLUMNS = (
    "items", "due", "bare loop, deletes/s", "purge, deletes/s", "of the bare loop",
    "the same for the deletes alone", "index rows per due item", "Query calls", "DeleteItem calls",
    "other calls", "peak, MB", "bare peak, MB",
)  # fmt: skip

WHOLE = (20_000, 200_000)
TENTH = (2_000, 20_000)
SMALLEST = (100, 500)


def main(sizes: tuple[int, int], rounds: int = ROUNDS) -> None:
    """Print the table."""
    shown = Shown(*_COLUMNS, title="What a purge costs of which one per cent is due")
    found = []
    for size in sizes:
        with emulated_aws() as variables, use_emulated_aws(variables):
            store(fresh(size))
            best = fastest(size, rounds, variables)
        bare, ours = best["bare"], best["ours"]
        found.append(ours)
        shown.add_row(
            f"{size:,}",
            f"{ours['deleted']:,}",
            f"{bare['deleted'] / bare['seconds']:,.0f}",
            f"{ours['deleted'] / ours['seconds']:,.0f}",
            f"{bare['seconds'] / ours['seconds']:.0%}",
            share_of_deletes(best) if bare["deleted"] >= _COMPARABLE else "",
            f"{ours['rows'] / ours['deleted']:.2f}",
            str(queries := ours["calls"]["dynamodb.Query"]),
            str(deletes := ours["calls"]["dynamodb.DeleteItem"]),
            str(ours["calls"].total() - queries - deletes),
            f"{ours['peak'] / 2**20:.0f}",
            f"{bare['peak'] / 2**20:.0f}",
        )
    Console(width=150).print(shown)
    calls, peaks = [one["calls"].total() for one in found], [one["peak"] for one in found]
    exponent = math.log(calls[1] / calls[0]) / math.log(sizes[1] / sizes[0])
    print(f"Goals for the larger one: {RATE_GOAL:.0%} for the deletes alone, {ROWS_GOAL} rows per due item.")
    print(
        f"The calls grow with the items to the power of {exponent:.2f}; the goal is at most {EXPONENT_GOAL}."
    )
    print(f"{sizes[1] // sizes[0]} times the items take {peaks[1] / peaks[0]:.2f} times the memory.")


def fresh(size: int) -> Iterator[tuple[Key, Item]]:
    """Yield the items that have not ended, some of which end in the next minutes and hours."""
    number_fresh = size - size // SHARE
    for number in range(number_fresh):
        yield item(f"fresh-{number}", MINUTE + 60 * DAY * number / number_fresh)


def due(size: int) -> Iterator[tuple[Key, Item]]:
    """Yield the items that ended a day ago and are still stored."""
    for number in range(size // SHARE):
        yield item(f"due-{number}", -DAY)


def item(name: str, ends_in: timedelta) -> tuple[Key, Item]:
    """An item as small as most of the table."""
    times = dict.fromkeys(("expires_at", "delete_at"), clock.to_epoch(clock.now() + ends_in))
    return Key(_PLACE, f"bench#{name}"), {"kind": "limit", "n": 1, **times}


def store(items: Iterator[tuple[Key, Item]]) -> None:
    """Store items as the service does, so that the index lists them."""
    table.put_all(_PLACE, items)


def fastest(size: int, rounds: int, variables: dict[str, str]) -> dict[str, JSON]:
    """The fastest of each kind of run, in turns: other work of the machine delays some."""
    runs: dict[str, list[JSON]] = {}
    # The first run passes the days in which nothing was ever due; later runs do not read them again.
    run_in_a_process("bench.purge", "ours", str(size), variables)
    for _ in range(rounds):
        for what, with_due in product(("bare", "ours"), (False, True)):
            if with_due:
                store(due(size))
            done = run_in_a_process("bench.purge", what, str(size), variables)
            if done["deleted"] != (wanted := size // SHARE * with_due):
                raise SystemExit(f"{what}: {done['deleted']} items were deleted, not {wanted}")
            runs.setdefault(what if with_due else f"{what}, idle", []).append(done)
    return {what: min(some, key=itemgetter("seconds")) for what, some in runs.items()}


def share_of_deletes(best: dict[str, JSON]) -> str:
    """The rate of the deletes alone, as a share of that of the bare loop."""
    bare, ours = (best[what]["seconds"] - best[f"{what}, idle"]["seconds"] for what in ("bare", "ours"))
    return f"{bare / ours:.0%}"


def run(what: str, _: str) -> JSON:
    """Delete what is due in one of the two ways."""
    aws.client("s3")  # a container has its clients and all models already
    register.records()
    rows: list[int] = []

    def count_rows(parsed: JSON, **_: Any) -> None:  # noqa: ANN401 - botocore's own parameters
        rows.append(parsed["ScannedCount"])

    aws.client("dynamodb")
    with cloud.hooked("dynamodb", "after-call.dynamodb.Query", count_rows), measured() as cost:
        deleted = delete_bare() if what == "bare" else purge()
    return {**cost, "deleted": deleted, "rows": sum(rows)}


def purge() -> int:
    """Run the purge until it is complete."""
    done = service.run(clock.now(), clock.now() + 60 * MINUTE)
    if not done.complete:
        raise SystemExit("the run is incomplete")
    return done.counts["deleted"]


def delete_bare() -> int:
    """Delete what is due with nothing but boto3, without conditions."""
    client, name, deleted = aws.client("dynamodb"), settings().table(_PLACE), 0
    by = clock.to_epoch(clock.now()) - 45 * 60
    for partition in ends.partitions(clock.now().date()):
        pages = client.get_paginator("query").paginate(
            TableName=name,
            IndexName="ends",
            KeyConditionExpression="ends = :day AND ends_from <= :by",
            ExpressionAttributeValues={":day": {"S": partition}, ":by": {"N": str(by)}},
        )
        for page in pages:
            for row in page["Items"]:
                client.delete_item(TableName=name, Key={"pk": row["pk"]})
                deleted += 1
    return deleted


if __name__ == "__main__":
    sizes = {
        "whole": lambda: main(WHOLE),
        "tenth": lambda: main(TENTH),
        "smallest": lambda: main(SMALLEST, rounds=1),
    }
    command_line(sizes, run)
