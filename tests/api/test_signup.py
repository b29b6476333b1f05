"""Signup: a number, a code, an account (ACC-1, ACC-2)."""

import json
import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.core import table
from chalicelib.core.http import ClientAddress
from chalicelib.core.ids import ChallengeId
from chalicelib.signup import service
from chalicelib.signup.model import Verification, Verified
from tests.support import cloud
from tests.support.builders import PRIVACY, TERMS, a_device, a_phone, a_verification
from tests.support.world import World

SMS_DOWN = EndpointConnectionError(endpoint_url="https://sns")


@pytest.mark.promise("ACC-2")
def test_a_new_number_gets_a_code_and_then_an_account(world: World) -> None:
    phone = a_phone()
    asked = world.asks_for_a_code(phone)
    assert asked.status == 202
    assert asked.json == {
        "challenge_id": asked.json["challenge_id"],
        "channel": "sms",
        "digits": 6,
        "expires_at": "2026-11-24T12:10:00Z",
        "resend_after": "2026-11-24T12:01:00Z",
    }
    verified = world.verifies(asked.json["challenge_id"], world.code_for(phone))
    assert verified.status == 201
    assert verified.json["new_account"] is True
    session = verified.json["session"]
    assert (session["scope"], session["token_type"], session["expires_in"]) == ("full", "Bearer", 900)
    assert session["refresh_expires_in"] == 60 * 24 * 3600


@pytest.mark.promise("ACC-1")
def test_the_same_number_signs_in_to_the_same_account(world: World) -> None:
    mila = world.a_user()
    again = world.a_user(phone=mila.phone)
    assert again.verified["new_account"] is False
    assert again.user_id == mila.user_id
    assert again.session["session_id"] != mila.session["session_id"]


@pytest.mark.promise("ACC-1")
def test_known_and_unknown_numbers_get_the_same_answer_for_the_same_work(world: World) -> None:
    mila = world.a_user()
    world.advance(timedelta(days=1))
    with cloud.counted() as for_known:
        known = world.asks_for_a_code(mila.phone)
    with cloud.counted() as for_unknown:
        unknown = world.asks_for_a_code(a_phone())
    assert for_known == for_unknown
    assert (known.status, known.json | {"challenge_id": ""}) == (
        unknown.status,
        unknown.json | {"challenge_id": ""},
    )


