"""Names that others see are refused if they insult people; what people write is not looked at (ADR 120)."""

from typing import Any

import pytest

from tests.support.cases.logins import sets_password
from tests.support.world.builders import a_phone
from tests.support.world.world import Reply, User, World

INSULT = "Kurva"


def is_refused(reply: Reply, pointer: str) -> bool:
    """Whether a name is refused by its place, without being repeated."""
    (fault,) = reply.json["errors"]
    assert INSULT not in reply.text
    return (reply.status, fault["pointer"], fault["code"]) == (400, pointer, "insulting")


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user()


def test_display_name_is_refused_at_the_sign_up_and_costs_no_attempt(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    code = world.code_for(phone)
    assert is_refused(world.verifies(challenge, code, display_name=INSULT), "/display_name")
    assert world.verifies(challenge, code, display_name="Mila").status == 201


def test_display_name_is_refused_in_a_change_of_the_profile(mila: User) -> None:
    before = mila.profile()
    assert is_refused(mila.changes(display_name=INSULT), "/display_name")
    assert mila.profile() == before


def test_username_is_refused(mila: User) -> None:
    mila.has_email("mila@example.com")
    assert is_refused(sets_password(mila.is_stepped_up(), username="kurva.99"), "/username")


@pytest.mark.usefixtures("stream")
def test_name_of_a_group_is_refused_when_it_is_opened_and_when_it_is_renamed(
    world: World, mila: User
) -> None:
    others = [world.a_user(), world.a_user()]
    mila.meets(*others)
    assert is_refused(mila.opens(*others, name=INSULT), "/name")
    made: dict[str, Any] = mila.opens(*others, name="Trip").json
    assert is_refused(mila.renames(made["conversation_id"], INSULT), "/name")


def test_name_that_nobody_else_sees_is_not_looked_at(mila: User) -> None:
    assert mila.changes(name=INSULT, employer="Kurva d.o.o.").status == 200


def test_name_that_was_stored_before_can_still_be_read_and_the_profile_changed(
    mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr("chalicelib.core.insults.is_insulting", lambda _: False)
        assert mila.changes(display_name=INSULT).status == 200
    assert mila.profile()["display_name"] == INSULT
    assert mila.changes(country="RS").status == 200
