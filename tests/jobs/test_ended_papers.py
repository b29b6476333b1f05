"""The bytes of identity papers end with their record: by the purge, and by an erasure (ADR 101)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import chain
from chalicelib.core.ids import PaperId, RightsRequestId
from chalicelib.retention.purge.evidence import HISTORY
from chalicelib.rights.erasure import delete
from chalicelib.rights.papers.store import empty
from tests.support.cases.images import a_jpeg
from tests.support.cases.papers import asks_for_a_copy, offers, put, sends, stored_keys, uploads
from tests.support.jobs.purge import purge
from tests.support.world.world import World

DAY = timedelta(days=1)


@pytest.fixture
def made(world: World) -> dict[str, Any]:
    """Return a request that waits for proof of identity."""
    return asks_for_a_copy(world, world.a_user())


@pytest.mark.promise("RET-1", "RGT-11")
def test_purge_deletes_papers_once_their_period_is_over(world: World, made: dict[str, Any]) -> None:
    sends(world, made, a_jpeg())
    uploads(offers(world, made).json, a_jpeg())
    world.advance(37 * DAY - timedelta(minutes=1))
    purge()
    assert len(stored_keys()) == 2
    world.advance(timedelta(minutes=1))
    purge()
    assert stored_keys() == []
    assert [line.event for line in chain.entries(HISTORY.chain_of(world.now))][-2:] == ["begun", "finished"]


@pytest.mark.promise("RET-1")
def test_purge_deletes_bytes_that_no_record_names(world: World, made: dict[str, Any]) -> None:
    paper = sends(world, made, a_jpeg())
    kept, other = f"clean/{made['rights_request_id']}", RightsRequestId.new()
    for stray in (
        f"{kept}/{PaperId.new()}",
        f"clean/{other}/{paper['paper_id']}",
        "clean/a",
        "incoming/b/c/d",
    ):
        put(stray, b"x")
    assert purge()["deleted"] == 4
    assert stored_keys() == [f"{kept}/{paper['paper_id']}"]


@pytest.mark.promise("RGT-3")
def test_erasure_deletes_the_papers_of_a_request(world: World, made: dict[str, Any]) -> None:
    sends(world, made, a_jpeg())
    uploads(offers(world, made).json, a_jpeg())
    request_id = RightsRequestId(made["rights_request_id"])
    assert delete.remaining(request_id) == 2
    empty(request_id)
    purge()
    assert (delete.remaining(request_id), stored_keys()) == (0, [])
