"""Tests reports of calls that a contact did not answer, and the list of the person who was called."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.ids import UserId
from chalicelib.privacy.purposes import Practice
from chalicelib.push.model import PushKind
from tests.support.cases.erasure_parts import erase
from tests.support.cases.pushes import deliver_changes, fake_providers, give_phones, sort_keys_of
from tests.support.clouds import cloud
from tests.support.clouds.cloud import counted
from tests.support.faults.races import before_the_commit
from tests.support.world.limits import allow
from tests.support.world.practices import describe
from tests.support.world.world import Reply, User, World


@pytest.fixture(autouse=True)
def offered(world: World) -> None:
    describe(Practice.NOTIFYING)


@pytest.fixture
def mila(world: World) -> User:
    """Return a user who calls."""
    return world.a_user(display_name="Mila")


@pytest.fixture
def jovan(world: World, mila: User) -> User:
    """Return a contact of hers."""
    jovan = world.a_user()
    jovan.meets(mila)
    return jovan


def reports(caller: User, user_id: str) -> Reply:
    return caller.calls("POST", "/v1/calls/missed", body={"user_id": user_id})


def missed(user: User, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = user.gets(f"/v1/calls/missed{query}").json["items"]
    return items


def test_contact_sees_who_called_to_the_minute(world: World, mila: User, jovan: User) -> None:
    world.advance(timedelta(seconds=42))
    assert reports(mila, jovan.user_id).json == {"status": "received"}
    (call,) = missed(jovan)
    assert call["caller"] == {"user_id": mila.user_id, "display_name": "Mila"}
    assert call["missed_at"] == "2026-11-24T12:00:00Z"
    assert missed(mila) == []


def test_second_report_of_the_same_minute_is_the_same_call(world: World, mila: User, jovan: User) -> None:
    reports(mila, jovan.user_id)
    assert reports(mila, jovan.user_id).status == 202
    world.advance(MINUTE)
    reports(mila, jovan.user_id)
    assert [one["missed_at"][11:16] for one in missed(jovan)] == ["12:01", "12:00"]


@pytest.mark.parametrize("who", ["blocked", "blocking", "ended", "stranger", "unknown", "self", "erased"])
def test_report_of_any_other_user_gets_the_same_answer_and_calls(
    world: World, mila: User, jovan: User, who: str
) -> None:
    called = jovan.user_id
    with counted() as usual:
        expected = reports(mila, called)
    world.advance(MINUTE)
    match who:
        case "blocked":
            mila.blocks(jovan)
        case "blocking":
            jovan.blocks(mila)
        case "ended":
            jovan.calls("DELETE", f"/v1/contacts/{mila.user_id}")
        case "erased":
            erase(jovan)
        case "stranger":
            called = world.a_user().user_id
        case "unknown":
            called = UserId.new()
        case _:
            called = mila.user_id
    before = len(cloud.records("missed_call"))
    with counted() as calls:
        reply = reports(mila, called)
    assert (reply.status, reply.text) == (expected.status, expected.text)
    assert calls.tables == usual.tables
    assert len(cloud.records("missed_call")) == before


@pytest.mark.parametrize(
    "meanwhile",
    [lambda mila, jovan: jovan.blocks(mila), lambda _, jovan: jovan.world.set_state(jovan, "frozen")],
    ids=["blocked", "frozen"],
)
def test_report_stores_nothing_once_the_other_is_out_of_reach(
    mila: User, jovan: User, meanwhile: Callable[[User, User], object]
) -> None:
    before_the_commit(lambda: meanwhile(mila, jovan))
    assert reports(mila, jovan.user_id).status == 202
    assert cloud.records("missed_call") == []


def test_call_of_a_contact_who_was_blocked_later_is_not_listed(mila: User, jovan: User) -> None:
    reports(mila, jovan.user_id)
    jovan.blocks(mila)
    assert missed(jovan) == []


def test_list_is_paged_from_the_newest_call(world: World, mila: User, jovan: User) -> None:
    for _ in range(3):
        reports(mila, jovan.user_id)
        world.advance(MINUTE)
    first = jovan.gets("/v1/calls/missed?limit=2").json
    rest = jovan.gets(f"/v1/calls/missed?limit=2&cursor={first['next_cursor']}").json
    listed = [one["missed_at"][14:16] for page in (first, rest) for one in page["items"]]
    assert (listed, rest.get("next_cursor")) == (["02", "01", "00"], None)


def test_new_call_takes_the_place_of_the_oldest(world: World, mila: User, jovan: User) -> None:
    allow(missed_calls_most=5)
    for _ in range(7):
        reports(mila, jovan.user_id)
        world.advance(MINUTE)
    assert [one["missed_at"][14:16] for one in missed(jovan)] == ["06", "05", "04", "03", "02"]


@pytest.mark.promise("RET-1")
def test_call_ends_after_thirty_days(world: World, mila: User, jovan: User) -> None:
    reports(mila, jovan.user_id)
    world.advance(30 * DAY)
    assert missed(jovan.signs_in_again()) == []


def test_call_of_an_erased_user_is_not_listed(mila: User, jovan: User) -> None:
    reports(mila, jovan.user_id)
    erase(mila)
    assert missed(jovan) == []


@pytest.mark.promise("SEC-1")
def test_caller_is_not_readable_in_the_row(mila: User, jovan: User) -> None:
    reports(mila, jovan.user_id)
    (row,) = cloud.records("missed_call")
    assert mila.user_id not in str(row)
    assert mila.account_id not in str(row)


def test_reports_over_the_daily_limit_are_refused(world: World, mila: User, jovan: User) -> None:
    allow(missed_calls_day=1)
    assert [reports(mila, jovan.user_id).status for _ in range(2)] == [202, 429]


def test_report_is_not_offered_before_the_policy_names_pushes(mila: User, jovan: User) -> None:
    describe()
    assert reports(mila, jovan.user_id).problem == "not_offered"
    assert cloud.records("missed_call") == []


@pytest.mark.promise("CALL-2")
def test_push_about_a_call_has_the_id_of_the_call_and_no_caller(mila: User, jovan: User) -> None:
    providers = fake_providers()
    give_phones(jovan)
    reports(mila, jovan.user_id)
    deliver_changes("INSERT", jovan, *sort_keys_of(jovan, "missed_call#"))
    ((_, push),) = providers.taken
    assert (push.kind, push.id) == (PushKind.MISSED_CALL, missed(jovan)[0]["missed_call_id"])


def test_call_that_made_room_for_another_is_not_pushed(world: World, mila: User, jovan: User) -> None:
    allow(missed_calls_most=5)
    providers = fake_providers()
    give_phones(jovan)
    reports(mila, jovan.user_id)
    keys = sort_keys_of(jovan, "missed_call#")
    for _ in range(5):
        world.advance(MINUTE)
        reports(mila, jovan.user_id)
    deliver_changes("INSERT", jovan, *keys)
    assert providers.taken == []
