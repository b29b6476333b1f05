"""The tour is the shortest proof that all of it works together."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from infra.deploy import deploy
from infra.local.cloud import LocalCloud
from infra.local.tour import CHAPTERS, Tour, play


@pytest.mark.node
@pytest.mark.promise("ACC-1")
@pytest.mark.promise("ACC-2")
@pytest.mark.promise("STR-3")
def test_the_tour_passes(cloud: LocalCloud) -> None:
    told = io.StringIO()
    try:
        assert play(Tour(cloud, Console(file=told, width=120)), CHAPTERS), told.getvalue()
    finally:  # the tour announces a version by a deployment; the other tests know nothing of it
        deploy(cloud.account, cloud.package, cloud.target, lambda _: None)
