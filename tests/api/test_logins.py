"""Tests of logins by username and password: a stolen password alone opens nothing (ACC-3, ADR 106)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.accounts import service as accounts
from chalicelib.accounts.secrets import store
from chalicelib.core import slow_hashes, table
from chalicelib.core.transactions import commit
from tests.support.cases.erasure_parts import freeze_and_end, freeze_of, stored_account
from tests.support.cases.logins import (
    DEVICE,
    MAILBOX,
    PASSWORD,
    PHONE,
    logs_in,
    mila_with_password,
    removes_password,
    sets_password,
    shape,
    stepped_up,
    tries,
)
from tests.support.cases.recycled import loses_number
from tests.support.clouds import cloud
from tests.support.clouds.cloud import Calls, failing
from tests.support.faults.races import just_before
from tests.support.world.builders import a_device, a_phone, other_than
from tests.support.world.limits import allow, configure
from tests.support.world.world import Reply, User, World

pytestmark = pytest.mark.promise("ACC-3")


@pytest.fixture
def mila(world: World) -> User:
    return world.begin(mila_with_password)


def verifies(world: World, asked: Reply, code: str, device: dict[str, Any]) -> Reply:
    return world.verifies(asked.json["challenge_id"], code, device_id=device["device_id"])


def texts(world: World) -> int:
    return len(world.sent_messages())


def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each slow hash from now on."""
    made: list[str] = []
    for name in ("hashed", "matches"):
        original = getattr(slow_hashes, name)

        def noting(*given: Any, _original: Any = original, _name: str = name) -> Any:
            made.append(_name)
            return _original(*given)

        monkeypatch.setattr(slow_hashes, name, noting)
    return made


# A device that the account knows


def test_known_device_gets_a_session_of_its_own(mila: User) -> None:
    before = texts(mila.world)
    reply = logs_in(mila.world, name="MI1A.petrovic")
    assert (reply.status, reply.json["user_id"]) == (200, mila.user_id)
    mila.verified["session"] = reply.json["session"]
    assert mila.gets("/v1/profile").status == 200
    assert texts(mila.world) == before


def test_login_accepts_no_terms_and_announces_no_new_device(mila: User) -> None:
    acceptances, mails = cloud.records("acceptance"), mila.world.mails_to(MAILBOX)
    assert logs_in(mila.world).status == 200
    assert cloud.records("acceptance") == acceptances
    assert mila.world.mails_to(MAILBOX) == mails


def test_wrong_password_on_a_known_device_is_counted_and_then_waits(mila: User) -> None:
    replies = [logs_in(mila.world, password="wrong otters") for _ in range(4)]
    assert [reply.problem for reply in replies] == ["wrong_credentials"] * 4
    assert [reply.json["free_tries_left"] for reply in replies] == [2, 1, 0, 0]
    waits = logs_in(mila.world)  # the right one waits too
    assert (waits.problem, waits.json["retry_after"]) == ("too_many_tries", 60)
    mila.world.advance(timedelta(minutes=1))
    assert logs_in(mila.world).status == 200
    assert tries(mila) == 0


def test_parallel_logins_on_a_known_device_are_each_counted(mila: User) -> None:
    others = just_before(store, "count", lambda: logs_in(mila.world, password="wrong 1"))
    assert logs_in(mila.world, password="wrong 2").status == 401
    assert [other.status for other in others] == [401]
    assert tries(mila) == 2


def test_password_that_changes_or_goes_during_a_login_opens_nothing(mila: User) -> None:
    stepped_up(mila)
    just_before(table, "transact", lambda: sets_password(mila, "osam vidri pliva"))
    assert logs_in(mila.world).problem == "wrong_credentials"
    just_before(table, "transact", lambda: removes_password(mila))
    assert logs_in(mila.world, password="osam vidri pliva").status == 202


def test_stolen_phone_that_was_signed_out_is_no_known_device(mila: User) -> None:
    other = mila.world.a_user(PHONE)
    mila.world.advance(timedelta(seconds=5))
    assert other.calls("DELETE", f"/v1/sessions/{mila.session['session_id']}").status == 204
    assert logs_in(mila.world).status == 202


