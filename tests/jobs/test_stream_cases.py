"""Tests the cases of users who were deleted or deactivated at Stream, but not by us (STR-6, ADR 39)."""

from __future__ import annotations

from collections import Counter
from typing import Any
from unittest import mock

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.core import chain, clock, queues
from chalicelib.core.clock import DAY, HOUR, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId, StreamCaseId, UserId
from chalicelib.core.metrics import Metric
from chalicelib.reconciliation.cases import lost_users, service, store
from chalicelib.reconciliation.cases.model import StreamLoss
from chalicelib.reconciliation.cases.service import history_of
from chalicelib.staff import history
from chalicelib.stream import gateway, model
from chalicelib.stream.model import ChatProfile
from chalicelib.stream.users import access
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_parts import erase_tables, freeze
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.jobs.profile_sync import sync
from tests.support.jobs.reconciliation import reconcile
from tests.support.stream.hooks import sends_hook, user_event, work
from tests.support.world.operators import Operator
from tests.support.world.world import Reply, User, World

ALL = "/admin/v1/stream-cases"
ERASE = {"messages": "hard", "conversations": "hard"}

SOME_CASE = f"sc_{26 * '0'}"  # equal in each worker, as the names of tests must be


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use few shards, since moto's queries are slow."""
    monkeypatch.setattr("chalicelib.rights.erasure.model.CHECK_SHARDS", ("00",))
    monkeypatch.setattr(store, "SHARDS", ("00", "01"))


@pytest.fixture
def vera(world: World, stream: Emulator) -> User:
    user = world.a_user()
    assert sync(user) == []
    return user


def delete_at_stream(*users: User) -> None:
    """Delete users at Stream as its dashboard does."""
    task = gateway._client().delete_users([user.user_id for user in users], "hard", **ERASE)["task_id"]
    for _ in range(4):
        gateway._client().get_task(task)


def about(user: User, kind: str = "user.deleted") -> str:
    return queues.body_of(type=kind, id=user.user_id, not_before="")


def seen_deactivated(user: User) -> str:
    """Return the message that the worker sends to itself for five minutes later, which have passed."""
    until = str(clock.to_epoch(clock.now()))
    return queues.body_of(type="user.deactivated", id=user.user_id, not_before=until)


def asks(operator: Operator, method: str, path: str, **more: Any) -> Reply:
    return operator.world.call(method, path, arn=operator.arn, **more)


def listed(operator: Operator) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = asks(operator, "GET", ALL).json["items"]
    return items


def events_of(case: dict[str, Any]) -> list[str]:
    entries = chain.newest_first(history_of(StreamCaseId(case["id"])))
    return [entry.event for entry in entries][::-1]


# --- what opens a case


@pytest.mark.promise("STR-6")
def test_deletion_at_stream_opens_a_case_that_operators_see_with_its_age(
    world: World, vera: User, alice: Operator, counts: Counter[Metric]
) -> None:
    delete_at_stream(vera)
    assert sends_hook(world, user_event("user.deleted", vera.user_id)).status == 204
    assert work() == []
    world.advance(3 * DAY + HOUR)
    (case,) = listed(alice)
    assert (case["user_id"], case["loss"], case["days_open"]) == (vera.user_id, "deleted", 3)
    assert events_of(case) == ["opened"]
    assert counts[Metric.STREAM_CASE_OPENED] == 1


@pytest.mark.promise("STR-6")
def test_deactivation_at_stream_opens_a_case(world: World, vera: User, alice: Operator) -> None:
    gateway.deactivate(UserId(vera.user_id))
    assert work(about(vera, "user.deactivated")) == []
    assert listed(alice) == []  # a cancelled erasure may be about to reactivate the user
    world.advance(5 * MINUTE)
    assert work() == []
    assert [case["loss"] for case in listed(alice)] == ["deactivated"]


