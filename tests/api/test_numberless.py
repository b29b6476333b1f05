"""Tests of an account without a number: the number that it had belongs to another person (ACC-1, ADR 68)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from tests.support.cases.guests import requests
from tests.support.cases.recycled import loses_number
from tests.support.clouds import cloud
from tests.support.world.builders import a_device, a_phone
from tests.support.world.world import Reply, User, World

ADDRESS = "mila@test.example"


@pytest.fixture
def numberless(world: World) -> User:
    """Return a user with a mailbox, whose number was taken off the account."""
    user = world.a_user()
    user.has_had_email(ADDRESS)
    loses_number(user)
    return user


@pytest.mark.promise("ACC-1")
def test_number_opens_a_new_account_once_it_was_taken_off(numberless: User) -> None:
    newcomer = numberless.world.a_user(numberless.phone, a_device())
    assert newcomer.verified["new_account"] is True
    assert newcomer.account_id != numberless.account_id


def test_owner_keeps_the_session_and_sees_no_number(numberless: User) -> None:
    assert "phone" not in numberless.profile()
    assert numberless.mints_a_chat_token().status == 200


def test_no_text_is_sent_to_the_number_that_was_taken_off(numberless: User) -> None:
    before = len(numberless.world.sent_messages())
    assert numberless.asks_to_step_up().json["channel"] == "email"
    assert numberless.exercises("restriction", ground="a").status in {201, 202}
    assert len(numberless.world.sent_messages()) == before


def steps_up_by_mail(user: User) -> User:
    challenge = user.asks_to_step_up().json["challenge_id"]
    answer = user.steps_up_with(challenge, user.world.code_mailed_to(ADDRESS))
    user.verified["session"] |= answer.json["session"]
    return user


def signs_in_by_mail(world: World, mailbox: str = ADDRESS, device: dict[str, Any] | None = None) -> Reply:
    device = device or a_device()
    asked = world.call("POST", "/v1/signup", body={"email": mailbox, "device": device})
    assert asked.status == 202, asked.text
    return world.verifies(
        asked.json["challenge_id"], world.code_mailed_to(mailbox), device_id=device["device_id"]
    )


@pytest.mark.promise("ACC-1")
def test_owner_proves_a_new_number_after_a_step_up_by_mail(numberless: User) -> None:
    world, phone = numberless.world, a_phone()
    asked = steps_up_by_mail(numberless).asks_for_number(phone)
    assert numberless.verifies_number(asked.json["challenge_id"], world.code_for(phone)).status == 200
    assert numberless.profile()["phone"] == phone
    assert world.a_user(phone).user_id == numberless.user_id
    assert numberless.asks_to_step_up().json["channel"] == "sms"


@pytest.mark.promise("RGT-11")
def test_sign_in_by_mail_makes_no_second_proof_of_a_known_device(world: World) -> None:
    device = a_device(device_id=str(uuid.uuid4()))
    mila = world.a_user(device=device)
    mila.has_email(ADDRESS)
    loses_number(mila)
    world.advance(timedelta(days=30))
    assert signs_in_by_mail(world, device=device).status == 200
    made = requests(world, email=ADDRESS, device_id=device["device_id"]).json
    assert (made["status"], made["identity"]["proofs"]) == ("awaiting_verification", ["mailbox"])


@pytest.mark.promise("ACC-1")
def test_number_of_another_account_stays_there(numberless: User) -> None:
    vera = numberless.world.a_user(numberless.phone)
    asked = steps_up_by_mail(numberless).asks_for_number(vera.phone)
    answer = numberless.verifies_number(asked.json["challenge_id"], numberless.world.code_for(vera.phone))
    assert answer.problem == "number_taken"
    assert vera.profile()["phone"] == vera.phone


def test_account_without_number_and_mailbox_cannot_step_up(numberless: User) -> None:
    steps_up_by_mail(numberless)
    assert numberless.changes(email=None).status == 200
    assert numberless.asks_to_step_up().problem == "sms_unavailable"


def test_code_to_a_mailbox_that_was_removed_steps_up_nothing(numberless: User) -> None:
    steps_up_by_mail(numberless)
    asked = numberless.asks_to_step_up().json["challenge_id"]
    code = numberless.world.code_mailed_to(ADDRESS)
    assert numberless.changes(email=None).status == 200
    assert numberless.steps_up_with(asked, code).problem == "challenge_expired"


@pytest.mark.promise("ACC-1")
def test_mailbox_opens_an_account_without_a_number(numberless: User) -> None:
    answer = signs_in_by_mail(numberless.world)
    assert (answer.status, answer.json["new_account"]) == (200, False)
    assert answer.json["user_id"] == numberless.user_id
    assert answer.json["session"]["scope"] == "full"


@pytest.mark.promise("ACC-1")
@pytest.mark.parametrize("mailbox", ["vera@test.example", "unknown@test.example"])
def test_mailbox_opens_no_account_with_a_number_and_creates_none(world: World, mailbox: str) -> None:
    world.a_user().has_email("vera@test.example")
    before = cloud.records("account"), cloud.records("session")
    assert signs_in_by_mail(world, mailbox).problem == "not_found"
    assert (cloud.records("account"), cloud.records("session")) == before


def test_sign_in_names_either_a_number_or_a_mailbox(world: World) -> None:
    for body in ({}, {"phone": a_phone(), "email": ADDRESS}):
        answer = world.call("POST", "/v1/signup", body={"device": a_device(), **body})
        assert [error["code"] for error in answer.json["errors"]] == ["one_contact"]


@pytest.mark.promise("ACC-1")
def test_mailbox_of_less_than_seven_days_steps_up_and_opens_nothing(world: World) -> None:
    user = world.a_user()
    user.has_email(ADDRESS)
    loses_number(user)
    assert user.asks_to_step_up().problem == "sms_unavailable"
    assert signs_in_by_mail(world).problem == "not_found"
    world.advance(timedelta(days=7))
    assert signs_in_by_mail(world).json["user_id"] == user.user_id