def test_device_that_signed_itself_out_logs_in_again(mila: User) -> None:
    mila.world.advance(timedelta(seconds=5))
    assert mila.calls("DELETE", f"/v1/sessions/{mila.session['session_id']}").status == 204
    mila.world.advance(timedelta(seconds=5))
    assert logs_in(mila.world).status == 200


# Any other device


def test_unknown_device_with_the_password_needs_the_code_of_the_number(mila: User) -> None:
    device = a_device()
    asked = logs_in(mila.world, device)
    assert (asked.status, asked.json["channel"]) == (202, "sms")
    code = mila.world.code_for(PHONE)
    assert verifies(mila.world, asked, other_than(code), device).problem == "wrong_code"
    opened = verifies(mila.world, asked, code, device)
    assert (opened.status, opened.json["user_id"]) == (200, mila.user_id)
    assert "not used before" in mila.world.mails_to(MAILBOX)[-1]


@pytest.mark.parametrize("tried", [{"password": "wrong otters"}, {"name": "unknown"}])
def test_stranger_cannot_distinguish_right_wrong_and_unknown(
    mila: User, monkeypatch: pytest.MonkeyPatch, tried: dict[str, str]
) -> None:
    mila.world.asks_for_a_code(a_phone())  # reads keys and the history of codes, as once a minute
    made, before = hashes(monkeypatch), texts(mila.world)
    with cloud.counted() as for_wrong:
        wrong = logs_in(mila.world, a_device(), **tried)
    assert (texts(mila.world), len(made)) == (before, 1)
    with cloud.counted() as for_right:
        right = logs_in(mila.world, a_device())
    assert (texts(mila.world), len(made)) == (before + 1, 2)
    assert shape(wrong) == shape(right)
    assert reads(for_wrong) == reads(for_right) == 2


def reads(calls: Calls) -> int:
    return calls.tables.get("BatchGetItem", 0) + calls.tables.get("GetItem", 0)


@pytest.mark.parametrize("tried", [{"password": "wrong otters"}, {"name": "unknown"}])
def test_code_that_was_never_sent_is_accepted_from_no_guess(
    mila: User, monkeypatch: pytest.MonkeyPatch, tried: dict[str, str]
) -> None:
    device = a_device()
    asked = logs_in(mila.world, device, **tried)
    monkeypatch.setattr("chalicelib.accounts.challenges.service.code", lambda _: "123456")
    answer = verifies(mila.world, asked, "123456", device)
    assert (answer.problem, answer.json["attempts_left"]) == ("wrong_code", 4)
    assert len(cloud.records("session")) == 1


def limits_used_up(mila: User) -> None:
    allow(codes_per_number_day=1)


def texts_off(mila: User) -> None:
    configure(SMS_ROUTES_OFF="RS")


def country_not_served(mila: User) -> None:
    configure(SMS_COUNTRIES="DE")


@pytest.mark.parametrize("refuse", [limits_used_up, texts_off, country_not_served])
def test_refused_code_of_a_right_password_looks_like_a_wrong_one(mila: User, refuse: Any) -> None:
    refuse(mila)
    before = texts(mila.world)
    right, wrong = logs_in(mila.world, a_device()), logs_in(mila.world, a_device(), password="wrong otters")
    assert texts(mila.world) == before
    assert shape(right) == shape(wrong)
    for one in (right, wrong):
        guess = mila.world.verifies(one.json["challenge_id"], "000000")
        assert (guess.problem, guess.json["attempts_left"]) == ("wrong_code", 4)


def test_text_that_sns_refuses_looks_like_a_wrong_password(mila: User) -> None:
    with failing("sns", "Publish", EndpointConnectionError(endpoint_url="https://sns")):
        right = logs_in(mila.world, a_device())
    assert shape(right) == shape(logs_in(mila.world, a_device(), name="unknown"))
    assert mila.world.verifies(right.json["challenge_id"], "000000").problem == "wrong_code"


@pytest.mark.parametrize("tried", [{}, {"password": "wrong otters"}, {"name": "unknown"}])
def test_code_of_a_login_is_never_sent_again(mila: User, tried: dict[str, str]) -> None:
    asked = logs_in(mila.world, a_device(), **tried)
    assert asked.json["resend_at"] == asked.json["expires_at"]
    mila.world.advance(timedelta(minutes=2))
    path = f"/v1/signup/{asked.json['challenge_id']}/resend"
    assert mila.world.call("POST", path).problem == "challenge_expired"


