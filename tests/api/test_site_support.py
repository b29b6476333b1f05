"""A message to us on the site, without a script, until it is answered by mail (USE-10, ADR 100)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.cases import support
from tests.support.pages.visitor import Visitor
from tests.support.world.operators import Operator
from tests.support.world.world import World

SEND, CONTINUE, ADDRESS = "Send me a code", "Continue", "writer@example.com"


@pytest.fixture
def visitor(world: World) -> Visitor:
    return Visitor(world).opens("/privacy/support")


@pytest.mark.promise("USE-10")
def test_message_is_received_by_a_code_to_the_mailbox(visitor: Visitor, alice: Operator) -> None:
    visitor.presses(SEND, email=ADDRESS, text="Where are my contacts?")
    visitor.presses(CONTINUE, code=visitor.world.code_mailed_to(ADDRESS))
    assert "We have your message" in visitor.shown
    (listed,) = support.calls(alice, "GET").json["items"]
    assert listed["status"] == "open"


@pytest.mark.promise("USE-10")
def test_new_code_is_for_the_message_that_was_typed(visitor: Visitor, world: World) -> None:
    visitor.presses(SEND, email=ADDRESS, text="Where are my contacts?")
    world.advance(timedelta(minutes=11))
    visitor.presses(CONTINUE, code=world.code_mailed_to(ADDRESS))
    assert "This code can no longer be used" in visitor.shown
    visitor.presses("Send a new code").presses(CONTINUE, code=world.code_mailed_to(ADDRESS))
    assert "We have your message" in visitor.shown


@pytest.mark.parametrize(("email", "text", "field"), [("", "Hello", "email"), (ADDRESS, "  ", "text")])
def test_mistake_stands_beside_its_field_and_nothing_typed_is_lost(
    visitor: Visitor, email: str, text: str, field: str
) -> None:
    visitor.presses(SEND, email=email, text=text)
    assert visitor.status == 422
    assert visitor.reply
    assert f'id="{field}-mistake"' in visitor.reply.text
    assert (visitor.field("email"), visitor.field("text")) == (email, text.strip())
