"""Tests the announcement of an extension: by at most one mail, and always in the app."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from chalicelib.core import chain
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.engine import engine
from chalicelib.rights.jobs import worker_for
from chalicelib.rights.request import declaration, evidence
from chalicelib.rights.request.evidence import history_of
from chalicelib.rights.request.terms import Destination, Right
from tests.support.clouds import cloud
from tests.support.patches import failing_at
from tests.support.world.builders import an_address
from tests.support.world.world import User, World

pytestmark = pytest.mark.proof  # takes long


@pytest.fixture(autouse=True)
def _a_short_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    short = replace(declaration.of(Right.ACCESS), steps=(declaration.PIN,))
    monkeypatch.setitem(cast("dict[Right, Any]", declaration.declared()), Right.ACCESS, short)


def advance(request_id: str) -> None:
    engine.advance(RightsRequestId(request_id), worker_for(Destination.WORK))


def an_extended_request(world: World, address: str | None) -> tuple[User, str]:
    mila = world.a_user().is_stepped_up()
    if address:
        mila.has_email(address)
    request_id = str(mila.exercises("access").json["rights_request_id"])
    world.an_operator("alice").extends(request_id, 60)
    return mila, request_id


def announced(request_id: str) -> list[dict[str, Any]]:
    entries = chain.entries(history_of(RightsRequestId(request_id)))
    return [entry.data for entry in entries if entry.event == "extension_announced"]


@pytest.mark.promise("RGT-10")
def test_extension_is_mailed_once_with_its_day_and_without_its_reason(world: World) -> None:
    address = an_address()
    mila, request_id = an_extended_request(world, address)
    before = len(cloud.mails_to(address))
    for _ in range(3):
        advance(request_id)
    (mail,) = cloud.mails_to(address)[before:]
    assert "22 February 2027" in mail
    assert "Complexity" not in mail
    assert announced(request_id) == [{"by": "engine", "announced_by_mail": 1}]
    assert mila.request(request_id)["extended"]["reason"] == "JustificationA12Complexity"


@pytest.mark.promise("RGT-10")
def test_mail_names_the_day_on_which_a_letter_was_received(world: World) -> None:
    mila, alice, address = world.a_user(), world.an_operator("alice"), an_address()
    mila.has_email(address)
    request_id = str(alice.enters(mila.user_id, on="2026-11-20").json["rights_request_id"])
    alice.extends(request_id, 60)
    before = len(cloud.mails_to(address))
    for _ in range(3):
        advance(request_id)
    (mail,) = cloud.mails_to(address)[before:]
    assert "20 November 2026" in mail
    assert "19 November 2026" not in mail


@pytest.mark.promise("RGT-10")
def test_extension_is_announced_in_the_app_without_an_address(world: World) -> None:
    _, request_id = an_extended_request(world, None)
    advance(request_id)
    assert announced(request_id) == [{"by": "engine", "announced_in_app": 1}]


def test_extension_sends_a_message_to_the_worker_at_once(world: World) -> None:
    _, request_id = an_extended_request(world, None)
    assert cloud.queued() == [request_id, request_id]


@pytest.mark.promise("RGT-10")
def test_extension_is_announced_in_the_app_while_mail_is_unavailable(world: World) -> None:
    _, request_id = an_extended_request(world, an_address())
    down = EndpointConnectionError(endpoint_url="https://email")
    with cloud.failing("sesv2", "SendEmail", down):
        advance(request_id)
    assert announced(request_id) == [{"by": "engine", "announced_in_app": 1}]


@pytest.mark.promise("RGT-10")
def test_mail_that_may_have_been_sent_is_not_sent_again(world: World) -> None:
    address = an_address()
    _, request_id = an_extended_request(world, address)
    before = len(cloud.mails_to(address))
    with cloud.failing("sesv2", "SendEmail", ReadTimeoutError(endpoint_url="https://email"), moment="after"):
        advance(request_id)
    advance(request_id)
    assert len(cloud.mails_to(address)) == before + 1
    assert announced(request_id) == [{"by": "engine", "announced_in_app": 1}]


@pytest.mark.promise("RGT-10")
def test_no_second_mail_is_sent_after_the_worker_was_killed_after_the_mail(world: World) -> None:
    address = an_address()
    _, request_id = an_extended_request(world, address)
    before = len(cloud.mails_to(address))
    with failing_at(evidence, "entry", SystemExit), pytest.raises(SystemExit):
        advance(request_id)
    world.advance(timedelta(minutes=16))
    advance(request_id)
    assert len(cloud.mails_to(address)) == before + 1
    assert announced(request_id) == [{"by": "engine", "announced_in_app": 1}]
