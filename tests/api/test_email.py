"""An email address is added to the profile once its code was verified (ACC-4)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from chalicelib.accounts.challenges import store
from chalicelib.accounts.challenges.model import ChallengePurpose, ChallengeRef
from chalicelib.accounts.profiles import service
from chalicelib.core import aws, table
from chalicelib.core.ids import AccountId, ChallengeId
from chalicelib.core.settings import settings
from chalicelib.privacy.controller import CONTROLLER
from tests.support.clouds import cloud
from tests.support.clouds.cloud import failing, losing_responses, sent_mail
from tests.support.faults.outages import OUTAGES, named, refusal, refused_sender
from tests.support.faults.races import just_before
from tests.support.world.builders import a_device, a_phone, an_address, other_than
from tests.support.world.limits import allow
from tests.support.world.world import Reply, User, World


def a_user(world: World) -> User:
    """Return a new user with a stepped-up session."""
    return world.a_user().is_stepped_up()


def asked(mila: User, address: str, **more: Any) -> str:
    """Request a code to an address; returns the challenge."""
    reply = mila.asks_for_email(address, **more)
    assert reply.status == 202, reply.text
    return str(reply.json["challenge_id"])


def submit_code(mila: User, challenge: str, email: str, **more: Any) -> Reply:
    """Submit the code of the last mail."""
    return mila.verifies_email(challenge, mila.world.code_mailed_to(email), **more)


def email_of(mila: User) -> tuple[str | None, bool]:
    profile = mila.profile()
    return profile.get("email"), profile["email_verified"]


NO_EMAIL = (None, False)


# --- verifying


@pytest.mark.promise("ACC-4")
def test_address_is_on_the_profile_after_its_code_is_verified(world: World) -> None:
    mila, address = a_user(world), an_address()
    challenge = asked(mila, address)
    assert email_of(mila) == NO_EMAIL
    answer = submit_code(mila, challenge, address)
    assert (answer.status, answer.json["email"], answer.json["email_verified"]) == (200, address, True)
    assert answer.json == mila.profile()
    assert answer.headers["etag"] == mila.gets("/v1/profile").headers["etag"] != '"1"'


def test_response_describes_the_challenge(world: World) -> None:
    reply = a_user(world).asks_for_email(an_address())
    assert reply.json == {
        "challenge_id": reply.json["challenge_id"],
        "channel": "email",
        "digits": 6,
        "expires_at": "2026-11-24T12:10:00Z",
        "resend_at": "2026-11-24T12:01:00Z",
    }
    assert cloud.sent_messages()[2:] == []  # no SMS but those to sign up and to step up


def test_wrong_code_changes_nothing_and_states_the_attempts_left(world: World) -> None:
    mila, address = a_user(world), an_address()
    challenge = asked(mila, address)
    wrong = other_than(world.code_mailed_to(address))
    replies = [mila.verifies_email(challenge, wrong) for _ in range(5)]
    assert [(reply.problem, reply.json["attempts_left"]) for reply in replies] == [
        ("wrong_code", left) for left in (4, 3, 2, 1, 0)
    ]
    assert submit_code(mila, challenge, address).problem == "challenge_expired"
    assert email_of(mila) == NO_EMAIL


def test_code_expires_after_ten_minutes(world: World) -> None:
    mila, address = a_user(world), an_address()
    challenge = asked(mila, address)
    world.advance(timedelta(minutes=10))
    assert submit_code(mila.is_stepped_up(), challenge, address).problem == "challenge_expired"
    assert email_of(mila) == NO_EMAIL


def test_challenge_of_another_account_is_treated_as_unknown(world: World) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    challenge = asked(mila, address)
    theirs = submit_code(vuk, challenge, address)
    none = vuk.verifies_email("c_" + "0" * 26, "000000")
    assert theirs.problem == "challenge_expired"
    assert theirs.json | {"request_id": ""} == none.json | {"request_id": ""}
    assert email_of(vuk) == NO_EMAIL
    assert submit_code(mila, challenge, address).status == 200  # and no attempt of mila was counted


def test_code_is_valid_for_its_own_purpose_only(world: World) -> None:
    mila, address = a_user(world), an_address()
    mailed, texted = asked(mila, address), mila.asks_to_step_up().json["challenge_id"]
    assert mila.steps_up_with(mailed, world.code_mailed_to(address)).problem == "challenge_expired"
    assert mila.verifies_email(texted, world.code_for(mila.phone)).problem == "challenge_expired"


def test_any_session_of_the_account_may_verify_the_code(world: World) -> None:
    mila, address = a_user(world), an_address()
    challenge = asked(mila, address)
    tablet = world.a_user(phone=mila.phone).is_stepped_up()
    assert submit_code(tablet, challenge, address).json["email"] == address


def test_code_repeated_within_two_minutes_returns_the_profile(world: World) -> None:
    mila, address = a_user(world), an_address()
    challenge = asked(mila, address)
    first = submit_code(mila, challenge, address)
    world.advance(timedelta(minutes=1, seconds=59))
    again = submit_code(mila, challenge, address)
    assert (again.status, again.json) == (200, first.json)
    world.advance(timedelta(seconds=1))
    assert submit_code(mila, challenge, address).problem == "challenge_expired"


def test_repeated_code_does_not_restore_a_removed_address(world: World) -> None:
    mila, address = a_user(world), an_address()
    challenge = asked(mila, address)
    submit_code(mila, challenge, address)
    mila.changes(email=None)
    again = submit_code(mila, challenge, address)
    assert (again.status, again.json["email_verified"]) == (200, False)
    assert email_of(mila) == NO_EMAIL


# --- one account per address


def test_taken_address_is_disclosed_only_to_a_reader_of_its_mail(world: World) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    mila.has_email(address)
    taken, free = vuk.asks_for_email(address), vuk.asks_for_email(an_address())
    assert taken.json | {"challenge_id": ""} == free.json | {"challenge_id": ""}
    challenge, code = taken.json["challenge_id"], world.code_mailed_to(address)
    assert vuk.verifies_email(challenge, other_than(code)).problem == "wrong_code"
    before = vuk.gets("/v1/profile")
    assert vuk.verifies_email(challenge, code).problem == "email_taken"
    assert vuk.gets("/v1/profile") == before
    assert email_of(mila) == (address, True)


def test_request_does_not_look_up_whether_an_address_is_taken(world: World) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    mila.has_email(address)
    with cloud.counted() as taken:
        vuk.asks_for_email(address)
    with cloud.counted() as free:
        vuk.asks_for_email(an_address())
    assert taken == free


@pytest.mark.promise("ACC-4")
@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_address_removed_from_its_account_can_be_added_to_another(world: World, how: str) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    mila.has_email(address)
    challenge = asked(vuk, address)
    assert submit_code(vuk, challenge, address).problem == "email_taken"
    if how == "removed":
        assert mila.changes(email=None).status == 200
    else:
        assert mila.has_email(an_address()).status == 200
    assert submit_code(vuk, challenge, address).json["email"] == address
    assert email_of(mila)[0] != address


def test_verifying_the_same_address_again_keeps_it(world: World) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    mila.has_email(address)
    assert mila.has_email(address).json["email"] == address
    assert vuk.has_email(address).problem == "email_taken"


def test_two_spellings_of_a_mailbox_are_one_address(world: World) -> None:
    mila, vuk = a_user(world), a_user(world)
    challenge = asked(mila, "Mila.P@Пример.СРБ")
    spelled = "mila.p@xn--e1afmkfd.xn--90a3ac"
    assert submit_code(mila, challenge, spelled).json["email"] == spelled
    again = asked(vuk, "MILA.p@xn--e1afmkfd.xn--90a3ac")
    assert submit_code(vuk, again, spelled).problem == "email_taken"


def test_one_of_two_accounts_that_verify_an_address_concurrently_gets_it(world: World) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    hers = asked(mila, address)
    her_code = world.code_mailed_to(address)
    his = asked(vuk, address)
    winners = just_before(service, "keep_email", lambda: mila.verifies_email(hers, her_code))
    assert submit_code(vuk, his, address).problem == "email_taken"
    assert winners[0].json["email"] == address
    assert email_of(vuk) == NO_EMAIL


def test_two_concurrent_submissions_of_a_code_both_succeed(world: World) -> None:
    mila, address = a_user(world), an_address()
    challenge = asked(mila, address)
    winners = just_before(service, "keep_email", lambda: submit_code(mila, challenge, address))
    slower = submit_code(mila, challenge, address)
    assert (slower.status, slower.json, slower.headers["etag"]) == (200, winners[0].json, '"2"')


def test_concurrent_edit_is_kept_beside_the_address(world: World) -> None:
    mila, address = a_user(world), an_address()
    challenge = asked(mila, address)
    just_before(service, "keep_email", lambda: mila.changes(name="Milica"))
    verified = submit_code(mila, challenge, address).json
    assert (verified["name"], verified["email"]) == ("Milica", address)


def test_address_verified_later_replaces_the_other_and_releases_its_claim(world: World) -> None:
    mila, vuk, first, second = a_user(world), a_user(world), an_address(), an_address()
    slow, quick = asked(mila, first), asked(mila, second)
    just_before(service, "keep_email", lambda: submit_code(mila, quick, second))
    assert submit_code(mila, slow, first).problem == "unavailable"  # the second one was not notified
    assert "removed" not in world.mails_to(second)[-1]
    assert submit_code(mila, slow, first).json["email"] == first
    assert vuk.has_email(second).status == 200
    assert vuk.has_email(first).problem == "email_taken"


# --- removing


@pytest.mark.promise("ACC-4")
def test_former_address_is_notified_of_its_removal(world: World) -> None:
    mila, first, second = a_user(world), an_address(), an_address()
    mila.has_email(first)
    mila.has_email(second)
    assert "removed" in world.mails_to(first)[-1]
    mila.changes(email=None)
    assert "removed" in world.mails_to(second)[-1]


def test_change_that_keeps_the_address_sends_no_mail(world: World) -> None:
    mila, address = a_user(world), an_address()
    mila.has_email(address)
    before = len(world.mails_to(address))
    assert mila.changes(name="Milica").status == 200
    assert len(world.mails_to(address)) == before


def test_address_is_removed_although_no_mail_can_be_sent(world: World) -> None:
    mila, address = a_user(world), an_address()
    mila.has_email(address)
    with failing("sesv2", "SendEmail", refusal("TooManyRequestsException")):
        assert mila.changes(email=None).status == 200


@pytest.mark.promise("ACC-4")
def test_null_removes_the_address_and_no_other_field(world: World) -> None:
    mila = a_user(world)
    before = mila.changes(name="Milica", country="RS").json
    mila.has_email(an_address())
    removed = mila.changes(email=None)
    assert (removed.status, removed.json) == (200, before)
    assert mila.profile() == before


@pytest.mark.promise("ACC-1")
def test_address_is_removed_and_language_changed_in_one_call(world: World) -> None:
    user = world.a_user()
    user.has_email("mila@example.com")
    user.is_stepped_up()
    assert user.changes(email=None, locale="sr").status == 200
    profile = user.profile()
    assert (profile.get("email"), profile["locale"]) == (None, "sr")


@pytest.mark.promise("ACC-4")
def test_address_cannot_be_set_unverified(world: World) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    before = mila.gets("/v1/profile")
    refused = mila.changes(email=address, name="Milica")
    assert (refused.problem, refused.json["errors"][0]["pointer"]) == ("invalid_request", "/email")
    assert address not in refused.text
    assert mila.gets("/v1/profile") == before
    assert vuk.has_email(address).status == 200  # no claim was made


def test_edit_of_another_field_keeps_the_address_and_its_claim(world: World) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    mila.has_email(address)
    assert mila.changes(name="Milica").json["email"] == address
    assert vuk.has_email(address).problem == "email_taken"


def test_removal_of_a_missing_address_succeeds(world: World) -> None:
    assert a_user(world).changes(email=None).status == 200


# --- a stolen session


@pytest.mark.promise("ACC-4")
def test_stolen_token_adds_replaces_and_removes_no_address(world: World) -> None:
    mila, address = a_user(world), an_address()
    mila.has_email(address)
    challenge = asked(mila, an_address())
    world.advance(timedelta(minutes=10))
    refused = [
        mila.asks_for_email(an_address()),
        mila.verifies_email(challenge, "000000"),
        mila.changes(email=None, name="Thief"),
        mila.changes(email=None),
    ]
    assert [(reply.status, reply.problem) for reply in refused] == [(403, "step_up_required")] * 4
    assert (email_of(mila), mila.profile().get("name")) == ((address, True), None)
    assert mila.changes(name="Milica").status == 200


@pytest.mark.promise("ACC-4")
@pytest.mark.parametrize("how", ["added", "replaced", "removed"])
def test_number_and_former_address_are_notified_before_the_change(world: World, how: str) -> None:
    mila, former = a_user(world), an_address()
    if how != "added":
        mila.has_email(former)
    before, mails, texts = email_of(mila), len(world.mails_to(former)), len(world.messages_to(mila.phone))

    def change() -> Reply:
        return mila.changes(email=None, name="M") if how == "removed" else mila.has_email(an_address())

    with failing("dynamodb", "TransactWriteItems", EndpointConnectionError(endpoint_url="https://dynamodb")):
        assert change().problem == "unavailable"
    assert email_of(mila) == before
    (text,) = world.messages_to(mila.phone)[texts:]
    assert "email address of your account is being added, changed or removed" in text
    assert ["being removed" in mail for mail in world.mails_to(former)[mails:]] == [True] * (how != "added")
    assert change().status == 200


def test_address_stays_if_the_number_cannot_be_notified(world: World) -> None:
    mila, address = a_user(world), an_address()
    mila.has_email(address)
    challenge = asked(mila, other := an_address())
    for _ in range(6):  # more often than a code can be tried: the attempt is not counted
        with failing("sns", "Publish", refusal("ThrottlingException")):
            assert submit_code(mila, challenge, other).problem == "unavailable"
    with failing("sns", "Publish", refusal("ThrottlingException")):
        assert mila.changes(email=None).problem == "unavailable"
    assert email_of(mila) == (address, True)
    with failing("sns", "Publish", refusal("InvalidParameter")):  # such a number gets no code either
        assert submit_code(mila, challenge, other).json["email"] == other


def test_announcements_in_doubt_cost_attempts(world: World) -> None:
    mila, address = a_user(world), an_address()
    challenge = asked(mila, address)
    with failing("sns", "Publish", ReadTimeoutError(endpoint_url="https://sns"), 5, "after"):
        problems = [submit_code(mila, challenge, address).problem for _ in range(6)]
    assert problems == ["unavailable"] * 5 + ["challenge_expired"]


def test_taken_address_and_a_repeated_code_announce_nothing(world: World) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    challenge = asked(mila, address)
    submit_code(mila, challenge, address)
    sent = len(cloud.sent_messages())
    assert submit_code(mila, challenge, address).status == 200
    assert submit_code(vuk, asked(vuk, address), address).problem == "email_taken"
    assert len(cloud.sent_messages()) == sent


@pytest.mark.parametrize("how", ["added", "removed"])
def test_account_that_is_frozen_before_the_commit_keeps_its_addresses(world: World, how: str) -> None:
    mila, address = a_user(world), an_address()
    if how == "removed":
        mila.has_email(address)
    challenge, etag = asked(mila, other := an_address()), mila.gets("/v1/profile").headers["etag"]
    code = world.code_mailed_to(other)
    just_before(service, "commit", lambda: world.set_state(mila, "frozen"))
    answer = mila.verifies_email(challenge, code) if how == "added" else mila.changes(etag, email=None)
    assert answer.problem == ("unavailable" if how == "added" else "changed_meanwhile")
    world.set_state(mila, "active")
    assert email_of(mila) == (NO_EMAIL if how == "added" else (address, True))


# --- the mail


@pytest.mark.promise("NOT-4")
def test_mail_names_the_controller_and_its_contact(world: World) -> None:
    mila = a_user(world)
    with sent_mail() as sent:
        mila.asks_for_email(an_address())
    (mail,) = sent
    for part in mail["Content"]["Simple"]["Body"].values():
        assert CONTROLLER.name in part["Data"]
        assert CONTROLLER.address in part["Data"]
        assert settings().contact_email in part["Data"]


@pytest.mark.promise("USE-9")
def test_mail_contains_no_links_and_loads_nothing(world: World) -> None:
    with sent_mail() as sent:
        a_user(world).asks_for_email(an_address())
    assert sent[0]["ConfigurationSetName"] == settings().mail().configuration
    for part in sent[0]["Content"]["Simple"]["Body"].values():
        assert not any(word in part["Data"] for word in ("http", "href", "src", "<img", "url("))


@pytest.mark.promise("SEC-1")
def test_mail_contains_no_personal_data_and_no_code_in_its_subject(world: World) -> None:
    phone = world.canaries.add("phone", a_phone())
    mila = world.a_user(phone=phone, display_name=world.canaries("display_name")).is_stepped_up()
    mila.changes(name=world.canaries("name"))
    address = f"{world.canaries('mailbox')}@example.com"
    with sent_mail() as sent:
        mila.asks_for_email(address)
    (mail,) = sent
    assert mail.pop("Destination") == {"ToAddresses": [address]}
    assert world.canaries.in_text(str(mail)) == []
    assert world.code_mailed_to(address) not in mail["Content"]["Simple"]["Subject"]["Data"]


@pytest.mark.parametrize(("locale", "text"), [("sr-Latn-RS", "Vaš RU4M kod"), ("de", "Your RU4M code")])
def test_mail_is_in_the_accounts_language_or_in_english(world: World, locale: str, text: str) -> None:
    phone, address = a_phone(), an_address()
    signup = {"phone": phone, "device": a_device(), "locale": locale}
    challenge = world.call("POST", "/v1/signup", body=signup).json["challenge_id"]
    mila = User(world, phone, world.verifies(challenge, world.code_for(phone)).json)
    mila.is_stepped_up().asks_for_email(address)
    assert text in cloud.mails_to(address)[-1]


@pytest.mark.promise("SEC-1")
def test_address_is_in_no_log_line_and_in_no_table_in_clear(world: World) -> None:
    mila = a_user(world)
    address = world.canaries.add("address", f"{world.canaries('mailbox')}@example.com")
    challenge = asked(mila, address)
    assert world.canaries.in_tables() == []
    submit_code(mila, challenge, address)
    with failing("sesv2", "SendEmail", refusal("MessageRejected")):
        mila.asks_for_email(address)
    assert world.canaries.in_tables() == []
    assert world.canaries.in_text(world.log.getvalue()) == []


@pytest.mark.promise("RET-1")
def test_address_is_not_kept_after_its_code_is_used(world: World) -> None:
    mila = a_user(world)
    mila.has_email(an_address())
    assert ["sealed" in item for item in cloud.records("challenge")] == [False] * 3


def test_claim_held_for_another_account_is_not_released(world: World) -> None:
    """An edit of one account never releases an address that another account owns."""
    mila, vuk = a_user(world), a_user(world)
    mila.has_email(an_address())
    (claim,) = [item for item in cloud.records("claim") if item["pk"]["S"].startswith("email#")]
    handed_over = {**claim, "account_id": {"S": vuk.account_id}}
    aws.client("dynamodb").put_item(TableName=settings().table(table.Table.CLAIMS), Item=handed_over)
    assert mila.changes(email=None).status >= 400
    assert handed_over in cloud.records("claim")


# --- bad input, limits, failures


@pytest.mark.parametrize(
    "address",
    ["", "mila", "mila@", "@example.com", "mila@localhost", "mila@example", "a b@example.com",
     "Mila <mila@example.com>", "mila@example.com, vuk@example.com", "mila@example.com\nBcc: vuk@example.com",
     "mila@[127.0.0.1]", '"a b"@example.com', "mila@example.invalid", "мила@example.com",
     f"mila@{'žaba.' * 40}rs"],
    ids=ascii,
)  # fmt: skip
def test_invalid_address_is_refused_and_no_mail_is_sent(world: World, address: str) -> None:
    mila = a_user(world)
    kept = len(cloud.all_items())
    with sent_mail() as sent:
        reply = mila.asks_for_email(address)
    assert (reply.status, reply.problem) == (400, "invalid_email")
    assert reply.json["errors"][0]["pointer"] == "/email"
    assert len(address) < 5 or address not in reply.text
    assert (sent, len(cloud.all_items())) == ([], kept)


@pytest.mark.parametrize(
    ("body", "problem"),
    [({}, "invalid_request"), ({"email": None}, "invalid_request"), ({"email": 7}, "invalid_request"),
     ({"email": "a" * 255}, "invalid_request"), ({"email": "a@example.com", "x": 1}, "unexpected_field")],
    ids=str,
)  # fmt: skip
def test_malformed_request_is_refused(world: World, body: dict[str, Any], problem: str) -> None:
    assert a_user(world).calls("POST", "/v1/profile/email", body=body).problem == problem


@pytest.mark.promise("ACC-2")
def test_mailbox_gets_five_codes_in_half_an_hour_from_all_accounts(world: World) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    statuses = [user.asks_for_email(address).status for user in (mila, vuk, mila, vuk, mila)]
    assert statuses == [202] * 5
    over = vuk.asks_for_email(address.upper())
    assert (over.problem, over.json["limit"]) == ("too_many_codes", "codes_per_mailbox")
    assert len(cloud.mails_to(address)) == 5
    assert vuk.asks_for_email(an_address()).status == 202


@pytest.mark.promise("ACC-2")
def test_account_requests_at_most_20_mailed_codes_a_day(world: World) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    for number in range(20):
        assert mila.asks_for_email(an_address(), address=f"198.51.{number}.7").status == 202
    for _ in range(6):
        refused = mila.asks_for_email(address, address="198.51.99.7")
        assert (refused.problem, refused.json["limit"]) == ("too_many_codes", "codes_mailed_for_account")
        assert refused.json["retry_after"] == 12 * 3600
    assert cloud.mails_to(address) == []
    assert vuk.asks_for_email(address).status == 202  # the mailbox's own limit was not used
    world.advance(timedelta(seconds=12 * 3600))
    assert world.a_user(phone=mila.phone).is_stepped_up().asks_for_email(address).status == 202


@pytest.mark.promise("ACC-2")
def test_code_refused_by_the_mailbox_limit_does_not_count_for_the_account(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    monkeypatch.setenv("RU4M_LIMIT_CODES_MAILED_FOR_ACCOUNT_DAY", "1")
    allow(codes_per_number_short=1)
    assert vuk.asks_for_email(address).status == 202
    assert mila.asks_for_email(address).json["limit"] == "codes_per_mailbox"
    assert mila.asks_for_email(an_address()).status == 202


@pytest.mark.promise("ACC-2")
def test_network_requests_no_more_mailed_codes_than_its_limit(world: World) -> None:
    allow(codes_per_address=25)
    mila, vuk = a_user(world), a_user(world)
    network = {"address": "198.51.100.7"}
    for number in range(25):
        assert (mila, vuk)[number % 2].asks_for_email(an_address(), **network).status == 202
    refused = mila.asks_for_email(an_address(), address="198.51.100.8")
    assert (refused.problem, refused.json["limit"]) == ("too_many_codes", "codes_per_address")


@pytest.mark.promise("ACC-2")
def test_session_can_verify_an_address_after_sixty_invented_challenge_ids(world: World) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    challenge = asked(mila, address)
    for _ in range(61):
        assert vuk.verifies_email("c_" + "0" * 26, "000000").problem == "challenge_expired"
    assert submit_code(mila, challenge, address).status == 200


@pytest.mark.parametrize("code", ["MessageRejected", "BadRequestException"])
def test_address_that_ses_refuses_is_invalid(world: World, code: str) -> None:
    with failing("sesv2", "SendEmail", refusal(code)):
        assert a_user(world).asks_for_email(an_address()).problem == "invalid_email"


@pytest.mark.parametrize(
    "error",
    [EndpointConnectionError(endpoint_url="https://ses"), NoCredentialsError(),
     refusal("TooManyRequestsException", 429), *refused_sender()],
)  # fmt: skip
def test_mail_refused_by_ses_is_reported_and_does_not_count_for_the_mailbox(
    world: World, error: Exception
) -> None:
    mila, address = a_user(world), an_address()
    key = {"Idempotency-Key": str(uuid.uuid4())}
    with failing("sesv2", "SendEmail", error):
        for _ in range(6):
            assert mila.asks_for_email(address, headers=key).problem == "email_unavailable"
    challenge = asked(mila, address, headers=key)
    assert submit_code(mila, challenge, address).status == 200


def test_unverified_sender_identity_is_not_reported_as_an_invalid_email(world: World) -> None:
    mila, address = a_user(world), an_address()
    aws.client("sesv2").delete_email_identity(EmailIdentity="test.example")
    assert mila.asks_for_email(address).problem == "email_unavailable"
    cloud.create_mail_identity()
    assert submit_code(mila, asked(mila, address), address).status == 200


@pytest.mark.promise("ACC-2")
@pytest.mark.parametrize(
    "error",
    [ReadTimeoutError(endpoint_url="https://ses"), refusal("InternalFailure", 500)],
    ids=named,
)
def test_mail_in_doubt_counts_as_sent_and_is_reported_as_unavailable(world: World, error: Exception) -> None:
    mila, address = a_user(world), an_address()
    with failing("sesv2", "SendEmail", error):
        for _ in range(5):
            assert mila.asks_for_email(address).problem == "email_unavailable"
        assert mila.asks_for_email(address).json["limit"] == "codes_per_mailbox"


@pytest.mark.promise("RET-1")
def test_address_of_a_code_that_was_not_sent_is_not_kept(world: World) -> None:
    mila = a_user(world)
    with failing("sesv2", "SendEmail", refusal("SendingPausedException")):
        mila.asks_for_email(an_address())
    (item,) = [item for item in cloud.records("challenge") if item["purpose"] == {"S": "email"}]
    holder = AccountId(mila.account_id)
    left = store.get(ChallengeRef(ChallengePurpose.EMAIL, ChallengeId(item["challenge_id"]["S"]), holder))
    assert left
    assert (left.email, left.locale) == (None, None)


@pytest.mark.parametrize("error", OUTAGES, ids=named)
def test_no_mail_is_sent_while_the_counters_are_unreachable(world: World, error: Exception) -> None:
    mila = a_user(world)
    with sent_mail() as sent, failing("dynamodb", "UpdateItem", error):
        assert mila.asks_for_email(an_address()).problem == "email_unavailable"
    assert sent == []


def test_repeated_request_sends_one_mail(world: World) -> None:
    mila, address = a_user(world), an_address()
    key = {"Idempotency-Key": str(uuid.uuid4())}
    challenge = asked(mila, address, headers=key)
    assert asked(mila, address, headers=key) == challenge
    assert len(cloud.mails_to(address)) == 1
    assert mila.asks_for_email(an_address(), headers=key).problem == "idempotency_mismatch"


def test_idempotency_keys_of_two_accounts_are_independent(world: World) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    key = {"Idempotency-Key": str(uuid.uuid4())}
    assert asked(mila, address, headers=key) != asked(vuk, address, headers=key)


def test_failed_write_changes_nothing_and_the_code_still_works(world: World) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    challenge = asked(mila, address)
    with failing("dynamodb", "TransactWriteItems", EndpointConnectionError(endpoint_url="https://dynamodb")):
        assert submit_code(mila, challenge, address).problem == "unavailable"
    assert email_of(mila) == NO_EMAIL
    assert submit_code(mila, challenge, address).status == 200
    assert vuk.has_email(address).problem == "email_taken"


def test_write_with_a_lost_response_stores_the_address(world: World) -> None:
    mila, address = a_user(world), an_address()
    challenge = asked(mila, address)
    with losing_responses("TransactWriteItems"):
        assert submit_code(mila, challenge, address).json["email"] == address
    assert email_of(mila) == (address, True)


def test_code_can_be_repeated_after_every_write_of_the_profile_conflicted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, address = a_user(world), an_address()
    challenge = asked(mila, address)
    keep = service.keep_email

    def after_an_edit(*given: Any) -> Any:
        mila.changes(name=world.canaries(str(uuid.uuid4())))
        return keep(*given)

    with monkeypatch.context() as busy:
        busy.setattr(service, "keep_email", after_an_edit)
        assert submit_code(mila, challenge, address).problem == "unavailable"
    assert submit_code(mila, challenge, address).status == 200


@pytest.mark.promise("ACC-6")
def test_other_users_do_not_see_the_address(world: World) -> None:
    mila, vuk, address = a_user(world), a_user(world), an_address()
    mila.has_email(address)
    assert address not in vuk.gets(f"/v1/users/{mila.user_id}").text