def test_strangers_make_no_owner_wait_and_are_limited_per_name(mila: User) -> None:
    replies = [logs_in(mila.world, a_device(), password=f"guess {n}") for n in range(11)]
    assert [reply.status for reply in replies] == [202] * 10 + [429]
    assert replies[10].json["limit"] == "logins_per_name"
    assert tries(mila) == 0
    assert logs_in(mila.world).status == 200
    unknown = [logs_in(mila.world, a_device(), name="unknown") for _ in range(11)]
    assert [reply.status for reply in unknown] == [202] * 10 + [429]


def test_flood_from_an_address_buys_no_hashes(mila: User, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(logins_per_address=2, logins_per_name_day=50)
    made = hashes(monkeypatch)
    replies = [logs_in(mila.world, a_device(), name=f"name{n}") for n in range(4)]
    assert [reply.status for reply in replies] == [202, 202, 429, 429]
    assert replies[3].json["limit"] == "logins_per_address"
    assert len(made) == 2
    assert logs_in(mila.world, address="198.51.100.9").status == 200


@pytest.mark.parametrize(
    "body",
    [{"password": "x" * 10_000}, {"password": ""}, {"password": "a\x00bcdefgh"}, {"username": "x" * 65}],
)
def test_oversized_or_broken_login_is_refused_before_a_hash(
    world: World, monkeypatch: pytest.MonkeyPatch, body: dict[str, str]
) -> None:
    made = hashes(monkeypatch)
    sent = {"username": "mila", "password": PASSWORD, "device": a_device(), **body}
    assert world.call("POST", "/v1/login", body=sent).status == 400
    assert made == []


# States of the account


def test_account_without_a_number_gets_the_code_by_mail(mila: User) -> None:
    mila.world.advance(timedelta(days=8))
    loses_number(mila)
    device = a_device()
    asked = logs_in(mila.world, device)
    assert shape(asked) == shape(logs_in(mila.world, device, name="unknown"))
    opened = verifies(mila.world, asked, mila.world.code_mailed_to(MAILBOX), device)
    assert (opened.status, opened.json["user_id"]) == (200, mila.user_id)


@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_frozen_or_restricted_account_opens_for_its_rights_only(mila: User, state: str) -> None:
    mila.world.set_state(mila, state)
    assert logs_in(mila.world).json["session"]["scope"] == "rights"


def test_unused_account_opens_on_its_device_and_waits_on_another(mila: User) -> None:
    configure(IDLE_WAITING_AFTER_DAYS="30")
    mila.world.advance(timedelta(days=40))
    device = a_device()
    asked = logs_in(mila.world, device)
    waits = verifies(mila.world, asked, mila.world.code_for(PHONE), device)
    assert waits.json["session"]["scope"] == "waiting"
    assert logs_in(mila.world).json["session"]["scope"] == "full"
    (account,) = cloud.records("account")
    assert "dispute" in account, "the new holder of the number would wait for ever"


def test_account_that_was_frozen_as_idle_opens_on_no_later_device(mila: User) -> None:
    frozen = freeze_of(mila.account_id, idle=True)
    earlier = frozen.model_copy(update={"asked_at": mila.world.now - timedelta(days=1)})
    commit(*accounts.freezing(stored_account(mila.account_id), earlier))
    assert logs_in(mila.world).status == 202


def test_account_that_is_being_erased_is_an_unknown_name(mila: User) -> None:
    freeze_and_end(mila.account_id)
    before = texts(mila.world)
    assert shape(logs_in(mila.world)) == shape(logs_in(mila.world, name="unknown"))
    assert texts(mila.world) == before


def test_forgotten_password_is_set_anew_after_a_sign_in_by_number(mila: User) -> None:
    newcomer = mila.world.a_user(PHONE, DEVICE)
    assert sets_password(newcomer, "osam vidri pliva", username=None).status == 204
    assert logs_in(mila.world, password="osam vidri pliva").status == 200
