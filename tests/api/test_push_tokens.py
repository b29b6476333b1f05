"""Push tokens: one per session, proven if another device has it, gone with the session (ADR 109)."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.accounts.model import Device, Platform
from chalicelib.accounts.push_tokens import service, store
from chalicelib.accounts.push_tokens.model import NewPushToken
from chalicelib.accounts.push_tokens.service import PUSH_CLAIMS, PUSH_DEVICES
from chalicelib.accounts.service import ACCOUNT, OPEN_ACCOUNT
from chalicelib.accounts.sessions import liveness
from chalicelib.accounts.sessions import service as sessions
from chalicelib.core import aws, clock, needs
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.shards import Segment
from chalicelib.core.transactions import commit, omit, perform
from chalicelib.privacy import pins
from chalicelib.privacy.purposes import Practice
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.push.model import PushKind, PushOutcome
from tests.support.cases.push_tokens import (
    OTHER,
    PATH,
    TOKEN,
    claimed,
    forgets,
    registers,
    tokens_of,
)
from tests.support.cases.pushes import Providers, fake_providers, work
from tests.support.clouds import cloud
from tests.support.clouds.cloud import failing
from tests.support.faults.outages import refusal
from tests.support.faults.races import before_the_commit, just_before
from tests.support.roles.judge import calls_of
from tests.support.world.builders import a_device
from tests.support.world.limits import allow
from tests.support.world.practices import describe
from tests.support.world.world import User, World

WRONG = "A" * 43


@pytest.fixture(autouse=True)
def offered(world: World) -> None:
    describe(Practice.NOTIFYING)


@pytest.fixture
def providers() -> Providers:
    return fake_providers()


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user()


@pytest.fixture
def vera(world: World) -> User:
    return world.a_user()


@calls_of(None)
def usable(user: User) -> list[str]:
    """Return the tokens to which a push to a user goes."""
    (row,) = needs.read_accounts([AccountId(user.account_id)], (ACCOUNT, DATA_KEY, PUSH_DEVICES))
    account, devices = row[ACCOUNT], row[PUSH_DEVICES]
    assert account
    kept = service.usable([(account, devices)] if devices else [], liveness.live_among)
    return [one.token for tokens in kept.values() for one in tokens]


def nonce_for(user: User, providers: Providers) -> str:
    """Let a user register the token of another session; return the nonce that the phone gets."""
    assert registers(user).json["state"] == "proof_sent"
    assert work() == []
    token, push = providers.taken[-1]
    assert (token, push.kind) == (TOKEN, PushKind.PROOF)
    assert push.nonce
    return push.nonce


def test_registered_token_is_of_its_session_and_claimed(mila: User) -> None:
    assert registers(mila).json == {"state": "registered"}
    assert tokens_of(mila) == usable(mila) == [TOKEN]
    assert claimed() == [mila.session["session_id"]]


def test_token_is_refused_until_the_policy_describes_pushes(mila: User) -> None:
    describe()
    assert registers(mila).problem == "not_offered"
    assert cloud.records("push_devices") == []


@pytest.mark.promise("SEC-1")
def test_token_is_not_readable_in_any_table(mila: User, vera: User) -> None:
    registers(mila)
    registers(vera)
    assert cloud.records("push_proof")
    assert TOKEN not in str(cloud.all_items())


def test_new_token_of_a_session_replaces_the_former_and_its_claim(mila: User) -> None:
    registers(mila)
    registers(mila, OTHER)
    assert tokens_of(mila) == [OTHER]
    assert len(claimed()) == 1


def test_unchanged_registration_writes_once_a_day(mila: User) -> None:
    registers(mila)
    with cloud.counted() as calls:
        assert registers(mila).status == 200
    assert calls.tables == {"BatchGetItem": 1}
    mila.world.advance(timedelta(days=1))
    with calls_of(None):
        (row,) = needs.read_accounts([AccountId(mila.account_id)], (PUSH_DEVICES, DATA_KEY))
    devices = row[PUSH_DEVICES]
    assert devices
    new = NewPushToken(platform=Platform.IOS, token=TOKEN)
    assert not service.is_registered(devices.tokens[0].session_id, new, devices)


@pytest.mark.parametrize(
    "body",
    [
        {"token": "a1" * 31},
        {"token": "a1" * 101},
        {"token": "x1" * 32},
        {"token": "a b"},
        {"platform": "android"},
        {"environment": "test"},
        {"nonce": "short"},
    ],
)
def test_token_of_another_form_or_platform_is_refused(mila: User, body: dict[str, str]) -> None:
    assert mila.calls("PUT", PATH, body={"platform": "ios", "token": TOKEN} | body).status == 400
    assert claimed() == []


def test_capitals_make_no_other_token(mila: User, vera: User) -> None:
    registers(mila)
    assert registers(vera, TOKEN.upper()).json["state"] == "proof_sent"


def test_token_of_google_has_one_environment(world: World) -> None:
    user = world.a_user(device=a_device(platform="android"))
    fcm = {"platform": "android", "token": "fcm_token:APA91b-x"}
    assert user.calls("PUT", PATH, body=fcm | {"environment": "sandbox"}).problem == "invalid_request"
    assert user.calls("PUT", PATH, body=fcm).status == 200


def test_token_moves_at_once_to_another_account_on_the_same_device(world: World) -> None:
    device = a_device()
    mila, vera = world.a_user(device=device), world.a_user(device=device)
    registers(mila)
    assert registers(vera).json == {"state": "registered"}
    assert (tokens_of(mila), tokens_of(vera)) == ([], [TOKEN])
    assert claimed() == [vera.session["session_id"]]


def test_other_phones_of_the_former_account_keep_their_tokens(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    registers(mila)
    registers(mila.signs_in_again(), OTHER)
    registers(world.a_user(device=device))
    assert tokens_of(mila) == [OTHER]


@pytest.mark.promise("CALL-2")
def test_stranger_gets_no_token_of_a_live_session(mila: User, vera: User) -> None:
    registers(mila)
    sent = registers(vera)
    assert (sent.status, sent.json["expires_at"]) == (202, "2026-11-24T12:10:00Z")
    assert (usable(mila), tokens_of(vera)) == ([TOKEN], [])
    assert claimed() == [mila.session["session_id"]]


@pytest.mark.promise("CALL-2")
def test_nonce_that_was_pushed_to_the_token_moves_it(mila: User, vera: User, providers: Providers) -> None:
    registers(mila)
    nonce = nonce_for(vera, providers)
    assert registers(vera, nonce=nonce).status == 200
    assert (tokens_of(mila), tokens_of(vera)) == ([], [TOKEN])
    assert cloud.records("push_proof") == []
    assert registers(vera, nonce=nonce).status == 200  # the response was lost


@pytest.mark.promise("CALL-2")
def test_wrong_nonce_moves_nothing_and_five_use_the_proof_up(
    mila: User, vera: User, providers: Providers
) -> None:
    registers(mila)
    nonce = nonce_for(vera, providers)
    assert [registers(vera, nonce=WRONG).problem for _ in range(5)] == ["push_token_not_proven"] * 5
    assert registers(vera, nonce=nonce).problem == "push_token_not_proven"
    assert tokens_of(mila) == [TOKEN]
    assert nonce_for(vera, providers) != nonce


@pytest.mark.promise("CALL-2")
def test_nonce_proves_no_other_token_and_ends_after_ten_minutes(
    mila: User, vera: User, providers: Providers
) -> None:
    registers(mila)
    registers(mila.signs_in_again(), OTHER)
    nonce = nonce_for(vera, providers)
    assert registers(vera, OTHER, nonce=nonce).problem == "push_token_not_proven"
    vera.world.advance(timedelta(minutes=10))
    assert registers(vera, nonce=nonce).problem == "push_token_not_proven"


def test_repeated_call_sends_the_same_nonce_again(mila: User, vera: User, providers: Providers) -> None:
    registers(mila)
    assert nonce_for(vera, providers) == nonce_for(vera, providers)


def test_nonce_is_not_pushed_for_a_session_that_ended(mila: User, vera: User, providers: Providers) -> None:
    registers(mila)
    registers(vera)
    vera.logs_out()
    assert work() == []
    assert providers.taken == []


def test_provider_that_is_down_gets_the_nonce_later(mila: User, vera: User, providers: Providers) -> None:
    registers(mila)
    registers(vera)
    providers.outcome = PushOutcome.UNANSWERED
    (again,) = work()
    vera.world.advance(timedelta(minutes=10))
    assert work(again) == []


def test_call_is_refused_if_its_nonce_cannot_be_sent(mila: User, vera: User) -> None:
    registers(mila)
    with failing("sqs", "SendMessage", refusal("ServiceUnavailable", 503)):
        assert registers(vera).status == 503


def test_token_of_an_ended_session_is_free(mila: User, vera: User) -> None:
    registers(mila)
    mila.logs_out()
    assert registers(vera).json == {"state": "registered"}


def test_token_of_a_session_that_lapsed_is_free(mila: User, world: World) -> None:
    registers(mila)
    with calls_of(None):
        cloud.delete_account(mila.account_id)
    assert registers(world.a_user()).json == {"state": "registered"}


def test_registrations_of_an_account_are_limited_a_day(mila: User) -> None:
    allow(push_registrations_day=2)
    replies = [registers(mila, f"{number:064x}") for number in range(3)]
    assert [one.status for one in replies] == [200, 200, 429]
    assert replies[-1].json["limit"] == "push_registrations"
    assert registers(mila, f"{1:064x}").status == 200  # it is not new


def test_silent_pushes_to_one_phone_are_limited_over_all_accounts(
    world: World, mila: User, providers: Providers
) -> None:
    registers(mila)
    allow(push_registrations_day=2)
    strangers = [world.a_user() for _ in range(3)]
    assert [registers(one).status for one in strangers] == [202, 202, 429]
    work()
    assert len(providers.taken) == 2


def test_eleventh_phone_takes_the_place_of_the_one_used_longest_ago(world: World, mila: User) -> None:
    registers(mila, f"{0:064x}")
    for number in range(1, 11):
        world.advance(timedelta(seconds=1))
        registers(a_session_of(mila), f"{number:064x}")
    assert tokens_of(mila) == [f"{number:064x}" for number in range(1, 11)]
    assert len(claimed()) == 10


@calls_of(None)
def a_session_of(user: User) -> User:
    """Return the same user on another phone, without a code."""
    (row,) = needs.read_accounts([AccountId(user.account_id)], (OPEN_ACCOUNT, DATA_KEY))
    account = row[OPEN_ACCOUNT]
    assert account
    device = Device(device_id=uuid.uuid4(), platform=Platform.IOS)
    session, writes = sessions.new_session(account, device, row[DATA_KEY])
    commit(*writes)
    view = sessions.session_view(session, account).model_dump(mode="json")
    return replace(user, verified={**user.verified, "session": view})


def test_forgotten_token_is_gone_with_its_claim(mila: User) -> None:
    registers(mila)
    other = mila.signs_in_again()
    registers(other, OTHER)
    assert [forgets(mila).status, forgets(mila).status] == [204, 204]
    assert (tokens_of(mila), claimed()) == ([OTHER], [other.session["session_id"]])
    assert forgets(other).status == 204
    assert cloud.records("push_devices") == []


@pytest.mark.parametrize(("state", "problem"), [("frozen", "account_frozen"), ("restricted", "restricted")])
def test_frozen_or_restricted_account_registers_no_token(mila: User, state: str, problem: str) -> None:
    mila.world.set_state(mila, state)
    assert registers(mila).problem == problem


@pytest.mark.promise("CALL-2")
@pytest.mark.parametrize(
    "meanwhile",
    [lambda user: user.logs_out(), lambda user: user.world.set_state(user, "restricted")],
    ids=["signed out", "restricted"],
)
def test_session_that_ends_meanwhile_gets_no_token(mila: User, meanwhile: Callable[[User], object]) -> None:
    before_the_commit(lambda: meanwhile(mila))
    assert registers(mila).problem == "session_ended"
    assert (tokens_of(mila), claimed()) == ([], [])


def test_of_two_accounts_at_the_same_time_one_gets_the_token(mila: User, vera: User) -> None:
    other = before_the_commit(lambda: registers(vera))
    assert registers(mila).json["state"] == "proof_sent"
    assert [one.status for one in other] == [200]
    assert claimed() == [vera.session["session_id"]]
    assert (tokens_of(mila), tokens_of(vera)) == ([], [TOKEN])


def test_two_phones_of_an_account_at_the_same_time_get_both_tokens(mila: User) -> None:
    other = mila.signs_in_again()
    registers(mila, "c3" * 32)
    before_the_commit(lambda: registers(other, OTHER))
    assert registers(mila).status == 200
    assert sorted(tokens_of(mila)) == [TOKEN, OTHER]
    assert len(claimed()) == 2


@calls_of(None)
def alter_tokens_of(user: User) -> None:
    """Alter the sealed tokens of an account."""
    aws.client("dynamodb").update_item(
        TableName="ru4m-test-accounts",
        Key={"pk": {"S": f"A#{user.account_id}"}, "sk": {"S": "push_devices"}},
        UpdateExpression="SET sealed = :s",
        ExpressionAttributeValues={":s": {"B": b"\x01" * 64}},
    )


def test_tokens_that_cannot_be_opened_are_registered_again(mila: User) -> None:
    registers(mila)
    alter_tokens_of(mila)
    assert registers(mila).status == 200
    assert tokens_of(mila) == [TOKEN]


# The end of sessions


@pytest.mark.promise("CALL-2")
def test_logout_deletes_the_token_and_its_claim(mila: User) -> None:
    registers(mila)
    other = mila.signs_in_again()
    registers(other, OTHER)
    mila.logs_out()
    assert (tokens_of(other), claimed()) == ([OTHER], [other.session["session_id"]])


@pytest.mark.promise("CALL-2")
def test_end_of_all_sessions_deletes_a_row_that_cannot_be_opened(mila: User) -> None:
    registers(mila)
    registers(mila.signs_in_again(), OTHER)
    alter_tokens_of(mila)
    assert mila.calls("DELETE", "/v1/sessions").status == 204
    assert (cloud.records("push_devices"), claimed()) == ([], [])


@pytest.mark.promise("CALL-2")
def test_logout_succeeds_if_the_claims_cannot_be_deleted(mila: User) -> None:
    registers(mila)
    other = mila.signs_in_again()
    with failing("dynamodb", "DeleteItem", refusal("InternalServerError", 500)):
        assert mila.logs_out().status == 204
    assert tokens_of(other) == [TOKEN]
    assert usable(other) == []
    assert (tokens_of(other), claimed()) == ([], [])


def test_live_token_is_checked_once_after_another_session_ended(mila: User, world: World) -> None:
    registers(mila)
    mila.signs_in_again().logs_out()
    world.advance(timedelta(minutes=11))
    assert usable(mila) == [TOKEN]
    with cloud.counted() as calls:
        assert usable(mila) == [TOKEN]
    assert calls.tables == {"BatchGetItem": 1}


def test_push_goes_out_if_the_check_cannot_be_stored(mila: User, world: World) -> None:
    registers(mila)
    mila.signs_in_again().logs_out()
    world.advance(timedelta(minutes=11))
    with failing("dynamodb", "PutItem", refusal("InternalServerError", 500)):
        assert usable(mila) == [TOKEN]


def test_token_that_is_not_registered_for_60_days_is_forgotten(mila: User, world: World) -> None:
    registers(mila)
    world.advance(timedelta(days=59))
    assert usable(mila) == [TOKEN]
    registers(world.a_user(mila.phone, device=a_device()), OTHER)
    world.advance(timedelta(days=1))
    assert usable(mila) == [OTHER]
    assert tokens_of(mila) == [OTHER]


def test_token_that_a_provider_does_not_know_is_forgotten(mila: User) -> None:
    registers(mila)
    with calls_of(None):
        service.forget(AccountId(mila.account_id), [TOKEN])
    assert (tokens_of(mila), claimed()) == ([], [])


def test_claim_that_names_another_session_by_now_stays(world: World) -> None:
    device = a_device()
    mila, vera = world.a_user(device=device), world.a_user(device=device)
    registers(mila)
    with calls_of(None):
        (row,) = needs.read_accounts([AccountId(mila.account_id)], (PUSH_CLAIMS,))
        stale = row[PUSH_CLAIMS]
        registers(vera)
        assert stale
        assert store.release_claims(stale, stale.claims) == 0
    assert claimed() == [vera.session["session_id"]]


# Keys, restores


def test_token_is_found_after_a_rotation_of_the_lookup_key(mila: User, vera: User) -> None:
    registers(mila)
    cloud.rotate_keys("lookup")
    assert registers(vera).json["state"] == "proof_sent"
    mila.logs_out()
    mila = mila.signs_in_again()
    registers(mila)
    assert [one["pk"]["S"][:13] for one in cloud.records("push_claim")] == ["push_token#2#"]


def test_claim_moves_to_the_current_key_when_its_app_registers_again(mila: User) -> None:
    registers(mila)
    cloud.rotate_keys("lookup")
    registers(mila, environment="sandbox")
    (claim,) = cloud.records("push_claim")
    assert claim["pk"]["S"].startswith("push_token#2#")


@pytest.mark.promise("RGT-3")
def test_restored_tokens_and_claims_do_not_come_back(mila: User) -> None:
    registers(mila)
    with calls_of(None):
        assert service.delete_stored(Segment(0, 1), omit) == 2
        assert claimed()
        assert service.delete_stored(Segment(0, 1), perform) == 2
    assert (cloud.records("push_devices"), claimed()) == ([], [])


def test_expired_row_that_a_pin_keeps_is_registered_over(world: World, mila: User) -> None:
    registers(mila)
    world.advance(timedelta(days=59))
    with calls_of(None):
        now = clock.now()
        pins.pin(AccountId(mila.account_id), now, now + timedelta(days=7), now + timedelta(minutes=5))
    world.advance(timedelta(days=2))
    assert registers(world.a_user(mila.phone, device=a_device()), OTHER).status == 200


def test_token_of_a_session_that_lapsed_gets_no_push(mila: User, world: World) -> None:
    cloud.new_container(PERIODS="idle_session=P30D")
    registers(mila)
    world.advance(timedelta(days=31))
    assert usable(mila) == []


def test_claim_of_a_token_that_is_registered_during_a_check_stays(
    mila: User, vera: User, world: World
) -> None:
    registers(mila)
    world.advance(timedelta(seconds=1))

    again = just_before(store, "release_claims", lambda: registers(mila, environment="sandbox"))
    with calls_of(None):
        service._keep(
            AccountId(mila.account_id), lambda one: None if one.environment == "production" else one
        )
    assert [one.status for one in again] == [200]
    assert tokens_of(mila) == [TOKEN]
    assert registers(vera).json["state"] == "proof_sent"


def test_proof_goes_to_the_environment_that_was_registered_last(mila: User, vera: User) -> None:
    registers(mila)
    registers(vera)
    registers(vera, environment="sandbox")
    with calls_of(None):
        proof = store.proof_of(SessionId(vera.session["session_id"]))
    assert proof
    assert proof.token.environment == "sandbox"
