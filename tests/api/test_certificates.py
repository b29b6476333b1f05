"""The certificate of an erasure, for its subject and for the holder of the receipt; the receipt's page."""

import re
from datetime import timedelta

import pytest

from chalicelib.core.page import POLICY
from chalicelib.core.table_names import END_NAMES
from chalicelib.core.transactions import commit
from chalicelib.rights.erasure import store as certificates_store
from chalicelib.rights.erasure.model import Envelope, IssuedCertificate
from chalicelib.rights.erasure.store import CertificateExists, certificate_of, keeping_certificate
from chalicelib.site.forms.start import RECEIPT_POLICY
from tests.support.cases import certificates
from tests.support.cases.erasure_parts import StoredErasure, an_envelope, an_erasure, certify
from tests.support.clouds import cloud
from tests.support.world.world import Reply, User, World


@pytest.fixture
def erasure(mila: User) -> StoredErasure:
    return an_erasure(mila)


FILE = "/v1/rights-receipts/{request_id}/certificate"
PAGE = "/privacy/certificate?rights_request_id={request_id}"
PLACES = [FILE, PAGE]


def by_receipt(world: World, erasure: StoredErasure, place: str = FILE) -> Reply:
    return world.call("GET", place.format(request_id=erasure.request_id), headers=erasure.headers)


@pytest.mark.promise("RGT-3", "RGT-11")
def test_receipt_gets_the_signed_file_after_the_account_is_gone(
    world: World, mila: User, erasure: StoredErasure
) -> None:
    certify(erasure, envelope := an_envelope())
    cloud.delete_account(mila.account_id)
    reply = by_receipt(world, erasure)
    assert reply.text.encode() == envelope.document()
    assert Envelope.read(reply.text.encode()) == envelope
    assert reply.headers["content-type"] == "application/json"


@pytest.mark.promise("RGT-3")
def test_subject_gets_the_signed_file_of_their_own_request(mila: User, erasure: StoredErasure) -> None:
    certify(erasure, envelope := an_envelope())
    assert (
        mila.gets(f"/v1/rights-requests/{erasure.request_id}/certificate").text
        == envelope.document().decode()
    )


@pytest.mark.promise("RGT-3")
def test_receipt_gets_the_readable_page(world: World, erasure: StoredErasure) -> None:
    certify(erasure, an_envelope())
    reply = by_receipt(world, erasure, PAGE)
    assert "The deletion of your data at RU4M" in reply.text
    assert certificates.KID in reply.text
    assert "privacy@test.example" in reply.text


@pytest.mark.promise("SEC-1")
def test_page_of_a_certificate_is_not_stored_framed_or_referred_to(
    world: World, erasure: StoredErasure
) -> None:
    certify(erasure, an_envelope())
    headers = by_receipt(world, erasure, PAGE).headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"] == f"{POLICY}; frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("place", PLACES)
def test_certificate_is_not_ready_before_the_erasure_is_done(
    world: World, mila: User, erasure: StoredErasure, place: str
) -> None:
    assert by_receipt(world, erasure, place).problem == "not_ready"
    refused = mila.gets(f"/v1/rights-requests/{erasure.request_id}/certificate")
    assert (refused.problem, refused.headers["retry-after"]) == ("not_ready", "3600")


@pytest.mark.parametrize("place", PLACES)
def test_cancelled_erasure_has_no_certificate(world: World, erasure: StoredErasure, place: str) -> None:
    path = f"/v1/rights-receipts/{erasure.request_id}/cancel"
    assert world.call("POST", path, headers=erasure.headers).status == 200
    assert by_receipt(world, erasure, place).problem == "not_found"