@pytest.mark.promise("STR-6")
def test_user_who_is_reactivated_within_five_minutes_gets_no_case(
    world: World, vera: User, alice: Operator
) -> None:
    gateway.deactivate(UserId(vera.user_id))
    assert work(about(vera, "user.deactivated")) == []
    gateway.reactivate(UserId(vera.user_id))
    world.advance(5 * MINUTE)
    assert work() == []
    assert listed(alice) == []


@pytest.mark.promise("STR-6")
def test_event_that_is_delivered_late_or_twice_opens_one_case(vera: User, alice: Operator) -> None:
    delete_at_stream(vera)
    assert work(about(vera), about(vera), about(vera, "user.deactivated")) == []
    (case,) = listed(alice)
    assert events_of(case) == ["opened"]


@pytest.mark.promise("STR-6")
def test_deletion_of_a_deactivated_user_changes_the_open_case(vera: User, alice: Operator) -> None:
    gateway.deactivate(UserId(vera.user_id))
    assert work(seen_deactivated(vera)) == []
    delete_at_stream(vera)
    assert work(about(vera), about(vera)) == []
    (case,) = listed(alice)
    assert case["loss"] == "deleted"
    assert events_of(case) == ["opened", "changed"]


@pytest.mark.promise("STR-6")
def test_event_about_a_user_who_is_there_opens_no_case(vera: User, alice: Operator) -> None:
    assert work(about(vera), seen_deactivated(vera)) == []
    assert listed(alice) == []


@pytest.mark.promise("STR-6")
def test_freeze_and_its_cancellation_open_no_case(vera: User, alice: Operator) -> None:
    user_id = UserId(vera.user_id)
    freeze(vera.account_id)
    access.suspend(user_id, clock.now())
    assert work(seen_deactivated(vera)) == []
    world_state = cloud.records("stream_case")
    vera.world.set_state(vera, "active")
    access.resume(user_id)
    assert work(seen_deactivated(vera)) == []
    assert (world_state, listed(alice)) == ([], [])


@pytest.mark.promise("STR-6")
def test_freeze_between_the_reads_of_stream_and_account_opens_no_case(vera: User, alice: Operator) -> None:
    original = access.find_existing

    def find(user_ids: list[UserId]) -> Any:
        freeze(vera.account_id)
        access.suspend(UserId(vera.user_id), clock.now())
        return original(user_ids)

    with mock.patch.object(access, "find_existing", find):
        assert work(seen_deactivated(vera)) == []
    assert listed(alice) == []


@pytest.mark.promise("RGT-3")
def test_erasure_that_begins_before_the_transaction_leaves_no_case(world: World, vera: User) -> None:
    delete_at_stream(vera)
    before_the_commit(lambda: world.set_state(vera, "erasing"))
    work(about(vera))
    assert cloud.records("stream_case") == []


@pytest.mark.promise("STR-6")
@pytest.mark.parametrize("state", ["frozen", "erasing"])
def test_user_of_an_account_that_is_being_erased_opens_no_case(
    world: World, vera: User, alice: Operator, state: str
) -> None:
    delete_at_stream(vera)
    world.set_state(vera, state)
    assert work(about(vera)) == []
    assert listed(alice) == []


@pytest.mark.promise("STR-6")
def test_restricted_account_gets_a_case_for_a_deletion_and_not_for_our_deactivation(
    world: World, vera: User, alice: Operator
) -> None:
    world.set_state(vera, "restricted")
    access.suspend(UserId(vera.user_id), clock.now())
    assert work(seen_deactivated(vera)) == []
    assert listed(alice) == []
    delete_at_stream(vera)
    assert work(about(vera)) == []
    assert [case["loss"] for case in listed(alice)] == ["deleted"]


@pytest.mark.promise("STR-6")
def test_deletion_by_an_erasure_opens_no_case(vera: User, alice: Operator) -> None:
    freeze(vera.account_id)
    erase_tables(vera.account_id)
    delete_at_stream(vera)
    assert work(about(vera)) == []
    assert listed(alice) == []


@pytest.mark.promise("STR-6")
def test_user_without_an_account_opens_no_case(world: World, stream: Emulator, alice: Operator) -> None:
    assert work(queues.body_of(type="user.deleted", id=UserId.new(), not_before="")) == []
    assert listed(alice) == []


