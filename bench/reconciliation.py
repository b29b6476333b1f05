"""`make bench`: the calls and the memory of reconciliation when many checks of erased users are due.

None of the users is at Stream, as after erasures that were done. A run asks the emulated Stream for them and
plans their next checks in the emulated AWS, in a process of its own, so that its peak is its own memory.

Goals: one query at Stream per hundred due checks; calls that grow no faster than the checks (exponent 1.05);
a peak that does not grow. The seconds say nothing of AWS and Stream, calls do. For Linux; the whole takes
minutes. `python -m bench.reconciliation tenth` plans a tenth as many checks, and
`python -m bench.reconciliation smallest` shows in seconds that it runs.
"""

import math
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table as Shown

from bench.measurement import JSON, command_line, measured, run_in_a_process
from chalicelib.core import clock, table
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import RightsRequestId, UserId
from chalicelib.core.table import Item, Key, Table
from chalicelib.reconciliation import service
from chalicelib.reconciliation import store as reconciliation
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.erasure.model import StreamCheck
from chalicelib.stream.model import StreamReport
from infra.stream_emulator import running_emulator
from tests.faults.emulated import emulated_aws, use_emulated_aws
from tests.support.clouds import environment

EXPONENT_GOAL = 1.05
_COLUMNS = (
    "due checks", "queries at Stream", "pages of the index", "writes of checks", "lines of evidence",
    "other calls", "seconds", "peak, MB",
)  # fmt: skip

WHOLE = (10_000, 100_000)
TENTH = (1_000, 10_000)
SMALLEST = (150, 300)


def main(sizes: tuple[int, int]) -> None:
    """Print the table."""
    shown = Shown(*_COLUMNS, title="What the checks of erased users cost")
    found = []
    for size in sizes:
        with (
            running_emulator(api_key=environment.STREAM_API_KEY, secret=environment.STREAM_SECRET) as stream,
            emulated_aws() as aws_variables,
        ):
            variables = aws_variables | {"RU4M_STREAM_URL": stream.url}
            with use_emulated_aws(variables):
                table.put_all(Table.RIGHTS, due(size))
            done = run_in_a_process("bench.reconciliation", "ours", str(size), variables)
            queries = len(stream.requests(path="/users")) - 1  # one is of the pass over all users
        if queries != math.ceil(size / 100) or done["checked"] != size:
            raise SystemExit(f"{queries} queries for {done['checked']} of {size} checks")
        calls = done["calls"]
        found.append(done | {"all": calls.total() + queries})
        pages, updates = calls["dynamodb.Query"], calls["dynamodb.UpdateItem"]
        rest = calls.total() - pages - updates - queries  # a line is a query and a put
        shown.add_row(
            f"{size:,}", f"{queries:,}", f"{pages - queries:,}", f"{updates:,}",
            f"{queries:,}", f"{rest:,}", f"{done['seconds']:.0f}", f"{done['peak'] / 2**20:.0f}",
        )  # fmt: skip
    Console(width=120).print(shown)
    exponent = math.log(found[1]["all"] / found[0]["all"]) / math.log(sizes[1] / sizes[0])
    print(
        f"The calls grow with the checks to the power of {exponent:.2f}; the goal is at most {EXPONENT_GOAL}."
    )
    memory = found[1]["peak"] / found[0]["peak"]
    print(f"{sizes[1] // sizes[0]} times the checks take {memory:.2f} times the memory.")


def due(size: int) -> Iterator[tuple[Key, Item]]:
    """Yield checks that are due since yesterday, as the completion of an erasure writes them."""
    for _ in range(size):
        check = StreamCheck(
            request_id=RightsRequestId.new(),
            user_id=UserId.new(),
            counted_from=clock.now() - 2 * DAY,
            reported=StreamReport.DELETED,
        )
        write = erasures.planning_checks(check)
        yield write.key, write.item


def run(*_: str) -> JSON:
    """Run the job until it has checked all, as under a configuration that was tried."""
    state = reconciliation.STATE
    state.release(state.lease(clock.now()), **service.gate().after_counting())
    with measured() as cost:
        done = service.run(clock.now() + 60 * MINUTE)
    return {**cost, "checked": done.checked}


if __name__ == "__main__":
    sizes = {"whole": lambda: main(WHOLE), "tenth": lambda: main(TENTH), "smallest": lambda: main(SMALLEST)}
    command_line(sizes, run)
