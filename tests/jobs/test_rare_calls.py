"""Tests calls that functions seldom make, which their roles have to allow all the same (ADR 67)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from chalicelib.core import clock, table
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.table import Key, Table, partition_of
from chalicelib.core.transactions import commit
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.model import Addresses
from chalicelib.retention.jobs import keep_holds
from chalicelib.rights.engine import engine
from chalicelib.rights.jobs import worker_for
from chalicelib.rights.request.terms import Destination, Status
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_requests import asks_for_erasure, at_step, work
from tests.support.cases.recycled import returns_after_years
from tests.support.clouds import cloud
from tests.support.jobs.idle_accounts import an_idle_owner, be_fast, close_idle
from tests.support.world.builders import a_phone, a_schedule_event
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("SEC-1")

ADDRESS = "mila@test.example"


def versions_of_suppressions() -> list[str]:
    """Return the version of the lookup key under which each suppression is stored."""
    return [item["pk"]["S"].split("#")[1] for item in cloud.records("suppression")]


def test_signup_moves_a_suppression_to_the_current_key(world: World) -> None:
    commit(*suppressions.placing(Addresses(phone := a_phone()), world.now))
    cloud.rotate_keys("lookup")
    world.a_user(phone)
    assert versions_of_suppressions() == ["2"]


def by_the_subject(mila: User) -> None:
    assert mila.exercises("marketing_objection").status == 202


def by_an_operator(mila: User) -> None:
    assert mila.world.an_operator("jovan").enters(mila.user_id, "marketing_objection").status == 201


def by_an_erasure(mila: User) -> None:
    work(mila.world, asks_for_erasure(mila.is_stepped_up()))


@pytest.mark.parametrize("move", [by_the_subject, by_an_operator, by_an_erasure])
def test_each_writer_of_suppressions_moves_them(
    world: World, services: None, move: Callable[[User], None]
) -> None:
    mila = world.a_user()
    by_the_subject(mila)
    assert versions_of_suppressions() == ["1"]
    cloud.rotate_keys("lookup")
    world.advance(DAY)
    mila = mila.signs_in_again()
    move(mila)
    assert versions_of_suppressions() == ["2"]


def stored_until(kind: str) -> datetime:
    """Return until when the only record of a kind is stored."""
    (item,) = cloud.records(kind)
    return datetime.fromtimestamp(int(item["delete_at"]["N"]), tz=clock.now().tzinfo)


def an_invoiced_user(world: World) -> User:
    mila = world.a_user()
    assert mila.gets_invoiced().status == 201
    return mila


@pytest.mark.parametrize("kind", ["invoice", "security_event"])
def test_hold_keeps_records_that_are_no_usage(world: World, kind: str) -> None:
    mila, ends = an_invoiced_user(world), stored_until(kind)
    world.traveller.move_to(ends - DAY)
    hold = str(world.an_operator("ana").places_hold(mila.user_id, kind).json["id"])
    assert world.an_operator("boris").confirms_hold(hold).status == 200
    keep_holds(a_schedule_event(), None)
    assert stored_until(kind) > ends


def test_request_for_a_copy_keeps_an_invoice_that_is_due_for_deletion(world: World, stream: Emulator) -> None:
    mila, ends = an_invoiced_user(world), stored_until("invoice")
    mila.has_email(ADDRESS)
    world.traveller.move_to(ends - DAY)
    stream.fault(path="/export/users", status=503, times=10_000)
    asked = returns_after_years(mila, ADDRESS).is_stepped_up().exercises("access")
    engine.advance(RightsRequestId(asked.json["rights_request_id"]), worker_for(Destination.WORK))
    assert stored_until("invoice") > ends


def test_erasure_deletes_what_no_declaration_names_beside_invoices(world: World, services: None) -> None:
    mila = an_invoiced_user(world)
    place = Key(Table.BILLING, partition_of(AccountId(mila.account_id)), "undeclared")
    item: dict[str, Any] = {"kind": "undeclared"}
    table.put_all(Table.BILLING, [(place, item)])
    work(world, asks_for_erasure(mila.is_stepped_up()))
    assert cloud.items_of("billing") == []


def test_inputs_of_an_erasure_that_expired_are_captured_again(world: World, services: None) -> None:
    mila = world.a_user().is_stepped_up()
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("record_tombstone"))
    world.advance(9 * DAY)
    assert work(world, request_id).status is Status.COMPLETED


def test_last_use_of_an_account_that_does_not_exist_is_deleted(world: World) -> None:
    be_fast()
    an_idle_owner(world)
    (row,) = map(table.items.plain, cloud.records("last_use"))
    lost, long_ago = AccountId.new(), clock.to_text(world.now - 900 * DAY)
    place = Key(Table.ACCOUNTS, partition_of(lost), row["sk"])
    item = {**row, "account_id": lost, "used_at": long_ago, "due_at": clock.to_text(world.now - DAY)}
    table.put_all(Table.ACCOUNTS, [(place, item)])
    close_idle()
    assert table.get(place) is None
