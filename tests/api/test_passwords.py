"""Tests of setting and removing username and password (ACC-3, ADR 106)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from argon2 import PasswordHasher

from chalicelib.accounts.passwords.service import HASH
from chalicelib.accounts.profiles import service as profiles
from chalicelib.core import needs, slow_hashes, table
from chalicelib.core.ids import AccountId
from chalicelib.privacy.subject_keys import DATA_KEY
from tests.support.cases.erasure_parts import erase
from tests.support.cases.logins import (
    MAILBOX,
    NAME,
    PASSWORD,
    logs_in,
    mila_with_password,
    removes_password,
    sets_password,
    stepped_up,
)
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.world.limits import allow
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("ACC-3")


@pytest.fixture
def mila(world: World) -> User:
    return world.begin(mila_with_password)


def fault(reply: Any) -> tuple[str, str]:
    (error,) = reply.json["errors"]
    return error["pointer"], error["code"]


def claims() -> list[dict[str, Any]]:
    return [claim for claim in cloud.records("claim") if claim["pk"]["S"].startswith("username#")]


def test_owner_sees_the_username_as_typed_and_no_one_else_sees_it(mila: User) -> None:
    assert sets_password(mila, username="Mila.Petrovic").status == 204
    assert mila.profile()["username"] == "Mila.Petrovic"
    seen = mila.world.a_user().gets(f"/v1/users/{mila.user_id}")
    assert seen.status == 200
    assert "etrovic" not in seen.text


def test_account_without_a_choice_has_neither_name_nor_secret(world: World) -> None:
    assert "username" not in world.a_user().profile()
    assert not cloud.records("chosen_secret")


def test_password_is_nowhere_in_clear(mila: User) -> None:
    everything = json.dumps(cloud.all_items(), default=str) + mila.world.log.getvalue()
    assert PASSWORD not in everything
    assert NAME not in everything


def test_same_password_again_changes_nothing_but_ends_a_wait(mila: User) -> None:
    mails = len(mila.world.mails_to(MAILBOX))
    assert sets_password(mila).status == 204
    assert len(mila.world.mails_to(MAILBOX)) == mails
    for _ in range(4):
        logs_in(mila.world, password="wrong otters")
    assert logs_in(mila.world).status == 429
    assert sets_password(mila).status == 204
    assert logs_in(mila.world).status == 200


def test_first_password_needs_a_username(world: World) -> None:
    refused = sets_password(world.a_user(), username=None)
    assert (refused.status, fault(refused)) == (400, ("/username", "missing"))


def test_password_alone_can_be_changed(mila: User) -> None:
    assert sets_password(mila, "osam vidri pliva", username=None).status == 204
    assert mila.profile()["username"] == NAME
    assert logs_in(mila.world, password=PASSWORD).status == 401
    assert logs_in(mila.world, password="osam vidri pliva").status == 200


def test_refused_name_or_password_is_named_without_its_value(mila: User) -> None:
    name = sets_password(mila, username="\u0430dmin")
    assert (name.status, fault(name)) == (400, ("/username", "malformed"))
    assert fault(sets_password(mila, username="Admin")) == ("/username", "reserved")
    assert fault(sets_password(mila, "lozinka123")) == ("/password", "too_common")
    assert fault(sets_password(mila, "x" * 10_000)) == ("/password", "too_long")
    assert sets_password(mila, f"moj {NAME} 1").json["errors"][0]["code"] == "contains_username"


def test_setting_needs_a_stepped_up_session(world: World) -> None:
    body = {"username": NAME, "password": PASSWORD}
    assert world.a_user().calls("PUT", "/v1/profile/password", body=body).problem == "step_up_required"


@pytest.mark.parametrize("change", [lambda user: sets_password(user, "osam vidri pliva"), removes_password])
def test_session_that_ends_while_it_changes_a_password_changes_none(mila: User, change: Any) -> None:
    stepped_up(mila)
    (before,) = cloud.records("chosen_secret")
    just_before(table, "transact", mila.logs_out)
    assert change(mila).problem == "session_ended"
    assert cloud.records("chosen_secret") == [before]


@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_frozen_or_restricted_account_sets_no_password(world: World, state: str) -> None:
    user = world.a_user().is_stepped_up()
    world.set_state(user, state)
    body = {"username": NAME, "password": PASSWORD}
    assert user.calls("PUT", "/v1/profile/password", body=body).status == 403


def test_name_that_reads_like_another_is_taken(mila: User) -> None:
    other = mila.world.a_user()
    assert sets_password(other, username="MI1A.petrovic").problem == "username_taken"
    assert "username" not in other.profile()


def test_two_requests_at_a_time_give_a_name_to_one_account(world: World) -> None:
    one, other = stepped_up(world.a_user()), stepped_up(world.a_user())
    first = just_before(table, "transact", lambda: sets_password(one))
    assert sets_password(other).problem == "username_taken"
    assert first[0].status == 204
    assert len(claims()) == 1


def test_probing_of_names_is_limited(world: World) -> None:
    allow(secret_changes_day=2)
    user = world.a_user().is_stepped_up()
    replies = [sets_password(user) for _ in range(3)]
    assert [reply.status for reply in replies] == [204, 204, 429]
    assert replies[2].json["limit"] == "secret_changes"


def test_former_name_is_free_for_others_at_once(mila: User) -> None:
    assert sets_password(mila, username="vidra").status == 204
    assert sets_password(mila.world.a_user()).status == 204


def test_every_change_is_mailed_and_on_record(mila: User) -> None:
    before = len(mila.world.mails_to(MAILBOX))
    sets_password(mila, "osam vidri pliva")
    removes_password(mila)
    mails = mila.world.mails_to(MAILBOX)[before:]
    assert [("being set" in mail, "being removed" in mail) for mail in mails] == [
        (True, False),
        (False, True),
    ]
    events = {event["event"]["S"] for event in cloud.records("security_event")}
    assert {"password_set", "password_removed"} <= events


def test_removal_leaves_no_name_no_claim_and_no_hash(mila: User) -> None:
    assert removes_password(mila).status == 204
    assert "username" not in mila.profile()
    assert not cloud.records("chosen_secret")
    assert not claims()
    assert removes_password(mila).problem == "not_found"
    assert logs_in(mila.world).status == 202


def test_erasure_releases_the_name_for_another_account(mila: User) -> None:
    erase(mila)
    (claim,) = claims()
    assert "account_id" not in claim
    assert sets_password(mila.world.a_user()).status == 204


def test_username_follows_the_lookup_key(mila: User) -> None:
    cloud.rotate_keys("lookup")
    assert profiles.rekey_claims([AccountId(mila.account_id)]) == 4
    assert logs_in(mila.world).status == 200


def stored_hash(user: User) -> tuple[str, str]:
    (row,) = needs.read_accounts([AccountId(user.account_id)], (HASH, DATA_KEY))
    secret = row[HASH]
    assert secret
    return secret.pepper, secret.hash


def test_new_parameters_or_a_new_pepper_hash_the_password_anew_at_the_next_login(
    mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stored_hash(mila)
    assert logs_in(mila.world).status == 200
    assert stored_hash(mila) == first
    cloud.rotate_keys("peppers")
    assert logs_in(mila.world).status == 200
    pepper, hashed = stored_hash(mila)
    assert (first[0], pepper) == ("1", "2")
    monkeypatch.setattr(slow_hashes, "_HASHER", PasswordHasher(time_cost=1, memory_cost=1024))
    assert logs_in(mila.world).status == 200
    assert ("m=1024" in hashed, "m=1024" in stored_hash(mila)[1]) == (False, True)
    assert logs_in(mila.world, password="another").status == 401
