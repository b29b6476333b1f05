"""An account gets another number, proven by a code to it, and keeps everything else (RGT-2, ADR 43)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.accounts.profiles import number_change
from chalicelib.accounts.service import AccountMoved
from chalicelib.consents import store as consents
from chalicelib.core.ids import AccountId
from chalicelib.core.phrases import to_cyrillic
from chalicelib.core.settings import Secret
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.service import Addresses
from chalicelib.privacy.purposes import Purpose
from tests.api.test_security_events import events_of
from tests.api.test_signup_rotation import rotate
from tests.support.cases.erasure_parts import erase
from tests.support.cases.guests import enters
from tests.support.clouds import cloud
from tests.support.faults.races import before_the_commit
from tests.support.patches import fail_at
from tests.support.world.builders import a_device, a_phone, an_address, other_than
from tests.support.world.limits import allow
from tests.support.world.world import Reply, User, World


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user(display_name="Mila").is_stepped_up()


def asked(user: User, phone: str) -> str:
    """Request a code to a new number; returns the challenge."""
    reply = user.asks_for_number(phone)
    assert reply.status == 202, reply.text
    return str(reply.json["challenge_id"])


def verified(user: User, challenge: str, phone: str) -> Reply:
    return user.verifies_number(challenge, user.world.code_for(phone))


def is_new(world: World, phone: str) -> bool:
    """Sign in with a number, and return whether that created an account."""
    created: bool = world.a_user(phone).verified["new_account"]
    return created


def refused_field(reply: Reply) -> tuple[str, str]:
    (fault,) = reply.json["errors"]
    return fault["pointer"], fault["code"]


# --- the change


@pytest.mark.promise("RGT-2", "ACC-1")
def test_new_number_opens_the_account_and_the_old_one_a_new_account(world: World, mila: User) -> None:
    old, new = mila.phone, a_phone()
    changed = verified(mila, asked(mila, new), new)
    assert (changed.status, changed.json["phone"]) == (200, new)
    assert changed.json == mila.profile()
    assert world.a_user(new).user_id == mila.user_id
    assert is_new(world, old)


@pytest.mark.promise("SEC-1")
def test_neither_number_is_in_a_log_or_in_clear_in_a_table(world: World, mila: User) -> None:
    numbers = [mila.phone, a_phone()]
    mila.changes_number(numbers[1])
    written = world.log.getvalue() + str(cloud.all_items())
    assert [number for number in numbers if number.lstrip("+") in written] == []


def test_national_number_is_accepted_with_its_region(world: World, mila: User) -> None:
    new = a_phone()
    national = {"phone": "0" + new.removeprefix("+381"), "region": "RS"}
    asked = mila.calls("POST", "/v1/profile/phone", body=national)
    assert verified(mila, asked.json["challenge_id"], new).json["phone"] == new


@pytest.mark.promise("RGT-2")
def test_change_needs_a_step_up_by_the_old_number(world: World) -> None:
    mila, new = world.a_user(), a_phone()
    assert mila.asks_for_number(new).problem == "step_up_required"
    challenge = asked(mila.is_stepped_up(), new)
    world.advance(timedelta(minutes=9, seconds=30))
    late = asked(mila, new)
    world.advance(timedelta(minutes=1))
    for each in (challenge, late):
        assert verified(mila, each, new).problem == "step_up_required"
    assert world.messages_to(mila.phone)[-1].startswith("Your RU4M code")


def test_only_the_session_that_asked_can_use_the_code(world: World, mila: User) -> None:
    new, tablet = a_phone(), world.a_user(mila.phone).is_stepped_up()
    challenge = asked(mila, new)
    assert verified(tablet, challenge, new).problem == "challenge_expired"
    assert mila.steps_up_with(challenge, world.code_for(new)).problem == "challenge_expired"
    assert world.verifies(challenge, world.code_for(new)).problem == "challenge_expired"
    assert verified(mila, challenge, new).status == 200


def test_account_that_is_frozen_before_the_commit_keeps_its_number(world: World, mila: User) -> None:
    new, old = a_phone(), mila.phone
    challenge = asked(mila, new)
    before_the_commit(lambda: world.set_state(mila, "frozen"))
    assert verified(mila, challenge, new).status == 503
    assert not is_new(world, old)


def test_own_number_and_a_landline_are_refused(mila: User) -> None:
    assert refused_field(mila.asks_for_number(mila.phone)) == ("/phone", "does_not_apply")
    assert mila.asks_for_number("+381113000000").problem == "invalid_phone"


def test_wrong_code_changes_nothing_and_costs_an_attempt(world: World, mila: User) -> None:
    new = a_phone()
    challenge = asked(mila, new)
    wrong = other_than(world.code_for(new))
    lefts = [mila.verifies_number(challenge, wrong).json["attempts_left"] for _ in range(5)]
    assert lefts == [4, 3, 2, 1, 0]
    assert verified(mila, challenge, new).problem == "challenge_expired"
    assert is_new(world, new)


@pytest.mark.promise("RGT-2")
def test_repeated_code_within_two_minutes_returns_the_profile_again(world: World, mila: User) -> None:
    old, new = mila.phone, a_phone()
    challenge = asked(mila, new)
    first = verified(mila, challenge, new)
    world.advance(timedelta(minutes=1, seconds=59))
    again = verified(mila, challenge, new)
    assert (again.status, again.json) == (200, first.json)
    assert len(world.messages_to(old)) == 3  # two codes and one notice
    world.advance(timedelta(seconds=1))
    assert verified(mila, challenge, new).problem == "challenge_expired"


# --- numbers of others


@pytest.mark.promise("ACC-1", "RGT-2")
def test_number_of_another_account_is_disclosed_only_to_a_reader_of_its_code(
    world: World, mila: User
) -> None:
    vuk, old, free = world.a_user(), mila.phone, a_phone()
    started = [mila.asks_for_number(phone) for phone in (vuk.phone, free)]
    assert [reply.status for reply in started] == [202, 202]
    views = [reply.json | {"challenge_id": ""} for reply in started]
    assert views[0] == views[1]
    taken = verified(mila, started[0].json["challenge_id"], vuk.phone)
    assert (taken.status, taken.problem) == (409, "number_taken")
    assert [world.a_user(phone).user_id for phone in (old, vuk.phone)] == [mila.user_id, vuk.user_id]
    assert not any("being changed" in text for text in world.messages_to(old))


def test_starts_make_the_same_calls_for_free_and_taken_numbers(world: World, mila: User) -> None:
    vuk = world.a_user()
    assert mila.asks_for_number(a_phone()).status == 202  # a container that has read its secrets
    calls = []
    for phone in (vuk.phone, a_phone()):
        with cloud.counted() as made:
            assert mila.asks_for_number(phone).status == 202
        calls.append(dict(made))
    assert calls[0] == calls[1]


def test_number_that_another_account_takes_before_the_commit_stays_there(world: World, mila: User) -> None:
    new, old = a_phone(), mila.phone
    challenge = asked(mila, new)
    code = world.code_for(new)
    winners = before_the_commit(lambda: world.a_user(new))
    assert mila.verifies_number(challenge, code).problem == "number_taken"
    assert winners[0].verified["new_account"]
    assert [world.a_user(phone).user_id for phone in (old, new)] == [mila.user_id, winners[0].user_id]


@pytest.mark.promise("ACC-1")
def test_sign_in_by_the_old_number_that_is_overtaken_makes_a_new_account(world: World, mila: User) -> None:
    old, new = mila.phone, a_phone()
    challenge = asked(mila, new)
    sign_in = world.asks_for_a_code(old).json["challenge_id"]
    code = world.code_for(old)
    before_the_commit(lambda: verified(mila, challenge, new))
    slow = world.verifies(sign_in, code)
    assert (slow.status, slow.json["new_account"]) == (201, True)
    assert slow.json["user_id"] != mila.user_id


def test_two_concurrent_submissions_of_a_code_both_succeed(world: World, mila: User) -> None:
    new = a_phone()
    challenge = asked(mila, new)
    winners = before_the_commit(lambda: verified(mila, challenge, new))
    assert verified(mila, challenge, new).json == winners[0].json
    assert winners[0].json["phone"] == new


def test_two_sessions_that_change_the_number_concurrently_leave_one_number(world: World, mila: User) -> None:
    tablet = world.a_user(mila.phone).is_stepped_up()
    numbers = [a_phone(), a_phone()]
    slow, quick = asked(mila, numbers[0]), asked(tablet, numbers[1])
    before_the_commit(lambda: verified(tablet, quick, numbers[1]))
    assert verified(mila, slow, numbers[0]).problem == "unavailable"  # the other number was not notified
    assert mila.profile()["phone"] == numbers[1]
    assert verified(mila, slow, numbers[0]).json["phone"] == numbers[0]
    assert "being changed" in world.messages_to(numbers[1])[-1]
    assert (is_new(world, numbers[0]), is_new(world, numbers[1])) == (False, True)


def test_change_to_the_number_that_another_session_set_meanwhile_announces_nothing(
    world: World, mila: User
) -> None:
    tablet, new = world.a_user(mila.phone).is_stepped_up(), a_phone()
    slow, quick = asked(mila, new), asked(tablet, new)
    codes = world.messages_to(new)
    assert verified(tablet, quick, new).status == 200
    first = re.search(r"[0-9]{6}", codes[0])
    assert first
    assert mila.verifies_number(slow, first[0]).json["phone"] == new
    assert world.messages_to(new) == codes


def test_change_of_the_language_at_the_same_time_is_kept(world: World, mila: User) -> None:
    new = a_phone()
    challenge = asked(mila, new)
    before_the_commit(lambda: mila.changes(locale="sr-RS"))
    shown = verified(mila, challenge, new).json
    assert (shown["phone"], shown["locale"]) == (new, "sr-RS")


@pytest.mark.promise("ACC-1")
def test_claims_move_under_every_version_of_the_lookup_key(world: World, mila: User) -> None:
    old, new = mila.phone, a_phone()
    rotate(Secret.LOOKUP, current="2")
    mila.changes_number(new)
    assert world.a_user(new).user_id == mila.user_id
    assert is_new(world, old)
    assert len([item for item in cloud.records("claim") if item["pk"]["S"].startswith("phone#1")]) == 0


# --- notices, traces, limits


@pytest.mark.promise("RGT-2")
@pytest.mark.parametrize(
    ("locale", "text", "letter"),
    [
        (
            "en",
            "RU4M: the number of your account is being changed to another one",
            "The phone number of your account is being changed.",
        ),
        (
            "sr-RS",
            "RU4M: broj Vaseg naloga se upravo zamenjuje drugim",
            "Broj telefona Vašeg naloga se upravo menja.",
        ),
        (
            "sr-Cyrl",
            f"RU4M: {to_cyrillic('broj naloga se menja')}",
            to_cyrillic("Broj telefona Vašeg naloga se upravo menja."),
        ),
    ],
)
def test_old_number_and_address_are_notified_in_the_language_of_the_account(
    world: World, mila: User, locale: str, text: str, letter: str
) -> None:
    old, address = mila.phone, an_address()
    mila.has_email(address)
    mila.changes(locale=locale)
    mila.changes_number(a_phone())
    assert text in world.messages_to(old)[-1]
    assert "privacy@" in world.messages_to(old)[-1]
    assert letter in world.mails_to(address)[-1]
    assert " 72 " in world.mails_to(address)[-1]


def test_number_stays_if_the_notice_to_the_old_one_cannot_be_sent(world: World, mila: User) -> None:
    new, old = a_phone(), mila.phone
    challenge = asked(mila, new)
    throttled = ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "Publish")
    for _ in range(6):  # more often than a code can be tried: the attempt is not counted
        with cloud.failing("sns", "Publish", throttled):
            assert verified(mila, challenge, new).status == 503
    assert mila.profile()["phone"] == old
    assert verified(mila, challenge, new).json["phone"] == new


def test_old_number_that_sns_refuses_for_good_can_be_changed(world: World, mila: User) -> None:
    new = a_phone()
    challenge = asked(mila, new)
    refused = ClientError({"Error": {"Code": "InvalidParameter", "Message": ""}}, "Publish")
    with cloud.failing("sns", "Publish", refused):
        assert verified(mila, challenge, new).json["phone"] == new


def test_changes_that_fail_after_the_notice_send_a_notice_per_attempt_at_most(
    world: World, mila: User
) -> None:
    new, old = a_phone(), mila.phone
    challenge = asked(mila, new)
    fail_at(number_change, "commit", AccountMoved)  # as if it changed between its read and the transaction
    problems = [verified(mila, challenge, new).problem for _ in range(8)]
    assert problems == ["unavailable"] * 5 + ["challenge_expired"] * 3
    assert sum("being changed" in text for text in world.messages_to(old)) == 5


def test_notices_in_doubt_cost_attempts(world: World, mila: User) -> None:
    new, old = a_phone(), mila.phone
    challenge = asked(mila, new)
    with cloud.failing("sns", "Publish", ReadTimeoutError(endpoint_url="https://sns"), 5, "after"):
        problems = [verified(mila, challenge, new).problem for _ in range(6)]
    assert problems == ["unavailable"] * 5 + ["challenge_expired"]
    assert sum("being changed" in text for text in world.messages_to(old)) == 5


def test_all_sessions_stay_and_the_change_is_a_security_event(world: World, mila: User) -> None:
    tablet = world.a_user(mila.phone)
    mila.changes_number(a_phone())
    assert [user.profile()["phone"] for user in (mila, tablet)] == [mila.phone] * 2
    assert events_of(mila).count("number_changed") == 1
    (event,) = [one for one in cloud.records("security_event") if one["event"]["S"] == "number_changed"]
    assert event["session_id"]["S"] == mila.session["session_id"]


def test_device_that_changed_the_number_is_known_under_the_new_one(world: World) -> None:
    device = a_device()
    mila = world.a_user(device=device).changes_number(a_phone())
    allow(codes_per_number_day=1, codes_per_number_short=1)
    assert world.asks_for_a_code(mila.phone, device).status == 202  # from its reserve
    assert world.asks_for_a_code(mila.phone, a_device()).problem == "too_many_codes"


@pytest.mark.promise("RGT-2")
def test_code_to_step_up_that_went_to_the_old_number_steps_up_no_more(world: World, mila: User) -> None:
    old, new = mila.phone, a_phone()
    change, step_up = asked(mila, new), mila.asks_to_step_up().json["challenge_id"]
    code = world.code_for(old)
    verified(mila, change, new)
    assert mila.steps_up_with(step_up, code).problem == "challenge_expired"
    mila.phone = new
    assert mila.steps_up().status == 200


def test_codes_are_limited_per_account_and_per_number(world: World, mila: User) -> None:
    refused = [mila.asks_for_number(a_phone()) for _ in range(6)][-1]
    assert (refused.problem, refused.json["limit"]) == ("too_many_codes", "codes_to_change_number")
    vuk, wanted = world.a_user().is_stepped_up(), a_phone()
    for _ in range(5):
        assert world.asks_for_a_code(wanted).status == 202
    refused = vuk.asks_for_number(wanted)
    assert (refused.problem, refused.json["limit"]) == ("too_many_codes", "codes_per_number")


def test_codes_go_to_served_countries_and_count_in_the_budgets(world: World, mila: User) -> None:
    fault = mila.asks_for_number("+8613800138000").json["errors"][0]
    assert fault["code"] == "country_not_served"
    allow(codes_unverified_country_hour=1, codes_unverified_country_day=1)
    refused: Any = [mila.asks_for_number(a_phone()) for _ in range(2)][-1]
    assert (refused.problem, refused.json["limit"]) == ("too_many_codes", "codes_per_country")


# --- what follows the number


@pytest.mark.promise("RGT-6")
def test_objection_stays_with_the_account_and_ends_for_the_old_number(world: World, mila: User) -> None:
    assert mila.exercises("marketing_objection").json["status"] == "completed"
    assert [("unowned_since" in one) for one in cloud.records("suppression")] == [False]
    mila.changes_number(a_phone())
    assert [("unowned_since" in one) for one in cloud.records("suppression")] == [True]
    decisions = consents.read(AccountId(mila.account_id))
    assert decisions
    assert Purpose.MARKETING in decisions.objected


@pytest.mark.promise("RGT-6")
def test_objection_that_is_overtaken_by_a_change_suppresses_the_new_number(world: World, mila: User) -> None:
    old, new = mila.phone, a_phone()
    challenge = asked(mila, new)
    before_the_commit(lambda: verified(mila, challenge, new))
    assert mila.exercises("marketing_objection").json["status"] == "completed"
    suppressed = [bool(suppressions.suppressed(Addresses(phone=number))) for number in (old, new)]
    assert suppressed == [False, True]


@pytest.mark.promise("RGT-6")
def test_objection_that_overtakes_a_change_ends_for_the_old_number(world: World, mila: User) -> None:
    new = a_phone()
    challenge = asked(mila, new)
    before_the_commit(lambda: mila.exercises("marketing_objection"))
    assert verified(mila, challenge, new).json["phone"] == new
    assert [("unowned_since" in one) for one in cloud.records("suppression")] == [True]


@pytest.mark.promise("RGT-6")
def test_suppression_of_the_new_number_moves_to_the_current_lookup_key(world: World, mila: User) -> None:
    new = a_phone()
    enters(world.an_operator("alice"), "marketing_objection", phone=new)
    rotate(Secret.LOOKUP, current="2")
    mila.changes_number(new)
    (suppression,) = cloud.records("suppression")
    assert suppression["pk"]["S"].split("#")[:2] == ["unwanted_phone", "2"]


def test_blocked_user_stays_blocked_under_the_new_number(world: World, mila: User) -> None:
    vera = world.a_user()
    vera.blocks(mila)
    mila.changes_number(a_phone())
    assert mila.gets(f"/v1/users/{vera.user_id}").status == 404
    assert vera.unblocks(mila).status == 204
    assert mila.gets(f"/v1/users/{vera.user_id}").status == 200


@pytest.mark.promise("RGT-3")
def test_block_of_an_erased_user_follows_the_old_and_the_last_number(world: World, mila: User) -> None:
    vera, numbers = world.a_user(), [mila.phone, a_phone()]
    vera.blocks(mila)
    erase(mila.changes_number(numbers[1]))
    again = [world.a_user(number) for number in numbers]
    assert [one.verified["new_account"] for one in again] == [True, True]
    assert [vera.gets(f"/v1/users/{one.user_id}").status for one in again] == [404, 404]
    (listed,) = vera.gets("/v1/blocks").json["items"]
    assert vera.calls("DELETE", f"/v1/blocks/{listed['user_id']}").status == 204
    assert [vera.gets(f"/v1/users/{one.user_id}").status for one in again] == [200, 200]


@pytest.mark.promise("RGT-11")
def test_operator_freezes_the_account_by_its_former_number_until_operators_end_it(
    world: World, mila: User
) -> None:
    old, alice = mila.phone, world.an_operator("alice")
    mila.changes_number(a_phone())
    world.advance(timedelta(hours=71))
    body: dict[str, Any] = {"phone": old, "ground": "b", "received_by": "telephone"}
    assert enters(alice, "restriction", **body).json["without_account"]  # the number of a stranger
    entered = enters(alice, "restriction", **body, without_access=True).json
    mila = world.a_user(mila.phone).is_stepped_up()
    assert mila.session["scope"] == "rights"
    for how in ("lift", "cancel"):
        assert (
            mila.calls("POST", f"/v1/rights-requests/{entered['rights_request_id']}/{how}").problem
            == "not_now"
        )
    assert is_new(world, old)


def test_restriction_from_before_the_change_is_ended_by_its_subject(world: World, mila: User) -> None:
    body: dict[str, Any] = {"ground": "b", "purposes": ["analytics"]}
    entered = world.an_operator("alice").enters(mila.user_id, "restriction", **body).json
    world.advance(timedelta(seconds=1))
    mila.changes_number(a_phone()).is_stepped_up()
    assert mila.calls("POST", f"/v1/rights-requests/{entered['rights_request_id']}/lift").status == 200


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("moves_on", [False, True])
def test_freeze_by_a_number_that_signed_up_again_is_of_the_account_that_had_it(
    world: World, mila: User, *, moves_on: bool
) -> None:
    old, alice = mila.phone, world.an_operator("alice")
    mila.changes_number(a_phone())
    again = world.a_user(old)  # by the thief, or by the owner with a new card
    if moves_on:
        again.changes_number(a_phone())
    freeze = {"phone": old, "ground": "b", "received_by": "telephone", "without_access": True}
    assert not enters(alice, "restriction", **freeze).json["without_account"]
    assert world.a_user(mila.phone).session["scope"] == "rights"
    assert world.a_user(again.phone).session["scope"] == "full"


@pytest.mark.promise("RGT-1")
def test_copy_by_a_number_that_signed_up_again_is_of_the_account_that_has_it(
    world: World, mila: User
) -> None:
    old, alice = mila.phone, world.an_operator("alice")
    mila.changes_number(a_phone())
    again = world.a_user(old)
    entered = enters(alice, "access", phone=old, without_access=True).json
    listed = [
        [one["rights_request_id"] for one in user.gets("/v1/rights-requests").json["items"]]
        for user in (mila, again)
    ]
    assert listed == [[], [entered["rights_request_id"]]]


@pytest.mark.promise("RGT-11")
def test_number_that_was_changed_three_days_ago_leads_to_no_account(world: World, mila: User) -> None:
    old, alice = mila.phone, world.an_operator("alice")
    mila.changes_number(a_phone())
    world.advance(timedelta(hours=72))
    body = {"phone": old, "ground": "b", "received_by": "telephone", "without_access": True}
    assert enters(alice, "restriction", **body).json["without_account"]
    assert world.a_user(mila.phone).session["scope"] == "full"


def test_contacts_stay(world: World, mila: User) -> None:
    vera = world.a_user()
    vera.meets(mila)
    mila.changes_number(a_phone())
    assert [one["user_id"] for one in mila.gets("/v1/contacts").json["items"]] == [vera.user_id]
