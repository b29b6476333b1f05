"""Tests reported messages for which Stream always fails: they stop no other, and end (SAF-1, ADR 114)."""

from __future__ import annotations

import pytest

from chalicelib.core.clock import DAY, MINUTE
from chalicelib.privacy.purposes import Practice
from chalicelib.safety.reports.model import MessageCopy
from infra.stream_emulator import Emulator
from tests.support.cases.abuse import (
    FACTS,
    decides,
    reports_message,
    says,
    stored_decision,
    stored_report,
    work,
)
from tests.support.stream.conversations import some_contacts
from tests.support.world.operators import Operator
from tests.support.world.practices import describe
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("SAF-1")

MESSAGES = ("m-1", "m-2", "m-3", "m-4")
FAILING = "^/messages/m-[12]"  # as many as end a try, and the first ones


@pytest.fixture
def two(world: World, stream: Emulator) -> list[User]:
    """Return two contacts."""
    describe(Practice.REPORTING)
    return some_contacts(world, 2)


@pytest.fixture
def talk(two: list[User]) -> str:
    """Return a conversation with four messages of the one who is reported."""
    mila, jovan = two
    talk = str(mila.opens(jovan).json["conversation_id"])
    for message in MESSAGES:
        says(jovan, talk, message)
    return talk


def reported(two: list[User], talk: str) -> str:
    """Report the four messages."""
    mila, jovan = two
    return str(reports_message(mila, jovan, talk, *MESSAGES)["abuse_report_id"])


def states(report: str) -> list[MessageCopy]:
    return [one.state for one in stored_report(report).messages]


def test_messages_after_two_that_fail_are_copied(
    world: World, two: list[User], talk: str, stream: Emulator
) -> None:
    stream.fault(path=FAILING, status=500, times=1000)
    report = reported(two, talk)
    for _ in MESSAGES:
        work()
        world.advance(15 * MINUTE)
    assert states(report) == [MessageCopy.WAITING] * 2 + [MessageCopy.COPIED] * 2


def test_message_that_could_not_be_copied_for_a_week_is_given_up(
    world: World, two: list[User], talk: str, stream: Emulator
) -> None:
    stream.fault(path=FAILING, status=500, times=1000)
    report = reported(two, talk)
    work()
    world.advance(7 * DAY)
    work()
    assert MessageCopy.NOT_AVAILABLE not in states(report)
    world.advance(15 * MINUTE)
    work()
    assert states(report) == [MessageCopy.NOT_AVAILABLE] * 2 + [MessageCopy.COPIED] * 2
    assert stored_report(report).work.due_at is None


def test_messages_after_two_that_fail_are_removed(
    world: World, two: list[User], talk: str, alice: Operator, stream: Emulator
) -> None:
    report = reported(two, talk)
    removal = {"rule": "harassment", "measures": ["remove_messages"], "facts": FACTS}
    decision = decides(alice, report, **removal, message_ids=list(MESSAGES)).json["id"]
    stream.fault(path=FAILING, status=500, times=1000)
    for _ in MESSAGES:
        work()
        world.advance(15 * MINUTE)
    left = stream.state()["channels"][f"messaging:{talk}"]["messages"]
    assert [one["id"] for one in left] == ["m-1", "m-2"]
    assert stored_decision(decision).carried_out == ()
