"""The tour passes over the deployed cloud."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from infra.local.cloud import local_cloud
from infra.local.tour import CHAPTERS, Tour, play


@pytest.mark.proof
@pytest.mark.node
@pytest.mark.promise("ACC-1")
@pytest.mark.promise("ACC-2")
@pytest.mark.promise("STR-3")
def test_the_tour_passes() -> None:
    told = io.StringIO()
    with local_cloud() as own_cloud:  # not the suite's: the tour announces a version by a deployment
        assert play(Tour(own_cloud, Console(file=told, width=120)), CHAPTERS), told.getvalue()
