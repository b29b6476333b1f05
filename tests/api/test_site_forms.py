"""Every right on the site, without a script: from the page of the right to the receipt (RGT-11, ADR 99)."""

from __future__ import annotations

import pytest

from tests.support.pages.visitor import Visitor
from tests.support.world.builders import a_phone
from tests.support.world.world import World

SEND, CONTINUE = "Send me a code", "Continue"


@pytest.fixture
def visitor(world: World) -> Visitor:
    return Visitor(world)


@pytest.mark.promise("RGT-11")
def test_person_without_an_account_asks_for_a_copy(visitor: Visitor) -> None:
    phone = a_phone()
    visitor.opens("/privacy/rights/access").presses(SEND, contact=phone)
    visitor.presses(CONTINUE, code=visitor.world.code_for(phone))
    assert "We are working on your request." in visitor.shown
    assert "Your receipt" in visitor.shown