@pytest.mark.promise("STR-6")
@pytest.mark.parametrize("status", [500, 429, 403, 400])
def test_event_is_delivered_again_until_stream_answers(
    stream: Emulator, vera: User, alice: Operator, status: int
) -> None:
    delete_at_stream(vera)
    stream.fault(path="^/users$", method="GET", status=status)
    assert work(about(vera)) == [about(vera)]
    assert listed(alice) == []
    assert work(about(vera)) == []
    assert len(listed(alice)) == 1


# --- what closes it


@pytest.mark.promise("STR-6")
@pytest.mark.parametrize("outcome", ["requested", "mistake", "misuse"])
def test_operator_closes_a_case_with_an_outcome(vera: User, alice: Operator, outcome: str) -> None:
    delete_at_stream(vera)
    assert work(about(vera)) == []
    (case,) = listed(alice)
    closed = asks(alice, "PUT", f"{ALL}/{vera.user_id}/outcome", body={"outcome": outcome})
    assert (closed.status, closed.json["outcome"]) == (200, outcome)
    assert listed(alice) == []
    assert events_of(case) == ["opened", "closed"]
    again = asks(alice, "PUT", f"{ALL}/{vera.user_id}/outcome", body={"outcome": outcome})
    assert (again.status, again.problem) == (404, "not_found")


def test_outcome_of_the_job_cannot_be_chosen(vera: User, alice: Operator) -> None:
    delete_at_stream(vera)
    assert work(about(vera)) == []
    reply = asks(alice, "PUT", f"{ALL}/{vera.user_id}/outcome", body={"outcome": "reversed"})
    assert (reply.status, reply.problem) == (400, "invalid_request")


def test_user_without_a_case_cannot_be_settled(vera: User, alice: Operator) -> None:
    for user_id in (vera.user_id, UserId.new()):
        reply = asks(alice, "PUT", f"{ALL}/{user_id}/outcome", body={"outcome": "mistake"})
        assert (reply.status, reply.problem) == (404, "not_found")


@pytest.mark.promise("STR-6")
def test_another_deactivation_after_the_case_was_closed_opens_it_anew(vera: User, alice: Operator) -> None:
    gateway.deactivate(UserId(vera.user_id))
    assert work(seen_deactivated(vera)) == []
    (first,) = listed(alice)
    asks(alice, "PUT", f"{ALL}/{vera.user_id}/outcome", body={"outcome": "mistake"})
    assert work(seen_deactivated(vera)) == []
    opened = [case["id"] for case in listed(alice)]
    assert len(opened) == 1
    assert opened != [first["id"]]


@pytest.mark.promise("STR-6")
def test_hourly_review_counts_open_cases_and_closes_those_of_users_who_are_back(
    world: World, vera: User, alice: Operator, gauges: dict[Metric, int]
) -> None:
    other = world.a_user()
    gateway.upsert([ChatProfile(UserId(other.user_id), "Jovan", None)])
    gateway.deactivate(UserId(other.user_id))
    delete_at_stream(vera)
    assert work(about(vera), seen_deactivated(other)) == []
    world.advance(2 * DAY)
    reconcile()
    assert (gauges[Metric.STREAM_CASES_OPEN], gauges[Metric.STREAM_CASE_OLDEST_DAYS]) == (2, 2)
    gateway.reactivate(UserId(other.user_id))
    reconcile()
    assert gauges[Metric.STREAM_CASES_OPEN] == 1
    assert [case["user_id"] for case in listed(alice)] == [vera.user_id]


@pytest.mark.promise("STR-6")
def test_pass_over_all_users_reactivates_no_user_with_an_open_case(
    world: World, stream: Emulator, vera: User, alice: Operator
) -> None:
    reconcile()  # has the configuration tried
    gateway.deactivate(UserId(vera.user_id))
    assert work(seen_deactivated(vera)) == []
    world.advance(31 * DAY)
    assert reconcile()["suspended"] == 0
    assert stream.user(vera.user_id)["deactivated_at"]
    asks(alice, "PUT", f"{ALL}/{vera.user_id}/outcome", body={"outcome": "mistake"})
    world.advance(31 * DAY)
    assert reconcile()["suspended"] == 1
    assert stream.user(vera.user_id)["state"] == "active"


