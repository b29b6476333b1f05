"""Tests the number of calls that each operation makes, counted at the clients."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts.challenges import budgets
from chalicelib.consents.marketing import NonServiceKind, may_send
from chalicelib.consents.notices.model import NoticeKind
from chalicelib.core import limiter, table
from chalicelib.core.ids import AccountId
from chalicelib.reconciliation.cases import store as stream_cases
from chalicelib.rights.engine import queue
from chalicelib.rights.request import store as requests
from chalicelib.usage import rollup, service, store
from chalicelib.usage.model import UsageBatch
from tests.support.cases.guests import asks, verifies
from tests.support.cases.links import NewDevice
from tests.support.cases.logins import logs_in, mila_with_password, sets_password
from tests.support.cases.route_off import DEVICE, MAILBOX, mailed, shows_code, turn_off
from tests.support.clouds.cloud import Calls, counted
from tests.support.world.builders import a_device, a_fault, a_phone, an_address, an_event, other_than
from tests.support.world.limits import allow, configure
from tests.support.world.notices import a_version, publish
from tests.support.world.world import World

TRANSACTIONS = {"TransactWriteItems", "TransactGetItems"}


def writes(calls: Calls) -> int:
    return sum(calls.tables.get(name, 0) for name in (*TRANSACTIONS, "PutItem", "UpdateItem", "DeleteItem"))


@pytest.fixture(autouse=True)
def warm(world: World) -> None:
    """Let the container read its secrets before calls are counted."""
    world.a_user().mints_a_chat_token()


def test_starting_a_signup_costs_six_calls_and_one_sms(world: World) -> None:
    with counted() as calls:
        assert world.asks_for_a_code(a_phone()).status == 202
    assert calls.of("dynamodb") == 6
    assert not TRANSACTIONS & calls.tables.keys()
    assert calls.of("sns") == 1


def test_request_in_a_busy_prefix_costs_no_more_than_in_a_quiet_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter, "_BUSY", 1)
    allow(codes_per_prefix_least=1)
    world.a_user()
    with counted() as calls:
        assert world.asks_for_a_code(a_phone(), headers={"Idempotency-Key": str(uuid.uuid4())}).status == 202
    assert calls.of("dynamodb") == 7
    assert not TRANSACTIONS & calls.tables.keys()


def test_signup_with_an_idempotency_key_costs_seven_calls(world: World) -> None:
    with counted() as calls:
        assert world.asks_for_a_code(a_phone(), headers={"Idempotency-Key": str(uuid.uuid4())}).status == 202
    assert calls.of("dynamodb") == 7


def test_request_in_a_busy_budget_costs_no_more_than_in_a_quiet_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "_BUSY", 1)
    world.a_user()
    with counted() as calls:
        assert world.asks_for_a_code(a_phone(), headers={"Idempotency-Key": str(uuid.uuid4())}).status == 202
    assert calls.of("dynamodb") == 7
    assert not TRANSACTIONS & calls.tables.keys()


def test_login_on_a_known_device_costs_six_calls_and_no_message(world: World) -> None:
    mila_with_password(world)
    with counted() as calls:
        assert logs_in(world).status == 200
    assert calls.of("dynamodb") == 6  # the address; claim, account; the try, read and counted; the session
    assert calls.tables["TransactWriteItems"] == 1
    assert calls.of("sns") == 0


def test_login_on_another_device_costs_six_calls_and_four_more_with_a_text(world: World) -> None:
    mila_with_password(world)
    with counted() as wrong:
        assert logs_in(world, a_device(), password="wrong otters").status == 202
    with counted() as right:
        assert logs_in(world, a_device()).status == 202
    assert (wrong.of("dynamodb"), right.of("dynamodb")) == (6, 10)
    assert (wrong.of("sns"), right.of("sns")) == (0, 1)


def test_setting_a_password_costs_five_calls_and_a_mail(world: World) -> None:
    mila = mila_with_password(world)
    with counted() as calls:
        assert sets_password(mila, "osam vidri pliva").status == 204
    assert calls.of("dynamodb") == 5
    assert calls.of("sesv2") == 1


def test_history_of_codes_costs_one_read_a_minute(world: World) -> None:
    world.advance(timedelta(minutes=1))
    for cost in (8, 7, 7):
        with counted() as calls:
            assert (
                world.asks_for_a_code(a_phone(), headers={"Idempotency-Key": str(uuid.uuid4())}).status == 202
            )
        assert calls.of("dynamodb") == cost
        world.advance(timedelta(seconds=20))


@pytest.mark.parametrize(("known", "cost"), [(False, 5), (True, 6)], ids=["stranger", "known device"])
def test_code_to_an_unserved_country_costs_at_most_six_calls(world: World, *, known: bool, cost: int) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    configure(SMS_COUNTRIES="DE")
    with counted() as calls:
        answer = world.asks_for_a_code(mila.phone, device if known else None)
    assert answer.status == (202 if known else 400)
    assert calls.of("dynamodb") == cost


def test_sign_in_where_no_texts_arrive_costs_seven_calls_and_a_mail_and_then_five(world: World) -> None:
    mila = world.a_user(device=DEVICE)
    mila.has_email(MAILBOX)
    world.advance(timedelta(days=7))
    turn_off()
    with counted() as calls:
        asked, _ = mailed(mila)
    assert (calls.of("dynamodb"), calls["sesv2.SendEmail"], sum(calls.values())) == (7, 1, 8)
    with counted() as calls:
        assert shows_code(mila, asked).status == 200
    assert calls.of("dynamodb") == sum(calls.values()) == 5


# The further calls of a request refused by each used-up budget, compared with the prefix (ADR 26).
BUDGETS = {"codes_unverified_country_hour": 10, "codes_unverified_hour": 12}


def use_up(world: World, budget: str) -> None:
    allow(**{budget: 1})
    while world.asks_for_a_code(a_phone()).status == 202:
        pass


@pytest.mark.parametrize(("budget", "cost"), BUDGETS.items())
def test_code_that_a_budget_refuses_costs_at_most_twelve_calls(world: World, budget: str, cost: int) -> None:
    use_up(world, budget)
    with counted() as calls:
        assert world.asks_for_a_code(a_phone()).status == 429
    assert calls.of("dynamodb") == sum(calls.values()) == cost


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": str(uuid.uuid4())}], ids=["without key", "with"])
@pytest.mark.parametrize(("budget", "cost"), BUDGETS.items())
def test_code_of_the_reserve_beyond_a_budget_costs_at_most_ten_calls(
    world: World, budget: str, cost: int, headers: dict[str, str]
) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    use_up(world, budget)
    with counted() as calls:
        assert world.asks_for_a_code(mila.phone, device, headers=headers).status == 202
    assert (calls.of("dynamodb"), calls.of("sns")) == (9 if cost == 10 else 10, 1)


def test_code_of_the_reserve_costs_at_most_eight_calls(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    use_up(world, "codes_per_prefix_least")
    with counted() as calls:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        assert world.asks_for_a_code(mila.phone, device, headers=key).status == 202
    assert (calls.of("dynamodb"), calls.of("sns"), sum(calls.values())) == (8, 1, 9)
    assert not TRANSACTIONS & calls.tables.keys()


def test_refused_code_of_an_unknown_device_costs_eight_calls(world: World) -> None:
    use_up(world, "codes_per_prefix_least")
    with counted() as calls:
        assert world.asks_for_a_code(a_phone()).status == 429
    assert calls.of("dynamodb") == sum(calls.values()) == 8


def test_verifying_from_an_address_block_without_guesses_costs_ten_calls(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    challenge = world.asks_for_a_code(mila.phone, device).json["challenge_id"]
    allow(attempts_per_address=1)
    phone = a_phone()
    strangers = world.asks_for_a_code(phone).json["challenge_id"]
    world.verifies(strangers, other_than(world.code_for(phone)))
    with counted() as calls:
        assert world.verifies(challenge, world.code_for(mila.phone)).status == 200
    assert calls.of("dynamodb") == sum(calls.values()) == 10


def test_repeated_signup_costs_one_call_that_writes_nothing(world: World) -> None:
    phone, device, key = a_phone(), a_device(), {"Idempotency-Key": str(uuid.uuid4())}
    world.asks_for_a_code(phone, device, headers=key)
    with counted() as calls:
        assert world.asks_for_a_code(phone, device, headers=key).status == 202
    assert calls == {"dynamodb.PutItem": 1}  # refused by its condition, since the challenge exists


def test_verifying_a_new_number_costs_eight_calls(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    with counted() as calls:
        assert world.verifies(challenge, world.code_for(phone)).status == 201
    assert calls.of("dynamodb") == sum(calls.values()) == 8


def test_verifying_a_known_number_costs_eight_calls(world: World) -> None:
    mila = world.a_user()
    challenge = world.asks_for_a_code(mila.phone).json["challenge_id"]
    with counted() as calls:
        assert world.verifies(challenge, world.code_for(mila.phone)).status == 200
    assert calls.of("dynamodb") == sum(calls.values()) == 8


def test_sign_in_that_waits_costs_eight_calls_and_its_notices(world: World) -> None:
    mila = world.a_user()
    mila.has_email(an_address())
    world.advance(timedelta(days=90))
    challenge = world.asks_for_a_code(mila.phone).json["challenge_id"]
    with counted() as calls:
        assert world.verifies(challenge, world.code_for(mila.phone)).json["session"]["scope"] == "waiting"
    assert (calls.of("dynamodb"), calls.of("sns"), calls.of("sesv2")) == (8, 1, 1)


def test_verifying_costs_the_same_for_any_number_of_versions(world: World) -> None:
    mila = world.a_user()
    days = [f"{year}-{month:02}-01" for year in (2025, 2026) for month in range(1, 12)]
    publish(*(a_version(day, kind) for day in days for kind in NoticeKind))
    challenge = world.asks_for_a_code(mila.phone).json["challenge_id"]
    with counted() as calls:
        assert world.verifies(challenge, world.code_for(mila.phone)).status == 200
    assert calls.of("dynamodb") == sum(calls.values()) == 8


def test_wrong_code_costs_two_calls(world: World) -> None:
    challenge = world.asks_for_a_code(a_phone()).json["challenge_id"]
    with counted() as calls:
        assert world.verifies(challenge, "000000").problem == "wrong_code"
    assert calls == {"dynamodb.UpdateItem": 2}


def test_resending_costs_seven_calls_and_one_sms(world: World) -> None:
    challenge = world.asks_for_a_code(a_phone()).json["challenge_id"]
    world.advance(timedelta(minutes=1))
    world.asks_for_a_code(a_phone())  # reads the history of codes for this minute
    with counted() as calls:
        assert world.call("POST", f"/v1/signup/{challenge}/resend").status == 202
    assert (calls.of("dynamodb"), calls.of("sns")) == (7, 1)


def test_request_to_step_up_costs_three_calls_and_one_sms(world: World) -> None:
    mila = world.a_user()
    with counted() as calls:
        assert mila.asks_to_step_up().status == 202
    assert (calls.of("dynamodb"), calls.of("sns"), sum(calls.values())) == (3, 1, 4)
    assert not TRANSACTIONS & calls.tables.keys()


def test_request_to_step_up_with_an_idempotency_key_costs_four_calls(world: World) -> None:
    mila = world.a_user()
    with counted() as calls:
        assert mila.asks_to_step_up(headers={"Idempotency-Key": str(uuid.uuid4())}).status == 202
    assert (calls.of("dynamodb"), calls.of("sns"), sum(calls.values())) == (4, 1, 5)


def test_stepping_up_costs_three_calls_and_its_repetition_two(world: World) -> None:
    mila = world.a_user()
    challenge = mila.asks_to_step_up().json["challenge_id"]
    for cost in (3, 2):
        with counted() as calls:
            assert mila.steps_up_with(challenge, world.code_for(mila.phone)).status == 200
        assert calls.of("dynamodb") == sum(calls.values()) == cost
    assert not TRANSACTIONS & calls.tables.keys()


def test_wrong_code_for_stepping_up_costs_two_calls(world: World) -> None:
    mila = world.a_user()
    challenge = mila.asks_to_step_up().json["challenge_id"]
    with counted() as calls:
        assert mila.steps_up_with(challenge, other_than(world.code_for(mila.phone))).problem == "wrong_code"
    assert calls == {"dynamodb.BatchGetItem": 1, "dynamodb.UpdateItem": 1}


def test_chat_token_costs_one_batch_read_and_no_write(world: World) -> None:
    mila = world.a_user()
    with counted() as calls:
        assert mila.mints_a_chat_token().status == 200
    assert calls == {"dynamodb.BatchGetItem": 1}


def test_chat_token_costs_the_same_for_any_number_of_versions(world: World) -> None:
    mila = world.a_user()
    publish(*(a_version(f"2026-{month:02}-01") for month in range(1, 11)))
    with counted() as calls:
        assert mila.mints_a_chat_token().status == 200
    assert calls == {"dynamodb.BatchGetItem": 1}


def test_announcements_cost_one_read(world: World) -> None:
    mila = world.a_user()
    with counted() as calls:
        assert mila.gets("/v1/announcements").status == 200
    assert calls == {"dynamodb.BatchGetItem": 1}


def test_reading_a_profile_costs_one_read(world: World) -> None:
    mila = world.a_user()
    with counted() as calls:
        assert mila.gets("/v1/profile").status == 200
    assert calls == {"dynamodb.BatchGetItem": 1}


def test_changing_a_profile_costs_one_read_one_count_and_one_write(world: World) -> None:
    mila = world.a_user()
    with counted() as calls:
        assert mila.changes('"1"', name="Mila").status == 200
    assert calls == {"dynamodb.BatchGetItem": 1, "dynamodb.UpdateItem": 1, "dynamodb.PutItem": 1}


def test_request_for_an_email_address_costs_five_calls_and_one_mail(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    with counted() as calls:
        assert mila.asks_for_email(an_address()).status == 202
    assert (calls.of("dynamodb"), calls.of("sesv2"), sum(calls.values())) == (5, 1, 6)
    assert not TRANSACTIONS & calls.tables.keys()


def test_request_for_an_email_address_with_an_idempotency_key_costs_six(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    with counted() as calls:
        assert mila.asks_for_email(an_address(), headers={"Idempotency-Key": str(uuid.uuid4())}).status == 202
    assert (calls.of("dynamodb"), calls.of("sesv2"), sum(calls.values())) == (6, 1, 7)


def test_replacing_a_verified_address_costs_two_calls_and_a_mail_more(
    world: World,
) -> None:
    """A read shows that no other account has the address, before the number is notified.

    A replaced one also costs a read of its suppression, and one of the Ledger.
    """
    mila = world.a_user().is_stepped_up()
    for cost, mails in ((4, 0), (6, 1)):
        address = an_address()
        challenge = mila.asks_for_email(address).json["challenge_id"]
        with counted() as calls:
            assert mila.verifies_email(challenge, world.code_mailed_to(address)).status == 200
        assert (calls.of("dynamodb"), calls["sesv2.SendEmail"]) == (cost, mails)
        assert sum(calls.values()) == cost + mails + calls["sns.Publish"]
        assert calls["sns.Publish"] == 1


def test_removing_an_email_address_costs_five_calls_a_mail_and_a_text(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    mila.has_email(an_address())
    etag = mila.gets("/v1/profile").headers["etag"]
    with counted() as calls:
        assert mila.changes(etag, email=None).status == 200
    mail = {"sesv2.SendEmail": 1, "sns.Publish": 1}
    assert calls == {
        "dynamodb.BatchGetItem": 2, "dynamodb.UpdateItem": 1, "dynamodb.TransactWriteItems": 1,
        "dynamodb.Query": 1, **mail,
    }  # fmt: skip


def test_profile_of_another_user_costs_three_reads(world: World) -> None:
    mila, vuk = world.a_user(), world.a_user()
    with counted() as calls:
        assert mila.gets(f"/v1/users/{vuk.user_id}").status == 200
    assert calls == {"dynamodb.BatchGetItem": 3}


def test_logging_out_costs_two_reads_and_one_write(world: World) -> None:
    mila = world.a_user()
    with counted() as calls:
        assert mila.logs_out().status == 204
    assert calls == {"dynamodb.BatchGetItem": 2, "dynamodb.TransactWriteItems": 1}


@pytest.mark.parametrize("path", ["", "/others"])
def test_ending_many_sessions_costs_two_queries_and_a_transaction(world: World, path: str) -> None:
    mila = world.a_user()
    world.a_user(mila.phone)
    with counted() as calls:
        assert mila.calls("DELETE", f"/v1/sessions{path}").status == 204
    assert calls == {"dynamodb.BatchGetItem": 2, "dynamodb.Query": 2, "dynamodb.TransactWriteItems": 1}


def test_page_of_session_events_costs_a_read_and_two_queries(world: World) -> None:
    mila = world.a_user()
    with counted() as calls:
        assert len(mila.gets("/v1/sessions/events").json["items"]) == 1
    assert calls == {"dynamodb.BatchGetItem": 1, "dynamodb.Query": 2}


def test_signing_a_device_in_by_a_link_costs_nine_calls(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    with counted() as asking:
        tablet = NewDevice(world)
    assert asking == {"dynamodb.UpdateItem": 1, "dynamodb.PutItem": 1}
    with counted() as confirming:
        assert tablet.is_confirmed_by(mila).status == 204
    assert confirming == {
        "dynamodb.BatchGetItem": 2,
        "dynamodb.UpdateItem": 2,
        "dynamodb.TransactWriteItems": 1,
    }
    with counted() as fetching:
        assert tablet.fetches().status == 200
    assert fetching == {"dynamodb.UpdateItem": 1, "dynamodb.BatchGetItem": 1}


def test_waiting_for_a_link_costs_one_write(world: World) -> None:
    tablet = NewDevice(world)
    with counted() as calls:
        assert tablet.fetches().status == 202
    assert calls == {"dynamodb.UpdateItem": 1}


def test_accepting_a_notice_costs_one_read_a_count_and_one_write(world: World) -> None:
    mila = world.a_user()
    with counted() as calls:
        assert mila.calls("POST", "/v1/notices/terms-2024-05-08/acceptance").status == 204
    assert calls == {"dynamodb.BatchGetItem": 1, "dynamodb.UpdateItem": 1, "dynamodb.PutItem": 1}


def test_listing_consents_costs_one_read(world: World) -> None:
    mila = world.a_user()
    mila.consents("analytics")
    with counted() as calls:
        assert mila.gets("/v1/consents").status == 200
    assert calls == {"dynamodb.BatchGetItem": 1}


def test_decision_costs_two_reads_and_a_transaction_and_consenting_one_count(
    world: World,
) -> None:
    mila = world.a_user()
    decided = {"dynamodb.BatchGetItem": 1, "dynamodb.Query": 1, "dynamodb.TransactWriteItems": 1}
    with counted() as calls:
        assert mila.consents("analytics").status == 200
    assert calls == {**decided, "dynamodb.UpdateItem": 1}
    with counted() as calls:
        assert mila.withdraws("analytics").status == 200
    assert calls == decided


def test_repeated_decision_costs_one_read_and_consenting_is_counted(world: World) -> None:
    mila = world.a_user()
    mila.consents("analytics")
    with counted() as calls:
        assert mila.consents("analytics").status == 200
    assert calls == {"dynamodb.BatchGetItem": 1, "dynamodb.UpdateItem": 1}
    mila.withdraws("analytics")
    with counted() as calls:
        assert mila.withdraws("analytics").status == 200
    assert calls == {"dynamodb.BatchGetItem": 1}


def test_page_of_a_history_costs_two_reads(world: World) -> None:
    mila = world.a_user()
    mila.consents("analytics")
    mila.withdraws("analytics")
    with counted() as calls:
        assert mila.gets("/v1/consents/analytics/records").status == 200
    assert calls == {"dynamodb.BatchGetItem": 1, "dynamodb.Query": 1}


@pytest.mark.parametrize(
    "path",
    ["/v1/notices", "/v1/notices/current", "/v1/controller", "/v1/health", "/v1/openapi.json",
     "/reference",
     "/.well-known/jwks.json", "/.well-known/gpc.json",
     "/.well-known/apple-app-site-association", "/.well-known/assetlinks.json"],
)  # fmt: skip
def test_public_information_costs_no_calls(world: World, path: str) -> None:
    with counted() as calls:
        assert world.call("GET", path).status == 200
    assert calls == {}


def test_refused_body_costs_no_write(world: World) -> None:
    mila = world.a_user()
    with counted() as calls:
        assert mila.changes('"1"', name=7).problem == "invalid_request"
    assert writes(calls) == 0


def test_secret_is_read_once_per_container(world: World) -> None:
    with counted() as calls:
        for _ in range(3):
            assert world.a_user().mints_a_chat_token().status == 200
    assert calls.of("secretsmanager") == 0


@pytest.mark.promise("RGT-10")
def test_rights_request_costs_a_read_a_count_a_transaction_and_a_message(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    mila.exercises("access")  # the receipts' key is read
    with counted() as calls:
        assert mila.exercises("portability").status == 202
    assert calls.tables == {"BatchGetItem": 1, "TransactWriteItems": 1, "UpdateItem": 1}
    assert (calls.of("sqs"), sum(calls.values())) == (1, 4)


@pytest.mark.promise("RGT-2")
@pytest.mark.parametrize(
    "correction",
    [
        {"changes": {"name": "Milica", "country": "RS"}},
        {"changes": {"name": "Milica", "usage_event_platform": "ios"}, "reason": "Not my phone."},
        {"reason": "I moved in May."},
    ],
)
def test_rectification_costs_the_same_four_calls(world: World, correction: dict[str, Any]) -> None:
    mila = world.a_user().is_stepped_up()
    mila.exercises("access")
    with counted() as calls:
        assert mila.exercises("rectification", **correction).status == 202
    assert calls.tables == {"BatchGetItem": 1, "TransactWriteItems": 1, "UpdateItem": 1}
    assert sum(calls.values()) <= 4


def test_reading_a_request_that_names_no_authority_costs_no_more(world: World) -> None:
    mila = world.a_user()
    request_id = mila.exercises("rectification", changes={"name": "Milica"}).json["rights_request_id"]
    with counted() as calls:
        assert mila.request(request_id)["rights_request_id"] == request_id
    assert calls.tables == {"BatchGetItem": 1, "GetItem": 1}


def test_repeated_rights_request_costs_one_more_read(world: World) -> None:
    mila, key = world.a_user().is_stepped_up(), {"Idempotency-Key": str(uuid.uuid4())}
    mila.exercises("access", key)
    with counted() as calls:
        assert mila.exercises("access", key).status == 202
    assert calls.of("dynamodb") == 4
    assert calls.of("sqs") == 0


@pytest.mark.promise("RGT-11")
def test_guest_request_costs_a_bounded_number_of_calls(world: World) -> None:
    phone = a_phone()
    asks(world, phone=a_phone())  # keys of the vault are read
    with counted() as calls:
        challenge = asks(world, phone=phone).json["challenge_id"]
    assert calls.of("dynamodb") <= 9  # as many as a sign-up, and the draft
    assert calls.of("sns") == 1
    assert not TRANSACTIONS & calls.tables.keys()
    with counted() as calls:
        assert verifies(world, challenge, world.code_for(phone)).status == 202
    assert calls.tables["TransactWriteItems"] == 1
    assert calls.of("dynamodb") <= 9
    assert calls.of("sqs") == 1


def test_reading_a_request_costs_two_reads(world: World) -> None:
    mila = world.a_user().is_stepped_up()
    request_id = mila.exercises("access").json["rights_request_id"]
    with counted() as calls:
        assert mila.request(request_id)["rights_request_id"] == request_id
    assert calls.tables == {"BatchGetItem": 1, "GetItem": 1}


def test_sweep_costs_three_reads_a_shard_and_a_batch_per_hundred_open_requests(world: World) -> None:
    world.a_user().is_stepped_up().exercises("access")
    with counted() as calls:
        queue.sweep()
    assert calls.tables == {"Query": 3 * len(requests.SHARDS), "BatchGetItem": 1}
    assert calls.of("sqs") == 1


def test_inbox_costs_three_queries_a_shard_and_a_batch_per_hundred_requests(world: World) -> None:
    alice = world.an_operator("alice")
    alice.waiting()
    alice.enters(world.a_user().user_id, "objection", purposes=["security"])
    with counted() as calls:
        assert len(alice.waiting()) == 1
    # Holds, disclosures, complaints, breaches, removals, support, reports of abuse, decisions about them, and
    # objections to bars.
    others = 9 + len(stream_cases.SHARDS)
    history = 2  # the newest entry: compared, then read again by the append
    assert calls.tables["Query"] == 3 * len(requests.SHARDS) + others + history
    assert calls.tables["BatchGetItem"] == 2  # the operator's pseudonym, and the request


@pytest.mark.parametrize("events", [1, 25, 26, 100])
def test_submitting_any_number_of_events_costs_three_calls(world: World, events: int) -> None:
    mila = world.a_user()
    with counted() as calls:
        assert mila.submits_usage(*(a_fault() for _ in range(events))).status == 202
    assert calls == {"dynamodb.BatchGetItem": 1, "dynamodb.UpdateItem": 1, "dynamodb.BatchWriteItem": 1}


def test_submitting_events_that_are_dropped_costs_one_read(world: World) -> None:
    mila = world.a_user()
    with counted() as calls:
        dropped = mila.submits_usage(an_event(), an_event(name="")).json["dropped"]
        assert dropped == {"no_consent": 1, "invalid": 1}
    assert calls == {"dynamodb.BatchGetItem": 1}


def test_roll_up_costs_a_query_per_hour_and_shard_and_a_read_per_33_accounts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SHARDS", ("00",))
    for _ in range(34):
        account, _, writing = accounts.new_account(a_phone(), None)
        table.transact(writing)
        batch = UsageBatch.model_validate_json(
            json.dumps({"events": [a_fault(), a_fault()], "device": a_device()})
        )
        service.accept_batch(account.account_id, None, frozenset(), batch)
    today = world.now.date()
    world.advance(timedelta(days=4))
    monkeypatch.setattr(rollup, "_closable", lambda: [today])
    with counted() as calls:
        rollup.roll_up()
    assert calls == {
        "dynamodb.Query": 2 + 24,  # the day's stored items, its partials, its hours
        "dynamodb.BatchGetItem": 2,
        "dynamodb.BatchWriteItem": 1,  # the partial
        "dynamodb.PutItem": 1,  # the figures
        "dynamodb.DeleteItem": 1,
    }


def test_objection_to_marketing_costs_three_reads_a_transaction_and_a_message(world: World) -> None:
    mila = world.a_user()
    mila.exercises("consent_withdrawal")  # the receipts' key is read
    mila.consents("marketing")
    with counted() as calls:
        assert mila.exercises("marketing_objection").status == 202
    assert (calls.of("dynamodb"), calls["dynamodb.TransactWriteItems"], calls.of("sqs")) == (4, 1, 1)
    assert sum(calls.values()) == 5


def test_withdrawal_by_request_costs_two_reads_a_transaction_and_a_message(world: World) -> None:
    mila = world.a_user()
    mila.consents("marketing")
    with counted() as calls:
        assert mila.exercises("consent_withdrawal").status == 202
    assert (calls.of("dynamodb"), calls["dynamodb.TransactWriteItems"], calls.of("sqs")) == (3, 1, 1)


def test_gate_of_marketing_costs_two_reads(world: World) -> None:
    mila = world.a_user()
    mila.has_email(an_address())
    mila.consents("marketing")
    mila.exercises("consent_withdrawal", purposes=["analytics"])  # the receipts' key is read
    with counted() as calls:
        assert may_send(AccountId(mila.account_id), NonServiceKind.NEWS)
    assert calls == {"dynamodb.BatchGetItem": 2}


def test_consent_to_marketing_costs_one_read_more_than_another_one(world: World) -> None:
    mila = world.a_user()
    costs = []
    for purpose in ("analytics", "marketing"):
        with counted() as calls:
            assert mila.consents(purpose).status == 200
        costs.append(calls.of("dynamodb"))
    assert costs[1] == costs[0] + 1