@pytest.mark.promise("ACC-1")
def test_two_racing_codes_for_one_number_make_one_account(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = a_phone()
    slow = world.asks_for_a_code(phone).json["challenge_id"]
    slow_code = world.code_for(phone)
    quick = world.asks_for_a_code(phone).json["challenge_id"]
    quick_code = world.code_for(phone)

    between_read_and_write(monkeypatch, lambda: _verify(quick, quick_code))
    loser = _verify(slow, slow_code)

    owners = {claim["account_id"]["S"] for claim in cloud.records("claim")}
    assert loser.new_account is False
    assert len(owners) == 1


@pytest.mark.promise("ACC-1")
def test_two_racing_uses_of_one_code_open_one_session(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    code = world.code_for(phone)

    winners = between_read_and_write(monkeypatch, lambda: _verify(challenge, code))
    second = _verify(challenge, code)

    assert second.session.session_id == winners[0].session.session_id
    assert len(cloud.records("session")) == 1


def test_the_same_code_within_two_minutes_answers_with_the_same_session(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    first = world.verifies(challenge, world.code_for(phone))
    world.advance(timedelta(minutes=2))
    again = world.verifies(challenge, world.code_for(phone))
    assert again.status == first.status == 201
    assert again.json["session"]["session_id"] == first.json["session"]["session_id"]
    assert again.json["session"]["refresh_token"] == first.json["session"]["refresh_token"]


def test_the_same_code_after_two_minutes_opens_nothing(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    world.verifies(challenge, world.code_for(phone))
    world.advance(timedelta(minutes=2, seconds=1))
    assert world.verifies(challenge, world.code_for(phone)).problem == "challenge_expired"


def test_a_repeated_code_does_not_revive_a_session_that_was_ended(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    verified = world.verifies(challenge, world.code_for(phone)).json
    world.call(
        "DELETE",
        f"/v1/sessions/{verified['session']['session_id']}",
        headers={"Authorization": f"Bearer {verified['session']['access_token']}"},
    )
    assert world.verifies(challenge, world.code_for(phone)).problem == "challenge_expired"


@pytest.mark.promise("ACC-2")
def test_a_wrong_code_says_how_many_tries_are_left(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    wrong = other_than(world.code_for(phone))
    left = [world.verifies(challenge, wrong).json["attempts_left"] for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]


@pytest.mark.promise("ACC-2")
def test_after_five_wrong_codes_the_right_one_is_refused_too(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    for _ in range(5):
        world.verifies(challenge, other_than(world.code_for(phone)))
    assert world.verifies(challenge, world.code_for(phone)).problem == "challenge_expired"


@pytest.mark.promise("ACC-2")
def test_tries_survive_a_resend(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    for _ in range(4):
        world.verifies(challenge, other_than(world.code_for(phone)))
    world.advance(timedelta(minutes=1))
    world.call("POST", f"/v1/signup/{challenge}/resend")
    assert world.verifies(challenge, other_than(world.code_for(phone))).json["attempts_left"] == 0


@pytest.mark.promise("ACC-2")
def test_a_try_is_counted_even_if_the_comparison_never_happens(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]

    def crash(*_: object) -> bool:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr("chalicelib.signup.challenge.hmac.compare_digest", crash)
        assert world.verifies(challenge, "000000").status == 500
    assert world.verifies(challenge, other_than(world.code_for(phone))).json["attempts_left"] == 3


def test_repeating_a_used_code_cannot_be_used_for_guessing(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    world.verifies(challenge, world.code_for(phone))
    for _ in range(5):
        assert world.verifies(challenge, other_than(world.code_for(phone))).problem == "wrong_code"
    assert world.verifies(challenge, world.code_for(phone)).problem == "challenge_expired"


def test_a_code_dies_after_ten_minutes(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    world.advance(timedelta(minutes=10))
    assert world.verifies(challenge, world.code_for(phone)).problem == "challenge_expired"


def test_guesses_are_limited_per_address_over_all_challenges(world: World) -> None:
    challenges = [world.asks_for_a_code(a_phone()).json["challenge_id"] for _ in range(13)]
    replies = [world.verifies(c, "000000", address="198.51.100.1") for c in challenges for _ in range(5)]
    limited = [reply for reply in replies if reply.problem == "too_many_attempts"]
    assert len(limited) == 5
    assert limited[0].json["limit"] == "attempts_per_address"
    assert limited[0].headers["retry-after"] == str(limited[0].json["retry_after"])


def test_a_resend_repeats_the_code(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    world.advance(timedelta(minutes=1))
    again = world.call("POST", f"/v1/signup/{challenge}/resend")
    assert again.status == 202
    assert again.json["resend_after"] == "2026-11-24T12:03:00Z"
    assert len(set(world.messages_to(phone))) == 1
    assert len(world.messages_to(phone)) == 2


def test_a_resend_too_early_says_when(world: World) -> None:
    challenge = world.asks_for_a_code(a_phone()).json["challenge_id"]
    world.advance(timedelta(seconds=20))
    early = world.call("POST", f"/v1/signup/{challenge}/resend")
    assert early.problem == "too_many_codes"
    assert (early.json["limit"], early.json["retry_after"]) == ("resend", 40)


def test_a_resend_that_the_carrier_refused_may_be_asked_again_at_once(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    world.advance(timedelta(minutes=1))
    with cloud.failing("sns", "Publish", SMS_DOWN):
        assert world.call("POST", f"/v1/signup/{challenge}/resend").problem == "sms_unavailable"
    assert world.call("POST", f"/v1/signup/{challenge}/resend").status == 202


def test_a_sixth_code_in_half_an_hour_is_refused_with_the_limit_and_its_end(world: World) -> None:
    phone = a_phone()
    for _ in range(5):
        assert world.asks_for_a_code(phone).status == 202
    refused = world.asks_for_a_code(phone)
    assert refused.problem == "too_many_codes"
    assert refused.json["limit"] == "codes_per_number"
    world.advance(timedelta(seconds=refused.json["retry_after"]))
    assert world.asks_for_a_code(phone).status == 202


def test_an_eleventh_code_a_day_is_refused_until_the_next_day(world: World) -> None:
    phone = a_phone()
    for _ in range(10):
        assert world.asks_for_a_code(phone).status == 202
        world.advance(timedelta(minutes=15))
    refused = world.asks_for_a_code(phone)
    assert refused.problem == "too_many_codes"
    assert refused.json["retry_after"] > 3600


def test_a_block_of_addresses_shares_one_limit(world: World) -> None:
    for number in range(25):
        assert world.asks_for_a_code(a_phone(), address=f"198.51.100.{number}").status == 202
    refused = world.asks_for_a_code(a_phone(), address="198.51.100.99")
    assert (refused.problem, refused.json["limit"]) == ("too_many_codes", "codes_per_address")
    assert world.asks_for_a_code(a_phone(), address="198.51.101.1").status == 202


def test_a_limited_address_does_not_use_up_a_strangers_number(world: World) -> None:
    for number in range(25):
        world.asks_for_a_code(a_phone(), address=f"198.51.100.{number}")
    phone = a_phone()
    for _ in range(9):
        world.asks_for_a_code(phone, address="198.51.100.1")
    assert world.asks_for_a_code(phone, address="192.0.2.1").status == 202


def test_no_code_is_sent_while_the_limits_cannot_be_counted(world: World) -> None:
    phone = a_phone()
    with cloud.failing("dynamodb", "UpdateItem", EndpointConnectionError(endpoint_url="https://dynamodb")):
        assert world.asks_for_a_code(phone).problem == "unavailable"
    assert world.messages_to(phone) == []


def test_a_carrier_that_refuses_is_told_as_503(world: World) -> None:
    with cloud.failing("sns", "Publish", SMS_DOWN):
        assert world.asks_for_a_code(a_phone()).problem == "sms_unavailable"


@pytest.mark.parametrize("quote", ['"{}"', "{}"])
def test_a_repeated_idempotency_key_sends_one_code_and_finds_the_same_challenge(
    world: World, quote: str
) -> None:
    phone, device = a_phone(), a_device()
    key = {"Idempotency-Key": quote.format(uuid.uuid4())}
    first = world.asks_for_a_code(phone, device, headers=key)
    world.advance(timedelta(hours=23))
    again = world.asks_for_a_code(phone, device, headers=key)
    assert again.json == first.json
    assert len(world.messages_to(phone)) == 1


def test_an_idempotency_key_with_another_body_is_refused(world: World) -> None:
    device, key = a_device(), {"Idempotency-Key": str(uuid.uuid4())}
    world.asks_for_a_code(a_phone(), device, headers=key)
    assert world.asks_for_a_code(a_phone(), device, headers=key).problem == "idempotency_mismatch"


def test_an_idempotency_key_of_another_device_finds_nothing(world: World) -> None:
    phone, key = a_phone(), {"Idempotency-Key": str(uuid.uuid4())}
    first = world.asks_for_a_code(phone, headers=key)
    second = world.asks_for_a_code(phone, headers=key)
    assert first.json["challenge_id"] != second.json["challenge_id"]


def test_a_key_whose_code_was_not_sent_sends_it_when_asked_again(world: World) -> None:
    phone, device, key = a_phone(), a_device(), {"Idempotency-Key": str(uuid.uuid4())}
    with cloud.failing("sns", "Publish", SMS_DOWN):
        assert world.asks_for_a_code(phone, device, headers=key).status == 503
    assert world.asks_for_a_code(phone, device, headers=key).problem == "in_progress"
    world.advance(timedelta(seconds=31))
    assert world.asks_for_a_code(phone, device, headers=key).status == 202
    assert len(world.messages_to(phone)) == 1


def test_a_key_used_again_a_day_later_brings_a_new_code(world: World) -> None:
    phone, device, key = a_phone(), a_device(), {"Idempotency-Key": str(uuid.uuid4())}
    world.asks_for_a_code(phone, device, headers=key)
    world.advance(timedelta(hours=24))
    world.asks_for_a_code(phone, device, headers=key)
    assert len(set(world.messages_to(phone))) == 2


@pytest.mark.parametrize("key", ["", '"', "not-a-uuid", '"a"b"'])
def test_a_malformed_idempotency_key_is_refused(world: World, key: str) -> None:
    reply = world.asks_for_a_code(a_phone(), headers={"Idempotency-Key": key})
    assert reply.problem == "invalid_request"


@pytest.mark.parametrize(
    "phone",
    ["+381601234", "0601234567", "+381112345678", "+1", "abc", "+99912345678", "ring +381601234567"],
    ids=["short", "national", "landline", "one digit", "letters", "no country", "in a sentence"],
)
def test_what_is_no_mobile_number_is_refused(world: World, phone: str) -> None:
    assert world.asks_for_a_code(phone).problem == "invalid_phone"


def test_a_national_number_is_read_with_its_region(world: World) -> None:
    body = {"phone": "060 123 4567", "region": "RS", "device": a_device()}
    assert world.call("POST", "/v1/signup", body=body).status == 202
    assert world.messages_to("+381601234567")


def test_the_code_is_written_in_the_users_language(world: World) -> None:
    phone = a_phone()
    body = {"phone": phone, "device": a_device(), "locale": "sr-Latn-RS"}
    world.call("POST", "/v1/signup", body=body)
    assert "RU4M kod" in world.messages_to(phone)[0]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"phone": 12}, "invalid_request"),
        ({"phone": "+3816" + "1" * 40}, "invalid_request"),
        ({"device": None}, "invalid_request"),
        ({"device": a_device(id="00000000-0000-0000-0000-000000000000")}, "invalid_request"),
        ({"device": a_device(id=str(uuid.uuid1()))}, "invalid_request"),
        ({"device": a_device(platform="fridge")}, "invalid_request"),
        ({"device": a_device(imei="490154203237518")}, "unexpected_field"),
        ({"email": "mila@example.org"}, "unexpected_field"),
        ({"region": "rs"}, "invalid_request"),
        ({"locale": "x" * 50}, "invalid_request"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(
    world: World, changes: dict[str, object], code: str
) -> None:
    body = {"phone": a_phone(), "device": a_device()} | changes
    assert world.call("POST", "/v1/signup", body=body).problem == code
    assert cloud.all_items() == []


@pytest.mark.parametrize(
    ("raw", "media", "code"),
    [
        (b"{", "application/json", "invalid_request"),
        (b"[]", "application/json", "invalid_request"),
        (b"", "application/json", "invalid_request"),
        (b"\xff\xfe", "application/json", "invalid_request"),
        (b"{}", "text/plain", "unsupported_media_type"),
        (b"{}", "application/x-www-form-urlencoded", "unsupported_media_type"),
        (b'{"phone":"' + b"1" * 20_000 + b'"}', "application/json", "payload_too_large"),
    ],
)
def test_a_broken_body_is_refused(world: World, raw: bytes, media: str, code: str) -> None:
    reply = world.call("POST", "/v1/signup", raw=raw, headers={"content-type": media})
    assert reply.problem == code


def test_a_refusal_names_the_place_and_never_the_value(world: World) -> None:
    secret = world.canaries("value")
    body = {"phone": a_phone(), "device": a_device(platform=secret, model=[secret]), "locale": secret + "!"}
    reply = world.call("POST", "/v1/signup", body=body)
    assert {error["pointer"] for error in reply.json["errors"]} == {
        "/device/platform",
        "/device/model",
        "/locale",
    }
    assert secret not in reply.text


def test_outdated_terms_are_answered_with_the_current_ones_and_cost_no_try(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    for _ in range(6):
        reply = world.verifies(challenge, world.code_for(phone), terms_version="terms-2020-01-01")
        assert reply.problem == "terms_outdated"
    assert reply.json["current"] == {"terms": TERMS, "privacy": PRIVACY}
    assert world.verifies(challenge, world.code_for(phone)).status == 201


@pytest.mark.parametrize("challenge", ["c_" + "0" * 26, "c_short", "u_" + "0" * 26, "%2e%2e"])
def test_a_foreign_or_malformed_challenge_opens_nothing(world: World, challenge: str) -> None:
    assert world.verifies(challenge, "123456").problem in {"challenge_expired", "not_found"}


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "١٢٣٤٥٦", 123456, None])
def test_what_is_no_code_is_refused_without_costing_a_try(world: World, code: object) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    path = f"/v1/signup/{challenge}/verify"
    assert world.call("POST", path, body=a_verification("0") | {"code": code}).problem == "invalid_request"
    assert world.verifies(challenge, other_than(world.code_for(phone))).json["attempts_left"] == 4


@pytest.mark.promise("ACC-2")
def test_an_abandoned_signup_is_invisible_after_a_day_and_has_a_ttl(world: World) -> None:
    world.asks_for_a_code(a_phone())
    (item,) = cloud.records("challenge")
    assert item["delete_at"] == item["expires_at"]
    assert int(item["delete_at"]["N"]) - world.now.timestamp() == 24 * 3600


@pytest.mark.promise("ACC-2")
def test_a_used_challenge_keeps_nothing_personal(world: World) -> None:
    world.a_user()
    (item,) = cloud.records("challenge")
    assert "personal" not in item


@pytest.mark.promise("SEC-1")
def test_a_number_stands_nowhere_in_keys_or_clear_attributes(world: World) -> None:
    world.a_user(phone=world.canaries.add("phone", a_phone()))
    assert world.canaries.in_clear_attributes() == []
    assert world.canaries.in_tables() == ["phone"]  # the helper does find what is there


@pytest.mark.promise("SEC-1")
def test_nothing_personal_is_logged_on_good_bad_and_broken_paths(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    phone = world.canaries.add("phone", a_phone())
    device = a_device(model=world.canaries("model"))
    mila = world.a_user(phone, device, display_name=world.canaries("name"))
    mila.changes(job_title=world.canaries("job"), unknown=world.canaries("unknown"))
    with cloud.failing("sns", "Publish", RuntimeError(f"could not reach {phone}")):
        assert world.asks_for_a_code(phone).status == 500
    metrics = capsys.readouterr().out
    assert "request_failed" in world.log.getvalue()
    assert "RequestFailed" in metrics
    assert world.canaries.in_text(world.log.getvalue() + metrics) == []


@pytest.mark.promise("STR-1")
def test_a_display_name_defaults_to_a_random_nickname(world: World) -> None:
    names = {world.a_user().profile()["display_name"] for _ in range(5)}
    assert len(names) > 1
    assert all(len(name.split()) == 3 and name.split()[2].isdigit() for name in names)


def test_a_chosen_display_name_is_kept(world: World) -> None:
    assert world.a_user(display_name="Mila").profile()["display_name"] == "Mila"


def test_a_second_signup_does_not_change_the_name(world: World) -> None:
    mila = world.a_user(display_name="Mila")
    assert world.a_user(phone=mila.phone, display_name="Other").profile()["display_name"] == "Mila"


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_a_frozen_account_can_sign_in_to_its_rights_only(world: World, state: str) -> None:
    mila = world.a_user()
    world.set_state(mila, state)
    again = world.a_user(phone=mila.phone)
    assert again.session["scope"] == "rights"


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def _verify(challenge: str, code: str) -> Verified:
    answer = Verification.model_validate_json(json.dumps(a_verification(code)))
    return service.verify(ChallengeId(challenge), answer, ClientAddress("203.0.113.9"))


def between_read_and_write(monkeypatch: pytest.MonkeyPatch, other: Callable[[], Verified]) -> list[Verified]:
    """Let another request run to its end just before the next transaction is sent."""
    transact = table.transact
    results: list[Verified] = []

    def after_the_other(operations: Iterable[table.Write]) -> None:
        monkeypatch.setattr(table, "transact", transact)
        results.append(other())
        transact(operations)

    monkeypatch.setattr(table, "transact", after_the_other)
    return results
