"""Erasures in tests: a subject with data everywhere, and workers that advance a request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from chalicelib.core import chain, clock, table
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, RightsRequestId, UserId
from chalicelib.core.table import Key, Table, partition_of
from chalicelib.rights.engine import engine
from chalicelib.rights.jobs import worker_for
from chalicelib.rights.request import duties, store
from chalicelib.rights.request.evidence import history_of
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import ErasureNotes
from chalicelib.rights.request.terms import Destination, StepStatus
from tests.support.cases import certificates
from tests.support.clouds import cloud
from tests.support.clouds.moto import calls, gaps
from tests.support.clouds.moto.gaps import suppression_list
from tests.support.stream.chat import Chatters
from tests.support.world.builders import an_address, an_event
from tests.support.world.ledger import create_archive
from tests.support.world.world import Reply, User, World

WORKERS = (worker_for(Destination.WORK), worker_for(Destination.TRANSFERS), worker_for(Destination.ERASURES))
GRACE = 7 * DAY


@contextmanager
def erasable() -> Iterator[None]:
    """Provide the key of certificates, the locked bucket, and SES's suppression list, which is empty."""
    with calls.uncounted():
        certificates.create_key()
        create_archive()
    with gaps.messages_by_type(), suppression_list():
        yield


def a_subject(world: World) -> User:
    """Return a user with a mailbox, a profile, consents, usage events and messages at Stream."""
    mila = world.begin(_a_subject_here)
    chat = Chatters({"Mila": UserId(mila.user_id)})
    chat.meet("Mila", "Vera")
    chat.says("Mila", "See you at nine")
    return mila


def _a_subject_here(world: World) -> User:
    mila = world.a_user().is_stepped_up()
    mila.verified["address"] = an_address()
    mila.has_email(mila.verified["address"])
    mila.changes(name="Milica Ćosić", country="AT")
    mila.consents("analytics")
    mila.submits_usage(an_event(screen="home"))
    return mila.is_stepped_up()


def asks_for_erasure(user: User, **more: Any) -> RightsRequestId:
    """Submit an erasure, from a stepped-up session."""
    asked = user.exercises("erasure", **more)
    assert asked.status == 202, asked.text
    user.verified["receipt"] = asked.json["receipt"]
    return RightsRequestId(asked.json["rights_request_id"])


def stored(request_id: RightsRequestId) -> RightsRequest:
    """Return the stored request."""
    request = store.read(request_id)
    assert request
    return request


def notes(request_id: RightsRequestId) -> ErasureNotes:
    """Return the notes that the steps of an erasure left."""
    found = stored(request_id).notes
    assert isinstance(found, ErasureNotes)
    return found


def work(
    world: World,
    request_id: RightsRequestId,
    until: Callable[[RightsRequest], bool] = lambda _: False,
    within: timedelta = 30 * DAY,
) -> RightsRequest:
    """Advance a request as messages and the sweep do, until a state, for a time, or until nothing is due."""
    ends = world.now + within
    for _ in range(2000):
        request = stored(request_id)
        wakes = duties.wakes_at(request, world.now)
        if until(request) or wakes is None or wakes > ends:
            return request
        world.traveller.move_to(max(wakes, world.now))
        for worker in WORKERS:
            engine.advance(request_id, worker)
    raise AssertionError("the request is due again and again")


def work_for(world: World, request_ids: Iterable[RightsRequestId], time: timedelta) -> None:
    """Advance requests together for a time, as messages and the sweep do."""
    ends, known = world.now + time, list(request_ids)
    for _ in range(2000):
        wakes = [(at, one) for one in known if (at := duties.wakes_at(stored(one), world.now))]
        if not wakes or (first := min(at for at, _ in wakes)) > ends:
            world.traveller.move_to(max(ends, world.now))
            return
        world.traveller.move_to(max(first, world.now))
        for request_id in (one for at, one in wakes if at <= world.now):
            for worker in WORKERS:
                engine.advance(request_id, worker)
    raise AssertionError("a request is due again and again")


def at_step(name: str) -> Callable[[RightsRequest], bool]:
    """Return a test of whether a step is the next one."""
    return lambda request: request.next_step is not None and request.next_step.name == name


def is_stopped(request: RightsRequest) -> bool:
    """Return whether the next step waits for an operator."""
    return request.next_step is not None and request.next_step.status is StepStatus.STOPPED


def write_late(user: User) -> None:
    """Write as a request does that began before the point of no return."""
    key = Key(Table.ACCOUNTS, partition_of(AccountId(user.account_id)), "late")
    table.put_all(Table.ACCOUNTS, [(key, {"kind": "late"})])


def write_until_stopped(world: World, user: User, request_id: RightsRequestId) -> None:
    """Advance an erasure and write before each second pass, until the step stops."""
    verifies = at_step("verify_deletion")
    for _ in range(10):
        request = work(world, request_id, lambda request: verifies(request) or is_stopped(request))
        if is_stopped(request):
            return
        write_late(user)
        work(world, request_id, lambda request: not verifies(request) or is_stopped(request))
    raise AssertionError("the step never stops")


def cancels(user: User, request_id: RightsRequestId) -> Reply:
    """Cancel by the receipt, as the page behind the link does."""
    return user.world.call(
        "POST",
        f"/v1/rights-receipts/{request_id}/cancel",
        headers={"Rights-Receipt": user.verified["receipt"]},
    )


def by_receipt(user: User, request_id: RightsRequestId) -> Reply:
    """Read the request by its receipt."""
    return user.world.call(
        "GET", f"/v1/rights-receipts/{request_id}", headers={"Rights-Receipt": user.verified["receipt"]}
    )


def events(request_id: RightsRequestId) -> list[str]:
    """Return the events of a request's history, oldest first."""
    return [entry.event for entry in chain.entries(history_of(request_id))]


def said(request_id: RightsRequestId, event: str) -> Mapping[str, Any]:
    """Return what the evidence says of the last event of a kind."""
    return [entry.data for entry in chain.entries(history_of(request_id)) if entry.event == event][-1]


def stored_about(user: User) -> list[str]:
    """Return what the tables have about a user's account now; requests and the Ledger outlive it."""
    now = clock.to_epoch(clock.now())
    items = [item for item in cloud.all_items() if int(item.get("expires_at", {"N": now + 1})["N"]) > now]
    texts = (json.dumps(item, default=str) for item in items)
    kept = ('"R#', '"rights#', '"tombstone#')
    return [text for text in texts if user.account_id in text and not any(name in text for name in kept)]
