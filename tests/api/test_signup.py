"""Tests signup: a number, a code, an account (ACC-1, ACC-2). See also test_signup_*.py."""

import hmac
import uuid
from datetime import timedelta

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.accounts.challenges.limits import GUESSES
from chalicelib.accounts.challenges.model import TooManyAttempts
from chalicelib.consents.notices import versions
from chalicelib.consents.notices.model import Notice, NoticeKind, NoticeVersion
from chalicelib.core import aws, clock, table
from chalicelib.core.settings import settings
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.patches import failing_at
from tests.support.world.builders import PRIVACY, TERMS, a_device, a_phone, a_verification, other_than
from tests.support.world.limits import allow
from tests.support.world.world import World


@pytest.mark.promise("ACC-2")
def test_new_number_gets_a_code_and_then_an_account(world: World) -> None:
    phone = a_phone()
    asked = world.asks_for_a_code(phone)
    assert asked.status == 202
    assert asked.json == {
        "challenge_id": asked.json["challenge_id"],
        "channel": "sms",
        "digits": 6,
        "expires_at": "2026-11-24T12:10:00Z",
        "resend_at": "2026-11-24T12:01:00Z",
    }
    verified = world.verifies(asked.json["challenge_id"], world.code_for(phone))
    assert verified.status == 201
    assert verified.json["new_account"] is True
    session = verified.json["session"]
    assert (session["scope"], session["token_type"], session["expires_in"]) == ("full", "Bearer", 900)
    assert session["refresh_expires_in"] == 60 * 24 * 3600


@pytest.mark.promise("ACC-1")
def test_known_number_signs_in_to_its_account(world: World) -> None:
    mila = world.a_user()
    again = world.a_user(phone=mila.phone)
    assert again.verified["new_account"] is False
    assert again.user_id == mila.user_id
    assert again.session["session_id"] != mila.session["session_id"]


@pytest.mark.promise("ACC-1")
def test_known_and_unknown_numbers_get_the_same_response_and_cost_the_same(world: World) -> None:
    mila = world.a_user()
    world.advance(timedelta(days=1))
    world.asks_for_a_code(a_phone())  # reads the history of codes, as one request a minute does
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
def test_two_concurrent_codes_for_one_number_create_one_account(world: World) -> None:
    phone = a_phone()
    slow = world.asks_for_a_code(phone).json["challenge_id"]
    slow_code = world.code_for(phone)
    quick = world.asks_for_a_code(phone).json["challenge_id"]
    quick_code = world.code_for(phone)

    just_before(table, "transact", lambda: world.verifies(quick, quick_code))
    loser = world.verifies(slow, slow_code)

    owners = {claim["account_id"]["S"] for claim in cloud.records("claim")}
    assert loser.json["new_account"] is False
    assert len(owners) == 1


