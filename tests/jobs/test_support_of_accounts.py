"""A message to our support belongs to the account that has its mailbox: copy, hold and erasure (USE-10)."""

from __future__ import annotations

import pytest

from tests.support.cases.copies import a_copy
from tests.support.cases.erasure_parts import erase
from tests.support.cases.support import TEXT, answers, calls, mailed_to, writes
from tests.support.clouds import cloud
from tests.support.world.operators import Operator
from tests.support.world.world import User, World

MAILBOX = "mila@example.com"


@pytest.fixture
def mila(world: World) -> User:
    user = world.a_user()
    user.has_had_email(MAILBOX)
    return user


@pytest.mark.promise("USE-10", "RGT-1")
def test_copy_has_message_and_answer_and_no_staff(world: World, mila: User, alice: Operator) -> None:
    answers(alice, writes(world, MAILBOX))
    package = a_copy(mila.is_stepped_up())
    (record,) = package.records("support_message")
    assert (record["text"], record["answer"]) == (TEXT, "Please update the app.")
    assert alice.staff_id not in "\n".join(package.text(name) for name in package.names)


@pytest.mark.promise("USE-10", "RGT-3")
def test_erasure_deletes_the_messages_of_the_account_alone(world: World, mila: User, alice: Operator) -> None:
    message, other = writes(world, MAILBOX), writes(world)
    answers(alice, message)
    erase(mila)
    assert [one["id"] for one in calls(alice, "GET").json["items"]] == [other]
    assert calls(alice, "GET", f"/{message}").status == 404
    assert mailed_to(MAILBOX) == []


def test_message_stays_with_the_account_that_had_its_mailbox(world: World, mila: User) -> None:
    writes(world, MAILBOX)
    mila.is_stepped_up().has_had_email("other@example.com")
    (item,) = cloud.records("support_message")
    assert item["pk"]["S"] == f"A#{mila.account_id}"
