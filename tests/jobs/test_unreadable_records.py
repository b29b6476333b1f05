"""One record that cannot be opened, or one user whom Stream refuses, holds up no other."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.chat import sync as syncing
from chalicelib.core import table
from chalicelib.core.table import Query, Table
from chalicelib.rights.jobs import work_rights
from chalicelib.usage import rollup
from chalicelib.usage import store as usage
from infra.local.stream import Emulator
from tests.support.builders import an_event
from tests.support.copies import damage
from tests.support.profile_sync import sync
from tests.support.usage import a_person, ten_people
from tests.support.world import World


def test_deactivation_without_an_answer_is_made_by_the_next_delivery(
    world: World, stream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, send = world.a_user(), syncing._send

    def frozen_meanwhile(wanted: Any) -> Any:
        world.set_state(mila, "frozen")
        return send(wanted)

    monkeypatch.setattr(syncing, "_send", frozen_meanwhile)
    stream.fault(method="POST", path=f"/users/{mila.user_id}/deactivate", status=503)
    assert sync(mila) == ["1"]
    assert sync(mila) == []
    assert stream.user(mila.user_id)["state"] == "deactivated"


def test_request_that_cannot_be_opened_hides_no_other(world: World) -> None:
    alice = world.an_operator("alice")
    broken, whole = (str(world.a_user().is_stepped_up().exercises("access").json["id"]) for _ in range(2))
    damage(Table.RIGHTS, f"R#{broken}", "request", status="no such status")
    reply = alice.lists()
    assert (reply.status, whole in reply.text) == (200, True)


def test_profile_that_cannot_be_opened_holds_up_no_other(world: World, stream: Emulator) -> None:
    mila, vera = world.a_user(display_name="Mila"), world.a_user(display_name="Vera")
    damage(Table.ACCOUNTS, f"A#{mila.account_id}", "profile", sealed=b"x" * 60)
    assert sync(mila, vera) == []
    assert stream.user(vera.user_id)["name"] == "Vera"


def test_account_that_cannot_be_read_holds_up_no_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "SHARDS", 1)
    ten_people()
    broken = a_person(an_event())
    damage(Table.ACCOUNTS, f"A#{broken}", "account", state="no such state")
    world.advance(timedelta(hours=12 + 48 + 1))
    with suppress(Exception):
        rollup.roll_up()
    assert "figures" in {item["sk"] for item in table.query(Query(Table.USAGE, "day#2026-11-24"))}


def test_app_suspended_within_a_minute_of_a_403_loses_no_change(world: World, stream: Emulator) -> None:
    mila, vera = world.a_user(), world.a_user()
    refused = {"status": 403, "code": 17}
    stream.fault(method="POST", path="/users", **refused)
    assert sync(mila) == []  # about this user: GET /app is answered
    world.advance(timedelta(seconds=20))
    stream.fault(method="POST", path="/users", times=100, **refused)
    stream.fault(method="GET", path="/app", times=100, **refused)
    assert sync(vera) == ["1"]


def test_worker_drops_the_message_of_a_request_that_cannot_be_opened(world: World) -> None:
    request_id = str(world.a_user().is_stepped_up().exercises("access").json["id"])
    damage(Table.RIGHTS, f"R#{request_id}", "request", sealed=b"x" * 60)
    body = json.dumps({"request_id": request_id, "hops": 0})
    record = {"messageId": "a-message", "body": body}
    assert work_rights({"Records": [record]}, None) == {"batchItemFailures": []}
