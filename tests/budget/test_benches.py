"""Each benchmark runs, at its smallest size."""

import os
import subprocess
import sys

import pytest

from tests.support.sample import tried

pytestmark = pytest.mark.proof  # takes long


BENCHES = [
    ("fanout", "What a worker does for an account", "evidence renewed"),
    ("quick", "Cost of operations", "usage: 100 events"),
]
LONG = [
    ("export", "What a copy costs", "1,500"),
    ("erasure", "What deleting a subject's usage costs", "500"),
    ("purge", "What a purge costs", "500"),
    ("reconciliation", "What the checks of erased users cost", "300"),
]


@pytest.mark.parametrize(("bench", "title", "row"), tried([*BENCHES, *LONG], BENCHES))
def test_benchmark_runs_at_its_smallest_size(bench: str, title: str, row: str) -> None:
    command = [sys.executable, "-m", f"bench.{bench}", "smallest"]
    # As in a developer's shell, which has none of our variables.
    fresh = {name: value for name, value in os.environ.items() if not name.startswith(("RU4M_", "AWS_"))}
    done = subprocess.run(command, env=fresh, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert title in done.stdout
    assert row in done.stdout
