"""A receipt on the site: its request, a late cancellation, the copy and the certificate (ADR 99)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from chalicelib.core.ids import RightsRequestId
from tests.support.cases.erasure_parts import StoredErasure, an_envelope, an_erasure, certify
from tests.support.cases.site_forms import NO_FORM, mistakes, receipt_on, requests, shows
from tests.support.clouds import cloud
from tests.support.pages.visitor import Visitor
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("RGT-3", "RGT-11")

CANCEL = "Cancel the deletion"
UNKNOWN = "There is no request for this receipt. Open the whole link from our message."


@pytest.fixture
def visitor(world: World) -> Visitor:
    return Visitor(world)


@pytest.fixture
def erasure(mila: User) -> StoredErasure:
    return an_erasure(mila)


def opens(visitor: Visitor, erasure: StoredErasure) -> Visitor:
    return shows(visitor, f"{erasure.request_id}.{erasure.receipt}")


@pytest.mark.parametrize(
    "form", ["https://api.ru4m.example/privacy/request#{}", "{}", "  {} \r\n", "My receipt is {}, I hope"]
)
def test_receipt_is_found_in_what_a_person_shows(visitor: Visitor, erasure: StoredErasure, form: str) -> None:
    shows(visitor, form.format(f"{erasure.request_id}.{erasure.receipt}"))
    assert visitor.place.endswith("/privacy/form")
    assert receipt_on(visitor) == f"{erasure.request_id}.{erasure.receipt}"


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("kind", ["wrong", "of another request", "of no request", "empty"])
def test_receipt_that_belongs_to_no_request_is_a_mistake(
    visitor: Visitor, erasure: StoredErasure, kind: str
) -> None:
    other = an_erasure(visitor.world.a_user())
    pasted = {
        "wrong": f"{erasure.request_id}.1.{'x' * 43}",
        "of another request": f"{erasure.request_id}.{other.receipt}",
        "of no request": f"{RightsRequestId.new()}.{erasure.receipt}",
        "empty": "",
    }[kind]
    shows(visitor, pasted)
    assert visitor.status == 422
    assert mistakes(visitor)["receipt"].startswith(UNKNOWN)
    assert visitor.field("receipt") == pasted
    assert visitor.set_cookie is None


def test_second_receipt_replaces_the_first_form_if_its_person_agrees(
    visitor: Visitor, erasure: StoredErasure, world: World
) -> None:
    other = an_erasure(world.a_user())
    opens(visitor, erasure)
    first = visitor.field("token")
    opens(visitor, other)
    assert "Another form is open." in visitor.shown
    assert visitor.opens("/privacy/form").field("token") == first
    opens(visitor, other).presses("Show my request")
    visitor.sends("/privacy/form", {"token": first, "do": "cancel"})
    assert receipt_on(visitor).startswith(other.request_id)
    assert CANCEL in visitor.buttons


@pytest.mark.promise("RGT-10")
def test_cancellation_that_is_too_late_shows_the_new_state(visitor: Visitor, erasure: StoredErasure) -> None:
    opens(visitor, erasure)
    certify(erasure, an_envelope())
    visitor.presses(CANCEL)
    assert visitor.status == 422
    assert mistakes(visitor) == {"": "It is too late to cancel."}
    assert CANCEL not in visitor.buttons
    assert "Download the signed file" in visitor.links


@pytest.mark.promise("RGT-10")
def test_cancellation_that_is_sent_twice_cancels_once(visitor: Visitor, erasure: StoredErasure) -> None:
    token = opens(visitor, erasure).field("token")
    visitor.presses(CANCEL)
    before = cloud.all_items()
    visitor.sends("/privacy/form", {"token": token, "do": "cancel"})
    assert "The deletion was cancelled." in visitor.shown
    assert cloud.all_items() == before


def test_certificate_is_read_and_downloaded_by_the_holder_of_the_cookie_only(
    visitor: Visitor, erasure: StoredErasure, mila: User
) -> None:
    certify(erasure, envelope := an_envelope())
    cloud.delete_account(mila.account_id)
    opens(visitor, erasure)
    page, file = visitor.links["Read the certificate"], visitor.links["Download the signed file"]
    shown = visitor.place
    assert "The deletion of your data at RU4M" in visitor.opens(page).shown
    assert visitor.opens(shown).opens(file).reply is not None
    assert visitor.reply is not None
    assert visitor.reply.text.encode() == envelope.document()
    stranger = Visitor(visitor.world, place=shown)
    assert [stranger.opens(path).status for path in (page, shown, file)] == [404, 200, 404]


@pytest.mark.promise("RGT-9")
def test_certificate_is_in_the_language_of_the_page(visitor: Visitor, erasure: StoredErasure) -> None:
    certify(erasure, an_envelope())
    opens(visitor, erasure).follows("Српски").follows("Прочитајте потврду")
    assert visitor.read.attributes("lang")[0] == "sr-Cyrl"
    assert "Брисање Ваших података" in visitor.shown


def test_certificate_of_an_open_erasure_is_not_ready(visitor: Visitor, erasure: StoredErasure) -> None:
    opens(visitor, erasure).opens("/privacy/form/certificate")
    assert visitor.status == 409
    assert "This is not ready yet." in visitor.shown


@pytest.mark.promise("RGT-1")
def test_copy_that_is_not_ready_is_a_page_for_its_reader(visitor: Visitor, mila: User) -> None:
    requests(visitor, "access", contact=mila.phone)
    visitor.opens("/privacy/form/copy")
    assert visitor.status == 409
    assert "This is not ready yet." in visitor.shown


@pytest.mark.promise("SEC-1")
def test_copy_of_a_request_from_a_session_is_not_there(visitor: Visitor, mila: User) -> None:
    made = mila.is_stepped_up().exercises("access").json
    shows(visitor, f"{made['rights_request_id']}.{made['receipt']}").opens("/privacy/form/copy")
    assert visitor.status == 404


@pytest.mark.promise("SEC-1")
def test_receipt_is_in_no_address_and_in_no_log(visitor: Visitor, erasure: StoredErasure) -> None:
    opens(visitor, erasure).presses(CANCEL)
    assert urlsplit(visitor.place).query == ""
    assert erasure.receipt not in visitor.place
    assert erasure.receipt not in visitor.world.log.getvalue()


def test_receipt_from_another_site_is_refused(visitor: Visitor, erasure: StoredErasure) -> None:
    pasted = {"receipt": f"{erasure.request_id}.{erasure.receipt}"}
    visitor.sends("/privacy/request", pasted, site="cross-site")
    assert visitor.status == 403
    assert visitor.set_cookie is None
    opens(visitor, erasure)
    token = visitor.field("token")
    visitor.sends("/privacy/form", {"token": token, "do": "cancel"}, site="cross-site")
    assert visitor.status == 403
    assert CANCEL in visitor.opens("/privacy/form").buttons
    assert NO_FORM not in visitor.shown
