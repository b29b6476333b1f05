"""Restrictions and objections of a user, advanced as messages and the sweep do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chalicelib.core import chain
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.engine import engine
from chalicelib.rights.jobs import worker_for
from chalicelib.rights.request import duties, store
from chalicelib.rights.request.evidence import history_of
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Destination
from tests.support.world.world import Reply, User, World


def asks(user: User, right: str, **body: Any) -> str:
    reply = user.exercises(right, **body)
    assert reply.status == 202, reply.text
    return str(reply.json["rights_request_id"])


def restricts(user: User, ground: str = "a", **body: Any) -> str:
    """Submit a restriction; return the id of the request."""
    return asks(user, "restriction", ground=ground, **body)


def objects(user: User, *purposes: str, **body: Any) -> str:
    """Submit an objection; return the id of the request."""
    return asks(user, "objection", purposes=list(purposes), **body)


def lifts(user: User, request_id: str) -> Reply:
    return user.calls("POST", f"/v1/rights-requests/{request_id}/lift")


def work(world: World, request_id: str) -> RightsRequest:
    """Advance a request by what is due within minutes, as messages do."""
    return _advance(world, request_id, world.now + 5 * MINUTE)


def work_for(world: World, request_id: str, time: timedelta) -> RightsRequest:
    """Advance a request for a time, as messages and the sweep do."""
    ends = world.now + time
    request = _advance(world, request_id, ends)
    world.traveller.move_to(max(ends, world.now))
    return request


def _advance(world: World, request_id: str, ends: datetime) -> RightsRequest:
    known = RightsRequestId(request_id)
    for _ in range(1000):
        engine.advance(known, worker_for(Destination.WORK))
        request = store.read(known)
        assert request
        wakes = duties.wakes_at(request, world.now)
        if wakes is None or wakes > ends:
            return request
        world.traveller.move_to(max(wakes, world.now))
    raise AssertionError("the request is due again and again")


def events(request_id: str) -> list[str]:
    return [entry.event for entry in chain.entries(history_of(RightsRequestId(request_id)))]