@pytest.mark.promise("ACC-1")
def test_two_concurrent_submissions_of_a_code_open_one_session(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    code = world.code_for(phone)

    winners = just_before(table, "transact", lambda: world.verifies(challenge, code))
    second = world.verifies(challenge, code)

    assert second.json["session"]["session_id"] == winners[0].json["session"]["session_id"]
    assert len(cloud.records("session")) == 1


@pytest.mark.promise("STR-4")
def test_concurrent_codes_after_newer_terms_record_one_acceptance(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila = world.a_user()
    newer = Notice(
        kind=NoticeKind.TERMS,
        version=NoticeVersion("terms-2026-11-01"),
        published_at=clock.now() - timedelta(days=30),
        effective_at=clock.now(),
        url="https://ru4m.com/terms/2026-11-01",
        changes="Newer.",
    )
    monkeypatch.setattr(versions, "PUBLISHED", (*versions.PUBLISHED, newer))
    slow = world.asks_for_a_code(mila.phone).json["challenge_id"]
    slow_code = world.code_for(mila.phone)
    quick = world.asks_for_a_code(mila.phone).json["challenge_id"]
    quick_code = world.code_for(mila.phone)

    shown = {"terms_version": newer.version}
    winners = just_before(table, "transact", lambda: world.verifies(quick, quick_code, **shown))
    loser = world.verifies(slow, slow_code, **shown)

    assert (loser.status, winners[0].status) == (200, 200)
    assert [a["version"]["S"] for a in cloud.records("acceptance")].count(newer.version) == 1


@pytest.mark.parametrize("used_after", [timedelta(0), timedelta(minutes=9, seconds=30)], ids=["soon", "late"])
def test_repeated_code_within_two_minutes_returns_the_same_session(
    world: World, used_after: timedelta
) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    world.advance(used_after)
    first = world.verifies(challenge, world.code_for(phone))
    world.advance(timedelta(minutes=1, seconds=59))
    again = world.verifies(challenge, world.code_for(phone))
    assert again.status == first.status == 201
    assert again.json["session"]["session_id"] == first.json["session"]["session_id"]
    assert again.json["session"]["refresh_token"] == first.json["session"]["refresh_token"]


@pytest.mark.promise("ACC-2")
def test_repeated_code_after_two_minutes_is_refused(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    world.verifies(challenge, world.code_for(phone))
    world.advance(timedelta(minutes=2))
    assert world.verifies(challenge, world.code_for(phone)).problem == "challenge_expired"


def test_repeated_code_does_not_revive_an_ended_session(world: World) -> None:
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
def test_wrong_code_states_the_attempts_left(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    wrong = other_than(world.code_for(phone))
    left = [world.verifies(challenge, wrong).json["attempts_left"] for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]


@pytest.mark.promise("ACC-2")
def test_right_code_is_refused_after_five_wrong_ones(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    for _ in range(5):
        world.verifies(challenge, other_than(world.code_for(phone)))
    assert world.verifies(challenge, world.code_for(phone)).problem == "challenge_expired"


@pytest.mark.promise("ACC-2")
def test_resend_does_not_reset_the_attempts(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    for _ in range(4):
        world.verifies(challenge, other_than(world.code_for(phone)))
    world.advance(timedelta(minutes=1))
    world.call("POST", f"/v1/signup/{challenge}/resend")
    assert world.verifies(challenge, other_than(world.code_for(phone))).json["attempts_left"] == 0


@pytest.mark.promise("ACC-2")
def test_code_without_attempts_left_is_not_sent_again(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    for _ in range(5):
        world.verifies(challenge, other_than(world.code_for(phone)))
    world.advance(timedelta(minutes=1))
    assert world.call("POST", f"/v1/signup/{challenge}/resend").problem == "challenge_expired"
    assert len(world.messages_to(phone)) == 1


@pytest.mark.promise("ACC-2")
def test_attempt_is_counted_even_if_the_process_dies_before_the_comparison(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    with failing_at(hmac, "compare_digest", ZeroDivisionError):
        assert world.verifies(challenge, "000000").status == 500
    assert world.verifies(challenge, other_than(world.code_for(phone))).json["attempts_left"] == 3


@pytest.mark.promise("ACC-2")
def test_wrong_codes_after_the_code_was_used_count_as_attempts(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    world.verifies(challenge, world.code_for(phone))
    for _ in range(5):
        assert world.verifies(challenge, other_than(world.code_for(phone))).problem == "wrong_code"
    assert world.verifies(challenge, world.code_for(phone)).problem == "challenge_expired"


@pytest.mark.promise("ACC-2")
def test_code_expires_after_ten_minutes(world: World) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    world.advance(timedelta(minutes=10))
    assert world.verifies(challenge, world.code_for(phone)).problem == "challenge_expired"


@pytest.mark.promise("ACC-2")
def test_two_challenges_of_one_instant_have_different_codes(world: World) -> None:
    phones = [a_phone() for _ in range(3)]
    for phone in phones:
        world.asks_for_a_code(phone)
    assert len({world.code_for(phone) for phone in phones}) > 1


@pytest.mark.promise("ACC-5")
def test_code_can_be_used_and_repeated_by_the_device_that_requested_it(world: World) -> None:
    phone, device = a_phone(), a_device()
    challenge = world.asks_for_a_code(phone, device).json["challenge_id"]
    first = world.verifies(challenge, world.code_for(phone), device_id=device["device_id"])
    again = world.verifies(challenge, world.code_for(phone), device_id=device["device_id"].upper())
    assert (first.status, again.status) == (201, 201)
    assert again.json["session"]["session_id"] == first.json["session"]["session_id"]


@pytest.mark.promise("ACC-5")
def test_right_code_from_another_device_is_wrong_before_and_after_its_use(
    world: World,
) -> None:
    phone, device, other = a_phone(), a_device(), a_device()
    challenge = world.asks_for_a_code(phone, device).json["challenge_id"]
    code = world.code_for(phone)
    assert world.verifies(challenge, code, device_id=other["device_id"]).json["attempts_left"] == 4
    assert world.verifies(challenge, code, device_id=device["device_id"]).status == 201
    assert world.verifies(challenge, code, device_id=other["device_id"]).json["attempts_left"] == 4


@pytest.mark.promise("ACC-5")
def test_stored_data_of_a_device_does_not_link_its_challenges(world: World) -> None:
    device = a_device()
    for _ in range(2):
        world.a_user(device=device)
    assert len({challenge["device_digest"]["S"] for challenge in cloud.records("challenge")}) == 2


@pytest.mark.promise("ACC-2")
def test_guesses_are_limited_per_address_over_all_challenges(world: World) -> None:
    challenges = [world.asks_for_a_code(a_phone()).json["challenge_id"] for _ in range(13)]
    replies = [world.verifies(c, "000000", address="198.51.100.1") for c in challenges for _ in range(5)]
    limited = [reply for reply in replies if reply.problem == "too_many_attempts"]
    assert len(limited) == 5
    assert limited[0].json["limit"] == "attempts_per_address"
    assert limited[0].headers["retry-after"] == str(limited[0].json["retry_after"])


def test_right_and_repeated_codes_do_not_count_as_guesses_of_an_address(world: World) -> None:
    allow(attempts_per_address=1)
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    for _ in range(3):
        assert world.verifies(challenge, world.code_for(phone)).status == 201
    assert world.verifies(challenge, other_than(world.code_for(phone))).problem == "wrong_code"
    assert world.verifies(challenge, world.code_for(phone)).problem == "too_many_attempts"


def test_uncounting_never_allows_more_than_the_limit(world: World) -> None:
    allow(attempts_per_address=1)
    for _ in range(2):
        GUESSES.uncount("198.51.100.0/24")
    GUESSES.hit("198.51.100.0/24")
    with pytest.raises(TooManyAttempts):
        GUESSES.hit("198.51.100.0/24")


def test_use_stays_counted_if_uncounting_fails(world: World) -> None:
    allow(attempts_per_address=1)
    GUESSES.hit("198.51.100.0/24")
    with cloud.failing("dynamodb", "UpdateItem", EndpointConnectionError(endpoint_url="https://dynamodb")):
        GUESSES.uncount("198.51.100.0/24")
    with pytest.raises(TooManyAttempts):
        GUESSES.hit("198.51.100.0/24")


def test_number_with_a_held_claim_and_no_account_is_unavailable(world: World) -> None:
    mila = world.a_user()
    past, ahead = (str(clock.to_epoch(world.now + timedelta(days=days))) for days in (-1, 1))
    for claim in cloud.records("claim"):  # expired, and kept by a hold
        held = {**claim, "expires_at": {"N": past}, "delete_at": {"N": ahead}}
        aws.client("dynamodb").put_item(TableName=settings().table(table.Table.CLAIMS), Item=held)
    challenge = world.asks_for_a_code(mila.phone).json["challenge_id"]
    assert world.verifies(challenge, world.code_for(mila.phone)).problem == "unavailable"


@pytest.mark.parametrize(
    "phone",
    ["+381601234", "0601234567", "+381112345678", "+1", "my phone", "+99912345678", "ring +381601234567",
     "+881612345678"],
    ids=["short", "national", "landline", "one digit", "letters", "no country", "in a sentence", "satellite"],
)  # fmt: skip
def test_number_that_is_not_mobile_is_refused_and_its_field_named(world: World, phone: str) -> None:
    refused = world.asks_for_a_code(phone)
    assert refused.problem == "invalid_phone"
    assert [(error["pointer"], error["code"]) for error in refused.json["errors"]] == [
        ("/phone", "invalid_phone")
    ]
    assert phone not in refused.text


def test_national_number_is_parsed_with_its_region(world: World) -> None:
    body = {"phone": "060 123 4567", "region": "RS", "device": a_device()}
    assert world.call("POST", "/v1/signup", body=body).status == 202
    assert world.messages_to("+381601234567")


@pytest.mark.parametrize("locale", ["sr", "sr-Latn-RS", "sr_RS", "sr_Latn_RS"])
def test_code_is_written_in_the_users_language(world: World, locale: str) -> None:
    phone = a_phone()
    body = {"phone": phone, "device": a_device(), "locale": locale}
    assert world.call("POST", "/v1/signup", body=body).status == 202
    assert "RU4M kod" in world.messages_to(phone)[0]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"phone": 12}, "invalid_request"),
        ({"phone": "+3816" + "1" * 40}, "invalid_request"),
        ({"device": None}, "invalid_request"),
        ({"device": a_device(platform="fridge")}, "invalid_request"),
        ({"device": a_device(imei="490154203237518")}, "unexpected_field"),
        ({"mail": "mila@example.org"}, "unexpected_field"),
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


@pytest.mark.promise("ACC-5")
@pytest.mark.parametrize(
    "device_id",
    ["00000000-0000-0000-0000-000000000000", str(uuid.uuid1()), str(uuid.uuid3(uuid.NAMESPACE_DNS, "mila"))],
    ids=["advertising switched off", "hardware address", "name"],
)
def test_device_id_that_is_not_random_is_refused(world: World, device_id: str) -> None:
    assert world.asks_for_a_code(a_phone(), a_device(device_id=device_id)).problem == "invalid_request"
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
def test_malformed_body_is_refused(world: World, raw: bytes, media: str, code: str) -> None:
    reply = world.call("POST", "/v1/signup", raw=raw, headers={"content-type": media})
    assert reply.problem == code


@pytest.mark.promise("SEC-1")
def test_refusal_names_the_field_and_never_the_value(world: World) -> None:
    secret = world.canaries("value")
    body = {"phone": a_phone(), "device": a_device(platform=secret, model=[secret]), "locale": secret + "!"}
    reply = world.call("POST", "/v1/signup", body=body)
    assert {error["pointer"] for error in reply.json["errors"]} == {
        "/device/platform",
        "/device/model",
        "/locale",
    }
    assert secret not in reply.text


@pytest.mark.promise("STR-4")
@pytest.mark.parametrize(
    "outdated", [{"terms_version": "terms-2020-01-01"}, {"privacy_version": "privacy-2020-01-01"}], ids=str
)
def test_outdated_terms_are_refused_with_the_current_ones_and_no_attempt(
    world: World, outdated: dict[str, str]
) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    for _ in range(6):
        reply = world.verifies(challenge, world.code_for(phone), **outdated)
        assert reply.problem == "terms_outdated"
    assert reply.json["current"] == {"terms": TERMS, "privacy": PRIVACY}
    assert world.verifies(challenge, world.code_for(phone)).status == 201


@pytest.mark.parametrize("challenge", ["c_" + "0" * 26, "c_short", "u_" + "0" * 26, "%2e%2e"])
def test_foreign_or_malformed_challenge_is_refused(world: World, challenge: str) -> None:
    assert world.verifies(challenge, "123456").problem in {"challenge_expired", "not_found"}


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "١٢٣٤٥٦", 123456, None])
def test_malformed_code_is_refused_and_not_counted_as_an_attempt(world: World, code: object) -> None:
    phone = a_phone()
    challenge = world.asks_for_a_code(phone).json["challenge_id"]
    path = f"/v1/signup/{challenge}/verify"
    assert world.call("POST", path, body=a_verification("0") | {"code": code}).problem == "invalid_request"
    assert world.verifies(challenge, other_than(world.code_for(phone))).json["attempts_left"] == 4


@pytest.mark.promise("ACC-2")
def test_abandoned_signup_is_invisible_after_48_hours_and_has_a_ttl(world: World) -> None:
    world.asks_for_a_code(a_phone())
    (item,) = cloud.records("challenge")
    assert item["delete_at"] == item["expires_at"]
    assert int(item["delete_at"]["N"]) - world.now.timestamp() == 48 * 3600


@pytest.mark.promise("ACC-2")
def test_used_challenge_keeps_no_personal_data(world: World) -> None:
    world.a_user()
    (item,) = cloud.records("challenge")
    assert "sealed" not in item


@pytest.mark.promise("SEC-1")
def test_tables_contain_no_phone_number_in_clear(world: World) -> None:
    world.a_user(phone=world.canaries.add("phone", a_phone()))
    world.asks_for_a_code(world.canaries.values["phone"])
    assert world.canaries.in_tables() == []


@pytest.mark.promise("SEC-1")
def test_no_personal_data_is_logged_after_success_refusal_or_failure(
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
def test_display_name_defaults_to_a_random_nickname(world: World) -> None:
    names = {world.a_user().profile()["display_name"] for _ in range(5)}
    assert len(names) > 1
    assert all(len(name.split()) == 3 and name.split()[2].isdigit() for name in names)


def test_chosen_display_name_is_kept(world: World) -> None:
    assert world.a_user(display_name="Mila").profile()["display_name"] == "Mila"


def test_second_signup_does_not_change_the_name(world: World) -> None:
    mila = world.a_user(display_name="Mila")
    assert world.a_user(phone=mila.phone, display_name="Other").profile()["display_name"] == "Mila"


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_frozen_account_signs_in_with_scope_rights(world: World, state: str) -> None:
    mila = world.a_user()
    world.set_state(mila, state)
    again = world.a_user(phone=mila.phone)
    assert again.session["scope"] == "rights"