def test_review_without_an_answer_of_stream_stops_no_run(
    stream: Emulator, vera: User, gauges: dict[Metric, int]
) -> None:
    delete_at_stream(vera)
    assert work(about(vera)) == []
    with mock.patch.object(lost_users, "review", side_effect=model.StreamUnavailable):
        assert reconcile()["complete"] == 1
    assert Metric.STREAM_CASES_OPEN not in gauges


# --- how it is stored


@pytest.mark.promise("RGT-1", "RGT-3")
def test_case_goes_with_the_account(vera: User, alice: Operator) -> None:
    delete_at_stream(vera)
    assert work(about(vera)) == []
    assert len(cloud.records("stream_case")) == 1
    freeze(vera.account_id)
    erase_tables(vera.account_id)
    assert cloud.records("stream_case") == []
    assert listed(alice) == []


@pytest.mark.promise("RET-2")
def test_closed_case_expires_after_a_year_and_an_open_one_does_not(vera: User, alice: Operator) -> None:
    delete_at_stream(vera)
    assert work(about(vera)) == []
    assert "expires_at" not in cloud.records("stream_case")[0]
    asks(alice, "PUT", f"{ALL}/{vera.user_id}/outcome", body={"outcome": "mistake"})
    (row,) = cloud.records("stream_case")
    assert int(row["expires_at"]["N"]) == clock.to_epoch(clock.now().replace(year=clock.now().year + 1))
    assert "due" not in row


@pytest.mark.promise("STR-6")
def test_list_is_shown_only_if_the_view_is_on_record(vera: User, alice: Operator) -> None:
    delete_at_stream(vera)
    assert work(about(vera)) == []
    with mock.patch.object(history, "record_view", side_effect=Unavailable):
        assert asks(alice, "GET", ALL).status == 503


@pytest.mark.promise("STR-6")
def test_list_has_pages_without_gaps_or_duplicates_while_cases_are_closed(
    world: World, stream: Emulator, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PAGE", 2)
    users = [world.a_user() for _ in range(5)]
    for number, user in enumerate(users):
        account_id = AccountId(user.account_id)
        account = accounts.glances([account_id])[account_id]
        assert account
        service.open_case(account, StreamLoss.DELETED)  # the first three in one second
        world.advance(MINUTE * (number >= 2))
    first = asks(alice, "GET", ALL).json
    close = first["items"][1]["user_id"]
    asks(alice, "PUT", f"{ALL}/{close}/outcome", body={"outcome": "mistake"})
    second = asks(alice, "GET", f"{ALL}?cursor={first['next_cursor']}").json
    third = asks(alice, "GET", f"{ALL}?cursor={second['next_cursor']}").json
    pages = [[one["user_id"] for one in page["items"]] for page in (first, second, third)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert {one for page in pages for one in page} == {user.user_id for user in users}
    assert [*pages[1][1:], *pages[2]] == [user.user_id for user in users[3:]]
    assert "next_cursor" not in third


@pytest.mark.parametrize("cursor", ["x", "1-x", f"x-{SOME_CASE}", f"-{SOME_CASE}"])
def test_malformed_cursor_is_refused(alice: Operator, cursor: str) -> None:
    assert asks(alice, "GET", f"{ALL}?cursor={cursor}").status == 400


@pytest.mark.promise("SEC-1")
def test_evidence_of_a_case_names_no_user(vera: User, alice: Operator) -> None:
    delete_at_stream(vera)
    assert work(about(vera)) == []
    listed(alice)
    asks(alice, "PUT", f"{ALL}/{vera.user_id}/outcome", body={"outcome": "mistake"})
    entries = str([row for row in cloud.all_items() if "stream_case" in str(row.get("pk"))])
    assert entries
    assert vera.user_id not in entries
    assert vera.account_id not in entries
