"""Every right on the site, without a script: from the page of the right to the receipt (RGT-11, ADR 99)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import get_args

import pytest

from chalicelib.core.errors import Unavailable
from chalicelib.core.languages import Language
from chalicelib.core.phrases import to_cyrillic
from chalicelib.privacy.purposes import LegalBasis, Purpose
from chalicelib.privacy.restraint import Ground
from chalicelib.rights.guests import service as guests
from chalicelib.rights.request.notes import RestraintNotes
from chalicelib.rights.request.terms import Right, Status
from chalicelib.site.form_serbian import FORMS
from tests.support import patches
from tests.support.cases.site_forms import (
    CLOSE,
    NEEDED,
    NO_FORM,
    SEND,
    asks,
    enters_code,
    mistakes,
    request_on,
    requests,
)
from tests.support.clouds import cloud
from tests.support.pages.visitor import Visitor
from tests.support.world.builders import a_phone, an_address
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("RGT-11")

MAILBOX = "mila@example.com"
OBJECTABLE = next(one for one in Purpose if one.basis is LegalBasis.LEGITIMATE_INTERESTS)


@pytest.fixture
def visitor(world: World) -> Visitor:
    return Visitor(world)


@pytest.fixture
def owner(mila: User) -> User:
    """Return a user who has had a mailbox for long."""
    mila.has_had_email(MAILBOX)
    mila.world.advance(timedelta(minutes=2))
    return mila


@pytest.mark.parametrize("right", list(Right))
def test_each_right_leads_from_its_page_to_a_receipt(visitor: Visitor, right: Right) -> None:
    requests(visitor, right, contact=a_phone(), **NEEDED.get(right, {}))
    assert "Your receipt" in visitor.shown
    assert request_on(visitor).right is right


@pytest.mark.parametrize("right", list(Right))
def test_each_right_of_an_account_leads_to_a_receipt(visitor: Visitor, mila: User, right: Right) -> None:
    requests(visitor, right, contact=mila.phone, **NEEDED.get(right, {}))
    assert "Your receipt" in visitor.shown
    assert request_on(visitor).right is right


@pytest.mark.promise("RGT-5")
def test_objection_that_names_no_use_is_to_each_one(visitor: Visitor, mila: User) -> None:
    requests(visitor, "objection", contact=mila.phone)
    notes = request_on(visitor).notes
    assert isinstance(notes, RestraintNotes)
    assert set(notes.purposes) == {one for one in Purpose if one.basis is LegalBasis.LEGITIMATE_INTERESTS}


def test_code_to_a_mailbox_does_as_well(visitor: Visitor) -> None:
    asks(visitor, "access", contact=(address := an_address()))
    assert "We sent a code by email." in visitor.shown
    enters_code(visitor, address)
    assert "We are working on your request." in visitor.shown


def test_page_of_deletion_makes_a_request_for_erasure(visitor: Visitor) -> None:
    visitor.opens("/privacy/delete").presses(SEND, contact=(phone := a_phone()))
    enters_code(visitor, phone)
    assert request_on(visitor).right is Right.ERASURE


@pytest.mark.promise("RGT-3", "RGT-10")
def test_owner_who_lost_the_phone_has_the_account_deleted_and_cancels(visitor: Visitor, owner: User) -> None:
    requests(visitor, "erasure", contact=MAILBOX)
    assert "Proven so far: the email address." in visitor.shown
    assert "Without it, we refuse the request on" in visitor.shown
    visitor.presses(SEND, contact=owner.phone)
    enters_code(visitor, owner.phone)
    assert "You can still cancel this." in visitor.shown
    assert request_on(visitor).status is Status.IN_PROGRESS
    visitor.presses("Cancel the deletion")
    assert "The deletion was cancelled. Your account and its data stay." in visitor.shown
    assert request_on(visitor).status is Status.CANCELLED
    assert visitor.buttons == [CLOSE]


@pytest.mark.parametrize("ground", get_args(Ground))
def test_restriction_keeps_its_ground_and_reason(visitor: Visitor, mila: User, ground: str) -> None:
    requests(visitor, "restriction", contact=mila.phone, ground=ground, reason="You have my old name.")
    notes = request_on(visitor).notes
    assert isinstance(notes, RestraintNotes)
    assert notes.ground == ground


@pytest.mark.promise("RGT-7")
def test_withdrawal_of_one_consent_ends_that_one(visitor: Visitor, mila: User) -> None:
    mila.consents("analytics")
    mila.consents("marketing")
    mila.world.advance(timedelta(minutes=2))
    requests(visitor, "consent_withdrawal", contact=mila.phone, purpose="analytics")
    states = {one["purpose"]: one["state"] for one in mila.gets("/v1/consents").json["items"]}
    assert (states["analytics"], states["marketing"]) == ("withdrawn", "given")


def test_objection_names_the_use_to_which_a_person_objects(visitor: Visitor, mila: User) -> None:
    requests(visitor, "objection", contact=mila.phone, purpose=OBJECTABLE.value, reason="I am followed.")
    notes = request_on(visitor).notes
    assert isinstance(notes, RestraintNotes)
    assert notes.purposes == (OBJECTABLE,)


def test_each_choice_of_a_page_is_accepted(world: World) -> None:
    for right, field in (
        ("restriction", "ground"),
        ("objection", "purpose"),
        ("consent_withdrawal", "purpose"),
    ):
        visitor = Visitor(world).opens(f"/privacy/rights/{right}")
        choices = [str(given["value"]) for name, given in visitor.read.elements if name == "option"]
        for value in choices:
            if value or field != "ground":  # a ground has to be chosen
                requests(visitor, right, contact=world.a_user().phone, **{field: value})
                assert "Your receipt" in visitor.shown


@pytest.mark.promise("RGT-9")
def test_chosen_language_stays_through_a_whole_flow(visitor: Visitor, owner: User) -> None:
    words = {to_cyrillic(serbian): english for english, serbian in FORMS.items()}
    english = {one for one in words.values() if len(one) > 12 and "{" not in one}

    def check() -> None:
        assert visitor.read.attributes("lang")[0] == Language.SERBIAN_CYRILLIC
        assert {one for one in english if one in visitor.shown} == set()

    send, go = to_cyrillic(FORMS[SEND]), to_cyrillic(FORMS["Continue"])
    visitor.opens("/privacy/rights/erasure").follows("Српски")
    check()
    visitor.presses(send, contact="x")
    check()
    visitor.presses(send, contact=MAILBOX)
    check()
    visitor.presses(go, code="1")
    check()
    visitor.presses(go, code=visitor.world.code_mailed_to(MAILBOX))
    check()
    visitor.presses(send, contact=owner.phone)
    visitor.presses(go, code=visitor.world.code_for(owner.phone))
    check()
    visitor.presses(to_cyrillic(FORMS["Cancel the deletion"]))
    check()
    visitor.presses(to_cyrillic(FORMS[CLOSE]))
    assert visitor.place.endswith("/privacy?language=sr-Cyrl")


def test_message_with_the_code_is_in_the_language_of_the_page(visitor: Visitor) -> None:
    phone = a_phone()
    visitor.opens("/privacy/rights/access?language=sr-Latn").presses(FORMS[SEND], contact=phone)
    assert re.search("kod", visitor.world.messages_to(phone)[-1])


def test_second_request_of_a_kind_is_refused_with_a_hint_to_the_receipt(visitor: Visitor, mila: User) -> None:
    assert mila.is_stepped_up().exercises("restriction", ground="a").status == 202
    mila.world.advance(timedelta(minutes=2))
    requests(visitor, "restriction", contact=mila.phone, ground="a")
    assert visitor.status == 422
    assert mistakes(visitor)[""].startswith("There is a request of this kind already")


def test_code_that_cannot_be_sent_now_is_a_mistake_and_keeps_what_was_typed(visitor: Visitor) -> None:
    patches.fail_at(guests, "start", Unavailable())
    asks(visitor, "access", contact=(phone := a_phone()))
    assert visitor.status == 422
    assert mistakes(visitor) == {"": "Our service is busy. Nothing was lost: try again in a minute."}
    assert visitor.field("contact") == phone


def test_page_for_a_browser_without_cookies_says_what_to_do(world: World) -> None:
    visitor = Visitor(world, keeps_cookies=False)
    asks(visitor, "access", contact=a_phone())
    assert visitor.status == 200
    assert NO_FORM in visitor.shown
    assert "your browser keeps no cookies" in visitor.shown


def test_form_of_another_site_is_refused_and_sends_nothing(visitor: Visitor) -> None:
    for site in ("cross-site", "same-site"):
        visitor.sends("/privacy/rights/access", {"contact": a_phone()}, site=site)
        assert visitor.status == 403
        assert "Another site sent this form" in visitor.shown
    assert visitor.world.sent_messages() == []
    assert cloud.all_items() == []
