"""Tests that the tour succeeds on the deployed cloud."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from infra.local.cloud import local_cloud
from infra.local.tour import CHAPTERS, Tour, play


@pytest.mark.proof
@pytest.mark.node
@pytest.mark.promise("ACC-1", "ACC-2", "RGT-3", "STR-3", "USE-7")
def test_tour_succeeds() -> None:
    output = io.StringIO()
    with local_cloud() as own_cloud:  # the tour redeploys its cloud
        assert play(Tour(own_cloud, Console(file=output, width=120)), CHAPTERS), output.getvalue()
