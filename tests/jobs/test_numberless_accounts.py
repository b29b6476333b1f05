"""Jobs treat an account without a number like any other (ACC-1, ADR 68)."""

from __future__ import annotations

import pytest

from chalicelib.rights.request.terms import Status
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure, at_step, stored_about, work
from tests.support.cases.recycled import loses_number
from tests.support.world.builders import a_device
from tests.support.world.world import World

pytestmark = pytest.mark.usefixtures("services")


@pytest.mark.promise("ACC-1", "RGT-3")
def test_account_that_lost_its_number_is_erased_and_the_new_one_stays(world: World) -> None:
    mila = a_subject(world)
    request_id = asks_for_erasure(mila)
    work(world, request_id, at_step("grace"))
    loses_number(mila)
    vera = world.a_user(mila.phone, a_device())
    texts = len(world.messages_to(mila.phone))
    assert work(world, request_id).status is Status.COMPLETED
    assert stored_about(mila) == []
    assert len(world.messages_to(mila.phone)) == texts
    assert world.a_user(mila.phone, a_device()).user_id == vera.user_id
