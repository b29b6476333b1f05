"""Each benchmark runs, at its smallest size."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.proof  # takes long


@pytest.mark.parametrize(
    ("bench", "title", "row"),
    [
        pytest.param("export", "What a copy costs", "1,500", marks=pytest.mark.proof),
        pytest.param("erasure", "What deleting a subject's usage costs", "500", marks=pytest.mark.proof),
        pytest.param("purge", "What a purge costs", "500", marks=pytest.mark.proof),
        pytest.param(
            "reconciliation", "What the checks of erased users cost", "300", marks=pytest.mark.proof
        ),
        pytest.param(
            "fanout", "What a worker does for an account", "evidence renewed", marks=pytest.mark.proof
        ),
        ("quick", "Cost of operations", "usage: 100 events"),
    ],
)
def test_benchmark_runs_at_its_smallest_size(bench: str, title: str, row: str) -> None:
    command = [sys.executable, "-m", f"bench.{bench}", "smallest"]
    # As in a developer's shell, which has none of our variables.
    fresh = {name: value for name, value in os.environ.items() if not name.startswith(("RU4M_", "AWS_"))}
    done = subprocess.run(command, env=fresh, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert title in done.stdout
    assert row in done.stdout
