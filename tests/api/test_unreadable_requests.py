"""Tests that an unreadable rights request hides no other, and that operators' list names it."""

from datetime import timedelta

import pytest

from chalicelib.core.table import Table
from tests.support.cases.copies import damage
from tests.support.world.world import User, World


def break_request(request_id: str) -> None:
    """Alter a request so that its record class refuses it."""
    damage(Table.RIGHTS, f"R#{request_id}", "request", status="no such status")


def requests_of(user: User, number: int) -> list[str]:
    """Submit requests of a subject, newest first; all but the newest are cancelled."""
    made: list[str] = []
    for _ in range(number):
        if made:
            user.calls("POST", f"/v1/rights-requests/{made[0]}/cancel")
            user.world.advance(timedelta(seconds=1))
        made.insert(0, str(user.exercises("access").json["rights_request_id"]))
    return made


def listed(user: User) -> list[str]:
    """Return the ids on all pages of a subject's list."""
    found, path = [], "/v1/rights-requests?limit=2"
    for _ in range(10):
        reply = user.gets(path)
        assert reply.status == 200
        found += [item["rights_request_id"] for item in reply.json["items"]]
        if "next_cursor" not in reply.json:
            return found
        path = f"/v1/rights-requests?limit=2&cursor={reply.json['next_cursor']}"
    pytest.fail("the list does not end")


@pytest.mark.promise("RGT-10")
def test_unreadable_request_is_named_in_the_operators_list(world: World) -> None:
    alice = world.an_operator("alice")
    broken, whole = (
        str(world.a_user().is_stepped_up().exercises("access").json["rights_request_id"]) for _ in range(2)
    )
    assert alice.lists().json["unreadable"] == []
    break_request(broken)
    reply = alice.lists()
    assert reply.status == 200
    assert [case["rights_request_id"] for case in reply.json["items"]] == [whole]
    assert reply.json["unreadable"] == [broken]


@pytest.mark.parametrize("broken", [{0}, {1}, {1, 2}, {0, 1}, {0, 1, 2, 3}, {4}])
def test_unreadable_request_is_left_out_of_its_subjects_pages(world: World, broken: set[int]) -> None:
    mila = world.a_user().is_stepped_up()
    made = requests_of(mila, 5)
    for number in broken:
        break_request(made[number])
    assert listed(mila) == [one for number, one in enumerate(made) if number not in broken]


def test_unreadable_request_is_counted_by_the_list(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    mila = world.a_user().is_stepped_up()
    break_request(requests_of(mila, 1)[0])
    capsys.readouterr()
    assert listed(mila) == []
    assert '"RecordUnreadable":[1.0]' in capsys.readouterr().out
