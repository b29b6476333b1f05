"""Codes and the cookie of an open form: repeated, wrong, expired, of another tab or stage (ADR 99)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core import keyring
from chalicelib.site.forms.open_form import OpenForm
from tests.support.cases.site_forms import (
    AGAIN,
    CLOSE,
    CODE_PAGE,
    CONTINUE,
    NO_FORM,
    SEND,
    asks,
    code_to,
    enters_code,
    mistakes,
    receipt_on,
    request_on,
    requests,
)
from tests.support.clouds import cloud
from tests.support.pages.visitor import Visitor
from tests.support.world.builders import a_phone, an_address
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("RGT-11")

SOON = timedelta(minutes=2)
SHORT_TEXT = "My name is Mila, not Milo."


@pytest.fixture
def visitor(world: World) -> Visitor:
    return Visitor(world)


# --- codes


def test_fifth_wrong_code_ends_the_code_and_a_new_one_goes_on(visitor: Visitor) -> None:
    phone = a_phone()
    asks(visitor, "access", contact=phone)
    wrong = f"{(int(code_to(visitor, phone)) + 1) % 10**6:06d}"
    for left in (4, 3, 2, 1, 0):
        visitor.presses(CONTINUE, code=wrong)
        assert visitor.status == 422
        assert mistakes(visitor)["code"].endswith(f"Attempts left: {left}.")
    enters_code(visitor, phone)
    assert mistakes(visitor) == {"code": "This code can no longer be used. Ask for a new one."}
    enters_code(visitor.presses(AGAIN), phone)
    assert receipt_on(visitor)


@pytest.mark.parametrize("code", ["", "12", "abcdef", "1234567890"])
def test_what_is_no_code_is_a_mistake_beside_its_field(visitor: Visitor, code: str) -> None:
    asks(visitor, "access", contact=a_phone()).presses(CONTINUE, code=code)
    assert visitor.status == 422
    assert "code" in mistakes(visitor)


def test_code_with_spaces_counts(visitor: Visitor) -> None:
    phone = a_phone()
    code = code_to(asks(visitor, "access", contact=phone), phone)
    visitor.presses(CONTINUE, code=f" {code[:3]} {code[3:]}\t")
    assert receipt_on(visitor)


def test_expired_code_is_a_mistake_and_a_new_one_keeps_what_was_typed(visitor: Visitor) -> None:
    phone = a_phone()
    asks(visitor, "rectification", contact=phone, reason=SHORT_TEXT)
    visitor.world.advance(timedelta(minutes=11))
    enters_code(visitor, phone)
    assert "can no longer be used" in mistakes(visitor)["code"]
    enters_code(visitor.presses(AGAIN), phone)
    assert "We are working on your request." in visitor.shown
    assert request_on(visitor).reason == SHORT_TEXT


def test_start_that_is_sent_twice_within_a_minute_sends_one_code(visitor: Visitor) -> None:
    phone = a_phone()
    asks(visitor, "access", contact=phone)
    asks(visitor, "access", contact=phone)
    assert len(visitor.world.messages_to(phone)) == 1
    assert receipt_on(enters_code(visitor, phone))


def test_new_code_is_sent_at_once_and_once_for_each_time_that_it_is_asked_for(visitor: Visitor) -> None:
    phone = a_phone()
    asks(visitor, "access", contact=phone)
    asked = (visitor.cookie, {"token": visitor.field("token"), "do": "again"})
    for _ in range(2):
        visitor.cookie = asked[0]
        visitor.sends("/privacy/form", asked[1])
    assert len(visitor.world.messages_to(phone)) == 2
    assert receipt_on(enters_code(visitor, phone))


def test_new_code_for_a_further_proof_is_sent_at_once(visitor: Visitor) -> None:
    mila = visitor.world.a_user()
    mila.has_had_email("mila@example.com")
    requests(visitor, "erasure", contact="mila@example.com")
    visitor.presses(SEND, contact=mila.phone)
    before = len(visitor.world.messages_to(mila.phone))
    visitor.presses(AGAIN)
    assert len(visitor.world.messages_to(mila.phone)) == before + 1
    assert "You can still cancel this." in enters_code(visitor, mila.phone).shown


def test_same_start_from_another_network_or_a_minute_later_sends_another_code(world: World) -> None:
    address = an_address()
    asks(Visitor(world), "access", contact=address)
    asks(Visitor(world, network="198.51.100.9"), "access", contact=address)
    assert len(world.mails_to(address)) == 2
    world.advance(SOON)
    asks(Visitor(world), "access", contact=address)
    assert len(world.mails_to(address)) == 3


def test_too_many_codes_are_refused_with_the_time_to_try_again(visitor: Visitor) -> None:
    phone = a_phone()
    asks(visitor, "access", contact=phone)
    for _ in range(20):
        visitor.world.advance(timedelta(seconds=61))
        asks(visitor, "access", contact=phone)
        if visitor.status == 422:
            break
    assert "There were too many attempts. Try again after" in mistakes(visitor)[""]
    assert visitor.field("contact") == phone


def test_code_that_is_sent_twice_shows_the_same_request(visitor: Visitor) -> None:
    phone = a_phone()
    asks(visitor, "access", contact=phone)
    before, token, code = visitor.cookie, visitor.field("token"), code_to(visitor, phone)
    receipt = receipt_on(visitor.presses(CONTINUE, code=code))
    sent = {"token": token, "do": "verify", "code": code}
    assert receipt_on(visitor.sends("/privacy/form", sent)) == receipt  # back, and the page of the code again
    visitor.cookie = before  # the first response was lost
    assert receipt_on(visitor.sends("/privacy/form", sent)) == receipt
    assert len(cloud.records("rights_request")) == 1


# --- the cookie


@pytest.mark.promise("USE-4", "SEC-1")
def test_open_form_is_in_one_cookie_of_thirty_minutes_that_scripts_cannot_read(visitor: Visitor) -> None:
    asks(visitor, "access", contact=(phone := a_phone()))
    assert visitor.set_cookie is not None
    value, *attributes = visitor.set_cookie.split("; ")
    name, _, sealed = value.partition("=")
    assert name == "__Host-form"
    assert {*attributes} == {"Max-Age=1800", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"}
    assert phone not in sealed
    assert len(visitor.set_cookie) < 4096


@pytest.mark.promise("USE-4")
def test_pages_without_an_open_form_set_no_cookie(visitor: Visitor) -> None:
    paths = ("/privacy", "/privacy/delete", "/privacy/rights/access", "/privacy/request", "/privacy/form")
    for path in paths:
        assert visitor.opens(path).status == 200
        assert visitor.set_cookie is None


@pytest.mark.promise("USE-4")
def test_closing_a_form_deletes_its_cookie(visitor: Visitor) -> None:
    requests(visitor, "access", contact=a_phone())
    visitor.presses(CLOSE)
    assert visitor.set_cookie is not None
    assert "__Host-form=; Max-Age=0" in visitor.set_cookie
    assert visitor.place.endswith("/privacy")
    assert NO_FORM in visitor.opens("/privacy/form").shown


def test_form_ends_thirty_minutes_after_it_was_opened(visitor: Visitor) -> None:
    requests(visitor, "access", contact=a_phone())
    visitor.world.advance(timedelta(minutes=29, seconds=59))
    assert "Your receipt" in visitor.opens("/privacy/form").shown
    visitor.world.advance(timedelta(seconds=1))
    before = cloud.all_items()
    assert NO_FORM in visitor.presses("Cancel the request").shown
    assert visitor.status == 200
    assert cloud.all_items() == before


def ended(cookie: str) -> str:
    return cookie[:-5] + ("AAAAA" if cookie[-5:] != "AAAAA" else "BBBBB")


COOKIES: dict[str, Callable[[str], str]] = {
    "altered": ended,
    "cut": lambda cookie: cookie[:40],
    "empty": lambda _: "__Host-form=",
    "no value": lambda _: "__Host-form",
    "no base64": lambda _: "__Host-form=!!!!",
    "other letters": lambda _: '__Host-form="é"',
    "other name": lambda cookie: cookie.replace("__Host-form", "form"),
    "missing": lambda _: "",
}


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("kind", COOKIES)
def test_cookie_that_is_none_of_ours_changes_nothing(visitor: Visitor, kind: str) -> None:
    requests(visitor, "access", contact=a_phone())
    token, before = visitor.field("token"), cloud.all_items()
    visitor.cookie = COOKIES[kind](visitor.cookie)
    visitor.sends("/privacy/form", {"token": token, "do": "cancel"})
    assert (visitor.status, NO_FORM in visitor.shown) == (200, True)
    assert cloud.all_items() == before
    for path in ("/privacy/form/copy", "/privacy/form/certificate", "/privacy/form/signed-certificate.json"):
        assert visitor.opens(path).status == 404


@pytest.mark.parametrize("other", ['seen={"a":1}; {}', "{}; theme=dark", "a b; {}", "=; {}"])
def test_other_cookies_of_the_domain_do_not_hide_the_form(visitor: Visitor, other: str) -> None:
    requests(visitor, "access", contact=a_phone())
    visitor.cookie = other.replace("{}", visitor.cookie)
    assert "Your receipt" in visitor.opens("/privacy/form").shown


def test_form_of_an_earlier_deployment_is_as_none(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(OpenForm, "model_dump_json", lambda *_, **__: '{"version":1}')
        asks(visitor, "access", contact=a_phone())
    assert NO_FORM in visitor.opens("/privacy/form").shown


@pytest.mark.promise("SEC-1")
def test_form_under_the_key_of_another_stage_is_as_none(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(keyring, "transient_key", lambda: keyring.retained_key("another"))
        asks(visitor, "access", contact=a_phone())
    assert NO_FORM in visitor.opens("/privacy/form").shown


def test_page_of_an_older_form_changes_nothing_of_a_newer_one(visitor: Visitor) -> None:
    first, second = a_phone(), a_phone()
    asks(visitor, "access", contact=first)
    token, code = visitor.field("token"), code_to(visitor, first)
    asks(visitor, "erasure", contact=second)
    before = cloud.all_items()
    for step in ("verify", "again", "add", "cancel", "close"):
        visitor.sends("/privacy/form", {"token": token, "do": step, "code": code, "contact": first})
        assert (visitor.status, CODE_PAGE in visitor.shown) == (200, True)
        assert visitor.field("token") != token
    assert cloud.all_items() == before


def test_step_that_the_open_form_does_not_have_changes_nothing(visitor: Visitor) -> None:
    asks(visitor, "access", contact=a_phone())
    before = cloud.all_items()
    for step in ("add", "cancel"):
        visitor.sends("/privacy/form", {"token": visitor.field("token"), "do": step, "contact": a_phone()})
        assert visitor.status == 422
        assert len(mistakes(visitor)) == 1
    assert cloud.all_items() == before


@pytest.mark.promise("RGT-11")
def test_person_who_mistyped_the_second_contact_goes_back_to_the_request(
    visitor: Visitor, mila: User
) -> None:
    requests(visitor, "erasure", contact=mila.phone)
    visitor.presses(SEND, contact="mlia@example.com").presses("Back to the request")
    assert "Your receipt" in visitor.shown
    assert SEND in visitor.buttons


def test_cancellation_ends_the_wait_for_a_code(visitor: Visitor, mila: User) -> None:
    requests(visitor, "erasure", contact=mila.phone)
    token = visitor.field("token")
    visitor.presses(SEND, contact="mila@example.com")
    visitor.sends("/privacy/form", {"token": token, "do": "cancel"})
    assert "The deletion was cancelled." in visitor.shown


def test_key_of_our_staff_stays_typed_after_a_wrong_code(visitor: Visitor, mila: User) -> None:
    requests(visitor, "erasure", contact=mila.phone)
    visitor.presses(SEND, contact="mila@example.com").presses(CONTINUE, code="1", release_key="1.abc")
    assert visitor.status == 422
    assert visitor.field("release_key") == "1.abc"
