"""Workers answer requests without a session: of strangers, locked-out owners, agents and heirs."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.accounts import service as accounts
from chalicelib.accounts.profiles.service import STATEMENTS
from chalicelib.core import aws, chain, needs
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.operations.mail_jobs import note_bounces
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.request import declaration, files, procedures
from chalicelib.rights.request.evidence import history_of
from chalicelib.rights.request.model import IdentityProof, RightsRequest
from chalicelib.rights.request.terms import Right, Status, StepStatus
from infra.stream_emulator import Emulator
from tests.support.cases.erasure_parts import freeze
from tests.support.cases.erasure_requests import at_step, stored, work, work_for
from tests.support.cases.guests import enters, proves, requests
from tests.support.cases.route_off import turn_off
from tests.support.cases.site_forms import shows
from tests.support.clouds import cloud
from tests.support.faults.outages import refusal, silence
from tests.support.jobs.events import report_of_mail
from tests.support.pages.visitor import Visitor
from tests.support.stream.emulated_app import apply_to
from tests.support.world.builders import a_device, a_phone, an_address
from tests.support.world.world import User, World

pytestmark = pytest.mark.usefixtures("services")

DEVICE = "0d4f6c0e-6a43-4a5e-9a1b-6d8f0b9d7c21"
HEIR = {
    "on_behalf": "heir",
    "authority": "inheritance_decision",
    "authority_seen_on": "2026-11-20",
    "authority_reference": "117/2026",
}


def recovers(world: World, right: str = "access") -> dict[str, Any]:
    """Make a request of the user `mila` by the mailbox and the known device: the number proved nothing."""
    made: dict[str, Any] = requests(world, right, email="mila@example.com", device_id=DEVICE).json
    return made


def events(request_id: RightsRequestId) -> list[str]:
    return [entry.event for entry in chain.entries(history_of(request_id))]


def by_receipt(world: World, made: dict[str, Any], tail: str = "") -> Any:
    path = f"/v1/rights-receipts/{made['rights_request_id']}{tail}"
    return world.call("GET", path, headers={"Rights-Receipt": made["receipt"]})


def advanced(world: World, made: dict[str, Any], within: timedelta = 30 * DAY) -> RightsRequest:
    return work(world, RightsRequestId(made["rights_request_id"]), within=within)


def signed_in(user: User) -> User:
    """Sign in again: days have passed."""
    user.verified = user.world.a_user(user.phone).verified
    return user


def statements(user: User) -> list[str]:
    (row,) = needs.read_accounts([AccountId(user.account_id)], (STATEMENTS, DATA_KEY))
    found = row[STATEMENTS]
    return [one.text for one in found.statements] if found else []


@pytest.fixture
def mila(world: World, stream: Emulator) -> User:
    """Return a user with a number and a mailbox, whom Stream knows."""
    user = world.begin(mila_here)
    apply_to(stream)
    return user


def mila_here(world: World) -> User:
    user = world.a_user(device=a_device(device_id=DEVICE))
    user.has_had_email("mila@example.com")
    return user


# --- people without an account


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("right", list(Right))
def test_each_right_of_a_person_without_an_account_is_answered(world: World, right: str) -> None:
    made = requests(world, right, phone=a_phone()).json
    assert advanced(world, made, within=HOUR).status is Status.COMPLETED
    shown = by_receipt(world, made).json
    assert shown["decision"]["outcome"] == "completed"
    assert "No account has this number" in shown["decision"]["text"]
    assert "receipt of its deletion" in shown["decision"]["text"]
    assert shown["authority"]
    assert events(RightsRequestId(made["rights_request_id"])) == [
        "received", "search_done", "answer_done", "announce_done", "forget_contact_done",
    ]  # fmt: skip


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("by", ["phone", "email"])
def test_answer_goes_to_the_contact_which_is_then_forgotten(world: World, by: str) -> None:
    contact = {"phone": a_phone()} if by == "phone" else {"email": an_address()}
    made = requests(world, **contact).json
    request = advanced(world, made, within=HOUR)
    sent = world.messages_to if by == "phone" else world.mails_to
    link = f"/privacy/request#{made['rights_request_id']}.{made['receipt']}"
    assert [link in message for message in sent(contact[by])] == [False, True]  # the code, then the answer
    assert request.contact is None
    assert (request.contact_phone, request.contact_email, request.contact_locale) == (None, None, None)


@pytest.mark.promise("RGT-9")
@pytest.mark.parametrize(
    ("locale", "account", "message", "remedy"),
    [
        ("sr-Latn", "Nijedan nalog", "odgovorili smo", "Višem sudu"),
        ("sr-Cyrl-RS", "Ниједан налог", "одговор на Ваш захтев", "Вишем суду"),
        ("de", "No account", "we have answered", "go to court"),
    ],
)
def test_answer_to_a_guest_is_in_the_language_of_the_locale_that_the_guest_sent(
    world: World, locale: str, account: str, message: str, remedy: str
) -> None:
    phone = a_phone()
    made = requests(world, "erasure", phone=phone, locale=locale).json
    advanced(world, made, within=HOUR)
    text = by_receipt(world, made).json["decision"]["text"]
    assert text.startswith(account)
    assert remedy in text
    assert message in world.messages_to(phone)[-1]


@pytest.mark.promise("RGT-11", "RGT-3")
def test_former_user_is_answered_on_the_receipt_and_never_on_the_number(world: World, mila: User) -> None:
    erased = mila.is_stepped_up().exercises("erasure").json
    assert advanced(world, erased).status is Status.COMPLETED
    former = requests(world, phone=mila.phone).json
    never = requests(world, phone=a_phone()).json
    for made in (former, never):
        advanced(world, made, within=HOUR)
    answers = [by_receipt(world, made).json["decision"] for made in (former, never)]
    assert answers[0] == answers[1]  # the number does not tell that it had an account
    assert by_receipt(world, erased, "/certificate").status == 200
    assert by_receipt(world, former, "/certificate").status == 404


@pytest.mark.promise("RGT-11")
def test_account_made_after_the_request_does_not_change_its_answer(world: World) -> None:
    phone = a_phone()
    made = requests(world, phone=phone).json
    world.advance(timedelta(minutes=1))
    world.a_user(phone)
    assert advanced(world, made, within=HOUR).status is Status.COMPLETED


@pytest.mark.promise("RGT-11")
def test_account_that_is_older_than_the_request_stops_its_search(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.advance(timedelta(minutes=1))
    with monkeypatch.context() as patch:
        patch.setattr(accounts, "owner_of_phone", lambda _: None)
        made = requests(world, phone=mila.phone).json
    request = advanced(world, made, within=HOUR)
    assert request.steps[0].status is StepStatus.STOPPED
    assert (request.steps[0].why, request.is_open) == ("account_found", True)


@pytest.mark.promise("RGT-10")
@pytest.mark.parametrize("by", ["phone", "email"])
def test_extension_is_announced_at_the_contact_of_a_guest(world: World, by: str) -> None:
    contact = {"phone": a_phone()} if by == "phone" else {"email": an_address()}
    made = requests(world, **contact).json
    assert world.an_operator("alice").extends(made["rights_request_id"], 60).status == 200
    advanced(world, made, within=HOUR)
    sent = (world.messages_to if by == "phone" else world.mails_to)(contact[by])
    day = "22 Feb 2027" if by == "phone" else "22 February 2027"
    (extended,) = (message for message in sent if day in message)
    assert made["receipt"] in extended


def test_cancelled_request_forgets_its_contact_without_a_message(world: World) -> None:
    phone = a_phone()
    made = requests(world, phone=phone).json
    receipt = {"Rights-Receipt": made["receipt"]}
    world.call("POST", f"/v1/rights-receipts/{made['rights_request_id']}/cancel", headers=receipt)
    request = advanced(world, made, within=HOUR)
    assert (request.status, request.contact) == (Status.CANCELLED, None)
    assert len(world.messages_to(phone)) == 1  # the code


# --- locked-out owners


@pytest.mark.promise("RGT-11", "SEC-1")
def test_copy_of_a_locked_out_owner_waits_three_days_after_warning_all_channels(
    world: World, mila: User
) -> None:
    made = recovers(world)
    request_id, before = RightsRequestId(made["rights_request_id"]), world.now
    work(world, request_id, at_step("cool_down"))
    for message in (world.messages_to(mila.phone)[-1], world.mails_to("mila@example.com")[-1]):
        assert "without signing in" in message
        assert made["receipt"] not in message  # it opens the copy
    assert by_receipt(world, made, "/export").problem == "not_ready"
    assert work(world, request_id, at_step("ask_stream")).is_open
    assert world.now - before >= 72 * HOUR
    work(world, request_id, at_step("discard"), within=DAY)
    link = by_receipt(world, made, "/export")
    assert link.status == 200, link.text
    visitor = shows(Visitor(world), f"{request_id}.{made['receipt']}").follows("Download the copy")
    assert visitor.reply is not None
    assert visitor.reply.headers["location"].partition("?")[0] == link.json["url"].partition("?")[0]
    key = files.key_of(request_id)
    copy = aws.client("s3").get_object(Bucket="ru4m-test-exports", Key=key)["Body"].read()
    assert mila.user_id in zipfile.ZipFile(io.BytesIO(copy)).read("data.json").decode()
    assert made["receipt"] not in "".join(world.messages_to(mila.phone) + world.mails_to("mila@example.com"))


@pytest.mark.promise("RGT-11")
def test_owner_who_was_warned_cancels_before_the_copy_is_made(world: World, mila: User) -> None:
    made = recovers(world)
    work(world, RightsRequestId(made["rights_request_id"]), at_step("cool_down"))
    mila.calls("POST", f"/v1/rights-requests/{made['rights_request_id']}/cancel")
    request = advanced(world, made)
    assert request.status is Status.CANCELLED
    assert by_receipt(world, made, "/export").problem in {"export_deleted", "not_ready"}


@pytest.mark.promise("RGT-11", "RGT-3")
def test_erasure_of_a_locked_out_owner_freezes_first_and_is_completed(world: World, mila: User) -> None:
    made = recovers(world, "erasure")
    request = work(world, RightsRequestId(made["rights_request_id"]), at_step("grace"))
    assert mila.gets("/v1/profile").status in {401, 403}  # frozen at once
    assert request.notes.cools_until
    assert advanced(world, made).status is Status.COMPLETED
    assert by_receipt(world, made, "/certificate").status == 200


@pytest.mark.promise("RGT-11", "RGT-3")
@pytest.mark.parametrize("right", ["access", "erasure"])
def test_proofs_that_leave_no_channel_wait_for_two_operators(world: World, mila: User, right: str) -> None:
    """A thief with the unlocked phone and its mail reads each warning."""
    made = requests(world, right, phone=mila.phone).json
    proves(world, made, email="mila@example.com")
    request_id, alice, bob = (
        RightsRequestId(made["rights_request_id"]),
        world.an_operator("alice"),
        world.an_operator("bob"),
    )
    request = work(world, request_id, within=2 * DAY)
    assert (request.status, at_step("warn")(request)) == (Status.AWAITING_VERIFICATION, True)
    assert signed_in(mila).profile()["display_name"]  # it is not frozen
    assert any("two of our staff check who made it" in mail for mail in world.mails_to("mila@example.com"))
    assert [alice.notes_identity(request_id).status, alice.notes_identity(request_id).status] == [200, 200]
    assert work(world, request_id, within=HOUR).status is Status.AWAITING_VERIFICATION
    assert bob.notes_identity(request_id).json["status"] == "in_progress"
    released_at = world.now
    step = "ask_stream" if right == "access" else "capture"
    work(world, request_id, at_step(step))
    assert world.now - released_at >= 72 * HOUR
    assert advanced(world, made).status is Status.COMPLETED


@pytest.mark.promise("RGT-10", "RGT-11")
def test_request_that_operators_do_not_release_is_refused_in_time(world: World, mila: User) -> None:
    made = requests(world, phone=mila.phone).json
    proves(world, made, email="mila@example.com")
    request = work(
        world, RightsRequestId(made["rights_request_id"]), lambda one: not one.is_open, within=40 * DAY
    )
    assert (request.status, request.refusal) == (Status.REFUSED, "JustificationA12IdentityFailure")
    assert sum("two of our staff" in mail for mail in world.mails_to("mila@example.com")) == 3
    assert not any("waits for proof" in text for text in world.messages_to(mila.phone))


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize(
    "error",
    [refusal("InvalidParameter"), ReadTimeoutError(endpoint_url="https://sns")],
    ids=["refused", "in doubt"],
)
def test_warning_that_sns_did_not_accept_releases_nothing(world: World, mila: User, error: Exception) -> None:
    made = recovers(world)
    with cloud.failing("sns", "Publish", error):
        request = work(world, RightsRequestId(made["rights_request_id"]), within=4 * DAY)
    assert (request.status, at_step("warn")(request)) == (Status.AWAITING_VERIFICATION, True)


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("right", ["access", "erasure"])
def test_text_to_a_country_whose_route_is_off_is_no_warning(world: World, mila: User, right: str) -> None:
    turn_off()
    made = recovers(world, right)
    request = work(world, RightsRequestId(made["rights_request_id"]), within=4 * DAY)
    assert (request.status, at_step("warn")(request)) == (Status.AWAITING_VERIFICATION, True)
    assert any("without signing in" in text for text in world.messages_to(mila.phone))  # it is sent


@pytest.mark.promise("RGT-2", "RGT-11")
def test_correction_by_one_proof_waits_until_every_channel_was_warned(world: World, mila: User) -> None:
    before = mila.profile()
    made = requests(
        world,
        "rectification",
        email="mila@example.com",
        changes={"display_name": "Milica", "locale": "sr-RS"},
    ).json
    assert (made["status"], mila.profile()) == ("received", before)
    request = work(world, RightsRequestId(made["rights_request_id"]), at_step("cool_down"))
    assert mila.profile() == before
    assert "a correction of the data" in world.mails_to("mila@example.com")[-1]
    assert "a correction of the data" in world.messages_to(mila.phone)[-1]
    assert request.notes.cools_until
    assert request.notes.cools_until - world.now > 2 * DAY
    assert at_step("cool_down")(advanced(world, made, within=2 * DAY))
    assert advanced(world, made, within=4 * DAY).status is Status.COMPLETED
    profile = signed_in(mila).profile()
    assert (profile["display_name"], profile["locale"]) == ("Milica", "sr-RS")
    assert "correct_done" in events(request.request_id)
    assert [one["name"] for one in mila.request(made["rights_request_id"])["recipients"]] == [
        "Stream.io, Inc."
    ]


@pytest.mark.promise("RGT-2", "RGT-11")
@pytest.mark.parametrize(
    "reports", [["Delivery"], ["Bounce"], ["Send"], ["Delivery", "Bounce"]], ids="_then_".join
)
def test_correction_by_the_number_waits_until_the_mailbox_got_the_warning(
    world: World, mila: User, reports: list[str]
) -> None:
    made = requests(world, "rectification", phone=mila.phone, changes={"name": "Milica"}).json
    request_id = RightsRequestId(made["rights_request_id"])
    with cloud.sent_mail() as sent:
        work(world, request_id, within=HOUR / 2)
    (warning,) = sent
    for report in reports:
        note_bounces(report_of_mail(warning, report), None)
    request, arrived = work(world, request_id, at_step("cool_down"), within=2 * HOUR), reports == ["Delivery"]
    assert at_step("cool_down" if arrived else "warn")(request)
    ended = advanced(world, made, within=4 * DAY)
    assert ended.status is (Status.COMPLETED if arrived else Status.AWAITING_VERIFICATION)


@pytest.mark.promise("RGT-11")
def test_warning_after_an_outage_of_days_waits_for_the_report_of_its_delivery(
    world: World, mila: User
) -> None:
    made = requests(world, "rectification", phone=mila.phone, changes={"name": "Milica"}).json
    with silence():
        work_for(world, [RightsRequestId(made["rights_request_id"])], 60 * HOUR)
    with cloud.sent_mail() as sent:
        request = advanced(world, made, within=2 * HOUR)
    assert (request.status, at_step("warn")(request), len(sent)) == (Status.IN_PROGRESS, True, 1)
    note_bounces(report_of_mail(sent[0], "Delivery"), None)
    assert at_step("cool_down")(advanced(world, made, within=2 * HOUR))


@pytest.mark.promise("RGT-2")
def test_owner_who_was_warned_cancels_a_correction(world: World, mila: User) -> None:
    before = mila.profile()
    made = requests(world, "rectification", email="mila@example.com", changes={"name": "Milica"}).json
    work(world, RightsRequestId(made["rights_request_id"]), at_step("cool_down"))
    mila.calls("POST", f"/v1/rights-requests/{made['rights_request_id']}/cancel")
    assert advanced(world, made).status is Status.CANCELLED
    assert mila.profile() == before


@pytest.mark.promise("RGT-2")
def test_statement_and_later_profile_changes_survive_a_guests_correction(world: World, mila: User) -> None:
    made = requests(world, "rectification", email="mila@example.com", changes={"country": "AT"}).json
    mila.changes(name="Milica")
    advanced(world, made, within=4 * DAY)
    stated = requests(world, "rectification", email="mila@example.com", reason="I moved in 2020.").json
    assert statements(mila) == []
    advanced(world, stated, within=4 * DAY)
    profile = signed_in(mila).profile()
    assert (profile["name"], profile["country"]) == ("Milica", "AT")
    assert statements(mila) == ["I moved in 2020."]


@pytest.mark.promise("RGT-2", "RGT-7")
def test_guests_correction_of_a_date_of_birth_ends_consents(world: World, mila: User) -> None:
    mila.consents("analytics")
    changes = {"date_of_birth": f"{world.now.year - 10}-01-01"}
    made = requests(world, "rectification", email="mila@example.com", changes=changes).json
    assert advanced(world, made, within=4 * DAY).status is Status.COMPLETED
    assert signed_in(mila).gets("/v1/consents/analytics/records").json["items"][0]["event"][
        "event_state"
    ] == ("ConsentWithdrawn")


@pytest.mark.promise("RGT-2")
def test_guests_statement_over_the_highest_number_is_refused_at_once(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.accounts.profiles.service.MAX_STATEMENTS", 0)
    assert (
        requests(world, "rectification", email="mila@example.com", reason="I moved.").problem
        == "invalid_request"
    )


def test_correction_that_became_impossible_stops_for_an_operator_at_once(
    world: World, mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = requests(world, "rectification", email="mila@example.com", reason="I moved.").json
    work(world, RightsRequestId(made["rights_request_id"]), at_step("cool_down"))
    monkeypatch.setattr("chalicelib.accounts.profiles.service.MAX_STATEMENTS", 0)
    request = work(world, RightsRequestId(made["rights_request_id"]), within=4 * DAY)
    stopped = request.next_step
    assert stopped
    assert (stopped.name, stopped.status, stopped.why) == ("correct", StepStatus.STOPPED, "not_possible")
    assert request.tries <= 1


@pytest.mark.promise("RGT-2")
def test_operators_who_complete_a_waiting_correction_carry_it_out(world: World, mila: User) -> None:
    made = requests(world, "rectification", email="mila@example.com", changes={"display_name": "Milica"}).json
    world.an_operator("alice").proposes(made["rights_request_id"], "completed")
    assert world.an_operator("bob").approves(made["rights_request_id"]).status == 200
    assert mila.profile()["display_name"] == "Milica"
    assert advanced(world, made, within=4 * DAY).status is Status.COMPLETED
    shown = signed_in(mila).request(made["rights_request_id"])
    assert [one["name"] for one in shown["recipients"]] == ["Stream.io, Inc."]


@pytest.mark.promise("RGT-10", "RGT-11")
def test_subject_is_reminded_of_the_proof_and_refused_without_it(world: World, mila: User) -> None:
    made = requests(world, phone=mila.phone).json
    request_id = RightsRequestId(made["rights_request_id"])
    request = work(world, request_id, lambda request: not request.is_open, within=40 * DAY)
    assert (request.status, request.refusal) == (Status.REFUSED, "JustificationA12IdentityFailure")
    assert request.decided_at
    assert request.decided_at - request.received_at == 30 * DAY
    reminded = [mail for mail in world.mails_to("mila@example.com") if "waits for proof" in mail]
    assert len(reminded) == 3
    assert [event for event in events(request_id) if event != "pinned"] == [
        "received", "proof_asked", "proof_reminded", "proof_reminded", "identity_lapsed",
    ]  # fmt: skip
    advanced(world, made)
    assert requests(world, phone=mila.phone).status == 202  # they may ask again


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("by", ["phone", "email"])
def test_channel_that_proved_nothing_hears_of_an_unproven_request_at_once(
    world: World, mila: User, by: str
) -> None:
    contact = {"phone": mila.phone} if by == "phone" else {"email": "mila@example.com"}
    made = requests(world, **contact).json
    work(world, RightsRequestId(made["rights_request_id"]), within=HOUR)
    mails = sum("waits for proof" in mail for mail in world.mails_to("mila@example.com"))
    texts = sum("waits for proof" in text for text in world.messages_to(mila.phone))
    assert (mails, texts) == ((1, 0) if by == "phone" else (0, 1))


@pytest.mark.promise("RGT-10")
def test_owner_without_a_mailbox_is_reminded_by_text_message(world: World) -> None:
    mila = world.a_user()
    made = requests(world, phone=mila.phone).json
    work(
        world,
        RightsRequestId(made["rights_request_id"]),
        lambda request: not request.is_open,
        within=40 * DAY,
    )
    assert sum("waits for proof" in text for text in world.messages_to(mila.phone)) == 2


@pytest.mark.promise("RGT-10")
def test_refusal_of_a_letter_without_access_reaches_an_owner_without_a_mailbox(world: World) -> None:
    mila = world.a_user()
    made = enters(world.an_operator("alice"), user_id=mila.user_id, without_access=True).json
    work(
        world,
        RightsRequestId(made["rights_request_id"]),
        lambda request: not request.is_open,
        within=40 * DAY,
    )
    assert advanced(world, made, within=HOUR).status is Status.REFUSED
    assert "we have answered your request" in world.messages_to(mila.phone)[-1]


@pytest.mark.promise("RGT-10")
def test_identity_that_operators_asked_for_is_reminded_and_lapses_too(world: World, mila: User) -> None:
    asked = mila.is_stepped_up().exercises("access").json["rights_request_id"]
    world.an_operator("alice").asks_identity(asked)
    request = work(world, RightsRequestId(asked), lambda request: not request.is_open, within=40 * DAY)
    assert (request.status, request.refusal) == (Status.REFUSED, "JustificationA12IdentityFailure")


def test_proposal_of_operators_stops_the_lapse_by_rule(world: World, mila: User) -> None:
    made = requests(world, phone=mila.phone).json
    alice = world.an_operator("alice")
    assert (
        alice.proposes(made["rights_request_id"], "refused", "JustificationA12IdentityFailure").status == 200
    )
    request = work(world, RightsRequestId(made["rights_request_id"]), within=40 * DAY)
    assert request.is_open


# --- operators


@pytest.mark.promise("RGT-11")
def test_two_operators_check_the_identity_of_an_owner_without_access(world: World, mila: User) -> None:
    alice, bob = world.an_operator("alice"), world.an_operator("bob")
    made = enters(alice, user_id=mila.user_id, received_by="in_person", without_access=True).json
    assert made["status"] == "awaiting_verification"
    first = alice.notes_identity(made["rights_request_id"])
    assert (first.status, first.json["status"]) == (200, "awaiting_verification")
    again = alice.notes_identity(made["rights_request_id"])
    assert (again.status, again.json["status"]) == (200, "awaiting_verification")
    assert events(RightsRequestId(made["rights_request_id"])).count("identity_checked") == 1
    assert bob.notes_identity(made["rights_request_id"]).json["status"] == "in_progress"
    request = work(world, RightsRequestId(made["rights_request_id"]), at_step("cool_down"))
    assert request.proofs == (IdentityProof.STAFF,)
    assert "without signing in" in world.messages_to(mila.phone)[-1]
    work(world, RightsRequestId(made["rights_request_id"]), at_step("discard"), within=5 * DAY)
    assert by_receipt(world, made, "/export").status == 200


@pytest.mark.promise("RGT-9", "RGT-11")
@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("sr-Latn", ("koje bismo mogli da povežemo sa Vama", "Višem sudu")),
        ("sr-Cyrl", ("повежемо", "Вишем суду")),
        ("en", ("no data that we can connect to you", "Higher Court in Belgrade")),
    ],
)
def test_letter_that_names_no_contact_is_answered_on_paper(
    world: World, locale: str, said: tuple[str, str]
) -> None:
    alice = world.an_operator("alice")
    for right in Right:
        entered = enters(alice, right, on_paper=True, locale=locale)
        assert (entered.status, entered.json["status"]) == (201, "completed"), entered.text
        text = entered.json["decision"]["text"]
        assert all(part in text for part in (*said, "https://www.poverenik.rs"))
        assert by_receipt(world, entered.json).json["decision"]["text"] == text
        assert (
            stored(RightsRequestId(entered.json["rights_request_id"])).contact_locale is None
        )  # only its language is kept
    assert cloud.records("suppression") == []


def test_answer_on_paper_is_for_letters_and_visitors_without_a_contact(world: World, mila: User) -> None:
    alice = world.an_operator("alice")
    for wrong in ({"user_id": mila.user_id}, {"received_by": "email"}, {"without_access": True}):
        assert enters(alice, on_paper=True, **wrong).problem == "invalid_request"
    assert enters(alice).problem == "invalid_request"


@pytest.mark.promise("RGT-9")
def test_letter_is_answered_in_the_language_that_the_operator_noted(world: World) -> None:
    address = an_address()
    made = enters(world.an_operator("alice"), email=address, locale="sr-Cyrl").json
    advanced(world, made, within=HOUR)
    assert "Одговорили смо на захтев" in world.mails_to(address)[-1]


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("by", ["phone", "email"])
def test_letter_from_a_person_without_an_account_is_answered(world: World, by: str) -> None:
    contact = {"phone": a_phone()} if by == "phone" else {"email": an_address()}
    entered = enters(world.an_operator("alice"), received_on="2026-11-20", **contact)
    assert entered.status == 201, entered.text
    made = entered.json
    assert (made["without_account"], "user_id" in made) == (True, False)
    assert made["due_at"] == "2026-12-20T22:59:59Z"
    assert advanced(world, made, within=HOUR).status is Status.COMPLETED
    sent = world.messages_to if by == "phone" else world.mails_to
    assert made["receipt"] in sent(contact[by])[-1]


@pytest.mark.promise("RGT-11")
def test_letter_with_the_number_of_an_account_is_that_accounts(world: World, mila: User) -> None:
    made = enters(world.an_operator("alice"), phone=mila.phone).json
    assert (made["user_id"], made["without_account"]) == (mila.user_id, False)
    assert stored(RightsRequestId(made["rights_request_id"])).contact is None


@pytest.mark.promise("RGT-11")
def test_letter_with_the_number_of_an_idle_account_is_of_a_person_without_one(
    world: World, mila: User
) -> None:
    freeze(mila.account_id, idle=True)
    made = enters(world.an_operator("alice"), phone=mila.phone).json
    assert made["without_account"] is True  # the number may have a new owner by now
    assert "user_id" not in made


@pytest.mark.parametrize(
    "named",
    [{}, {"phone": "+381601234567", "email": "mila@example.com"}, {"phone": "12"}, {"email": "nonsense"}],
    ids=["none", "two", "no number", "no address"],
)
def test_letter_names_one_subject(world: World, named: dict[str, str]) -> None:
    assert enters(world.an_operator("alice"), **named).status == 400


@pytest.mark.promise("RGT-11", "SEC-1")
def test_agents_request_is_answered_to_the_subject(world: World, mila: User) -> None:
    alice = world.an_operator("alice")
    made = enters(
        alice,
        user_id=mila.user_id,
        on_behalf="agent",
        authority="power_of_attorney",
        authority_seen_on="2026-11-23",
        authority_reference="118/2026",
    ).json
    work(world, RightsRequestId(made["rights_request_id"]), at_step("discard"), within=DAY)
    assert "Privacy and rights" in world.mails_to("mila@example.com")[-1]
    shown = mila.request(made["rights_request_id"])
    assert (shown["status"], shown["on_behalf"]) == ("completed", "agent")
    assert alice.staff_id not in str(shown)
    assert by_receipt(world, made, "/export").problem == "not_found"  # only the subject fetches the copy
    seen = alice.case(made["rights_request_id"])["authority"]
    assert (seen["kind"], seen["reference"]) == ("power_of_attorney", "118/2026")
    assert (seen["seen_on"], seen["seen_by"]) == ("2026-11-23", alice.staff_id)


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize(
    "given",
    [
        {"on_behalf": "agent"},
        {"on_behalf": "agent", "authority": "power_of_attorney"},
        {"authority": "power_of_attorney", "authority_seen_on": "2026-11-23"},
        {"on_behalf": "agent", "authority": "power_of_attorney", "authority_seen_on": "2026-12-23"},
        {"on_behalf": "agent", "authority": "passport", "authority_seen_on": "2026-11-23"},
        {"on_behalf": "agent", "document": "a scan"},
        {**HEIR, "without_access": True},
    ],
)
def test_representative_without_a_seen_authority_is_refused(
    world: World, mila: User, given: dict[str, str]
) -> None:
    assert enters(world.an_operator("alice"), user_id=mila.user_id, **given).status == 400


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("right", sorted(set(Right) - {Right.ERASURE}))
def test_heir_gets_no_data_and_the_reason_in_plain_words(world: World, mila: User, right: str) -> None:
    made = enters(world.an_operator("alice"), right, user_id=mila.user_id, **HEIR).json
    assert made["status"] == "refused"
    assert "only if a court orders it" in made["decision"]["text"]
    assert by_receipt(world, made).json["status"] == "refused"


@pytest.mark.promise("RGT-11", "RGT-3")
def test_heirs_erasure_needs_a_second_operator_and_warns_the_account(world: World, mila: User) -> None:
    alice, bob = world.an_operator("alice"), world.an_operator("bob")
    made = enters(alice, "erasure", user_id=mila.user_id, **HEIR).json
    request_id = RightsRequestId(made["rights_request_id"])
    assert alice.notes_identity(made["rights_request_id"]).problem == "own_proposal"
    work(world, request_id, within=40 * DAY)
    assert stored(request_id).status is Status.AWAITING_VERIFICATION  # no rule ends it: operators act
    assert bob.notes_identity(made["rights_request_id"]).json["status"] == "in_progress"
    work(world, request_id, at_step("confirm"))
    assert "without signing in" in world.messages_to(mila.phone)[-1]
    assert advanced(world, made).status is Status.COMPLETED


def test_each_guest_step_has_a_place_in_a_procedure() -> None:
    known = {
        *declaration.WITHOUT_ACCOUNT,
        *procedures.recovered(Right.ACCESS, procedures.steps_of(Right.ACCESS)),
    }
    assert {"search", "answer", "forget_contact", "warn", "cool_down"} <= known
