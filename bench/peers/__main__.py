"""`python -m bench.peers` (`make bench-peers`)."""

import json
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support import environment

os.environ.update(environment.variables())

from bench.peers import cold, equality, warm
from bench.peers.fixture import fixture


def main() -> None:
    state = fixture()
    parts = sys.argv[1:] or ["warm", "cold"]
    console = Console(width=120)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(state, file)
        file.flush()
        path = Path(file.name)
        table = Table("job", "framework", "calls", "items read", title="Calls")
        for calls in equality.check(path, state):
            table.add_row(
                calls.job,
                calls.framework,
                ", ".join(f"{n} {op}" for op, n in calls.operations),
                str(calls.items_read),
            )
        console.print(table)
        if "warm" in parts:
            table = Table("job", "framework", "us", "ratio", title="Warm, Powertools = 1")
            for one in warm.measure(path, state, 40):
                table.add_row(one.job, one.framework, f"{one.microseconds:.0f}", f"{one.ratio:.2f}")
            console.print(table)
        if "cold" in parts:
            table = Table(
                "function", "framework", "ms", "ratio", "modules", title="Cold, Chalice + boto3 client = 1"
            )
            for start in cold.measure(path, state, 10):
                table.add_row(
                    start.contestant.job,
                    start.contestant.framework,
                    f"{start.milliseconds:.0f}",
                    f"{start.ratio:.2f}",
                    str(start.modules),
                )
            console.print(table)


if __name__ == "__main__":
    main()