def test_request_for_a_copy_has_no_certificate(world: World, mila: User) -> None:
    taken = mila.is_stepped_up().exercises("access").json
    copy = StoredErasure(taken["rights_request_id"], taken["receipt"])
    assert by_receipt(world, copy).problem == "not_found"
    assert mila.gets(f"/v1/rights-requests/{copy.request_id}/certificate").problem == "not_found"


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("receipt", ["", "1.", "1.AAAA", "\N{SNOWMAN}"])
def test_wrong_receipt_gets_no_certificate(
    world: World, erasure: StoredErasure, place: str, receipt: str
) -> None:
    certify(erasure, an_envelope())
    assert by_receipt(world, StoredErasure(erasure.request_id, receipt), place).problem == "not_found"


@pytest.mark.promise("SEC-1")
def test_missing_receipt_gets_no_certificate(world: World, erasure: StoredErasure) -> None:
    certify(erasure, an_envelope())
    for place in PLACES:
        assert world.call("GET", place.format(request_id=erasure.request_id)).problem == "not_found"


@pytest.mark.promise("SEC-1")
def test_certificate_of_another_subject_is_not_found(world: World, erasure: StoredErasure) -> None:
    certify(erasure, an_envelope())
    reply = world.a_user().gets(f"/v1/rights-requests/{erasure.request_id}/certificate")
    assert reply.problem == "not_found"


@pytest.mark.promise("SEC-1")
def test_stored_certificate_has_its_document_sealed(world: World, erasure: StoredErasure) -> None:
    certify(erasure, an_envelope())
    (item,) = cloud.records("certificate")
    assert item.keys() == {
        "pk", "sk", "kind", "request_id", "issued_at", "sealed", "expires_at", "delete_at", *END_NAMES,
    }  # fmt: skip


def test_second_certificate_does_not_replace_the_first(world: World, erasure: StoredErasure) -> None:
    certify(erasure, first := an_envelope())
    second = Envelope(certificates.KID, b"another signature", first.certificate)
    issued = IssuedCertificate(
        request_id=erasure.request_id, issued_at=world.now, document=second.document().decode()
    )
    with pytest.raises(CertificateExists):
        commit(keeping_certificate(issued))
    assert certificate_of(erasure.request_id) == first


@pytest.mark.promise("RET-1")
def test_certificate_expires_with_its_request(world: World, erasure: StoredErasure) -> None:
    certify(erasure, an_envelope())
    (item,), (request,) = cloud.records("certificate"), cloud.records("rights_request")
    assert item["expires_at"] == request["expires_at"]
    world.advance(timedelta(days=3 * 366))
    assert certificates_store.certificate_of(erasure.request_id) is None


def test_answer_of_a_done_erasure_points_to_its_certificate(world: World, erasure: StoredErasure) -> None:
    certify(erasure, an_envelope())
    shown = world.call("GET", f"/v1/rights-receipts/{erasure.request_id}", headers=erasure.headers).json
    assert (shown["status"], shown["cancellable"]) == ("completed", False)
    assert "certificate" in shown["decision"]["text"]


def test_request_says_whether_it_can_be_cancelled(world: World, erasure: StoredErasure) -> None:
    path = f"/v1/rights-receipts/{erasure.request_id}"
    assert world.call("GET", path, headers=erasure.headers).json["cancellable"] is True
    cancelled = world.call("POST", f"{path}/cancel", headers=erasure.headers).json
    assert (cancelled["status"], cancelled["cancellable"]) == ("cancelled", False)


# --- the page of a receipt


@pytest.mark.promise("RGT-3")
def test_page_of_a_receipt_is_public_and_contains_no_personal_data(
    world: World, mila: User, erasure: StoredErasure
) -> None:
    reply = world.call("GET", "/privacy/request")
    assert reply == mila.gets("/privacy/request")
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["cache-control"] == "public, max-age=300"
    assert "set-cookie" not in reply.headers
    assert not re.search(r"\b[aurp]_[0-9a-hjkmnp-tv-z]{26}", reply.text)


@pytest.mark.promise("SEC-1")
def test_page_of_a_receipt_cannot_be_framed_and_sends_no_referrer(world: World) -> None:
    headers = world.call("GET", "/privacy/request").headers
    assert headers["content-security-policy"] == f"{RECEIPT_POLICY}; frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
