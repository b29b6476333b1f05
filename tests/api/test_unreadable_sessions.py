"""An unreadable session hides no other device, and ends with the others."""

import pytest

from chalicelib.core.table import Table
from tests.support.cases.copies import damage
from tests.support.clouds import cloud
from tests.support.world.world import User, World


def break_session(user: User) -> None:
    """Alter a session so that its record class refuses it."""
    place = f"session#{user.session['session_id']}"
    damage(Table.ACCOUNTS, f"A#{user.account_id}", place, created_at="no time", sealed=b"x" * 60)


def test_unreadable_session_is_left_out_of_the_list_of_devices(world: World) -> None:
    phone = world.a_user()
    tablet = world.a_user(phone.phone)
    break_session(tablet)
    reply = phone.gets("/v1/sessions")
    assert reply.status == 200
    assert [session["session_id"] for session in reply.json["items"]] == [phone.session["session_id"]]


@pytest.mark.promise("ACC-5")
def test_unreadable_session_ends_with_all_others(world: World) -> None:
    phone = world.a_user()
    tablet = world.a_user(phone.phone)
    break_session(tablet)
    assert phone.calls("DELETE", "/v1/sessions").status == 204
    assert cloud.records("session") == []
