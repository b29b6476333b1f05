"""Tests erasures on the deployed stack, by its functions under their own roles."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.core import clock
from chalicelib.core.table_names import Table
from infra.local.chromium import browser
from infra.local.cloud import LocalCloud
from infra.local.tour.erasure import GRACE, follow_guide
from infra.local.tour.phone import Phone
from infra.local.tour.receipt import ReceiptLink
from infra.local.waiting import until
from tests.support.clouds.deployed import history
from tests.support.clouds.deployed_subjects import ErasedSubject
from tests.support.pages.receipt_links import buttons, click, speak, visit


@pytest.fixture
def gordana(cloud: LocalCloud, a_phone: Callable[[], Phone]) -> ErasedSubject:
    """Return a user with data in every table and at Stream."""
    phone = a_phone()
    subject = ErasedSubject(cloud, phone, f"gordana.{phone.number.lstrip('+')}@inbox.example")
    subject.signs_up()
    assert {place.split("#")[0] for place in subject.places()} >= {"accounts A", "usage A", "keys A"}
    return subject


def wait_until_completed(link: ReceiptLink) -> None:
    """Wait until the last step of an erasure is done."""
    assert link.wait_for_answer() == "completed"
    link.wait_for_step("forget", "done")


def assert_gone(subject: ErasedSubject) -> None:
    """Check that tables, logs and Stream have nothing of the subject, and that no call failed."""
    assert subject.places() == set()
    found = subject.at_stream()
    assert "deleted_at" in found
    assert not {"name", "image"} & found.keys()
    assert (found["written"], found["received"]) == ([], ["At nine"])
    assert subject.logged() == []
    lines = set(subject.cloud.log_lines("erase_accounts")) - subject.logged_before
    assert any('"ErasureCertified"' in line for line in lines)
    assert not [line for line in lines if '"ERROR"' in line or "Denied" in line]


def is_suppressed(cloud: LocalCloud, address: str) -> bool:
    """Return whether SES's suppression list has an address."""
    ses = cloud.account.client("sesv2")
    try:
        ses.get_suppressed_destination(EmailAddress=address)
    except ses.exceptions.NotFoundException:
        return False
    return True


def marks(cloud: LocalCloud, link: ReceiptLink) -> dict[str, dict[str, Any]]:
    """Return the versions of an erasure's marks in the locked bucket, by name."""
    entries = [item for item in cloud.items(Table.LEDGER) if link.request_id in json.dumps(item, default=str)]
    (chain,) = {e["pk"]["S"] for e in entries if e["pk"]["S"].startswith("tombstone#")}
    prefix = f"tombstones/{chain.removeprefix('tombstone#')}/"
    found = cloud.account.client("s3").list_object_versions(Bucket=cloud.archive, Prefix=prefix)
    return {version["Key"].removeprefix(prefix): version for version in found["Versions"]}


@pytest.mark.proof
@pytest.mark.promise("RGT-3", "STR-5", "SEC-1")
def test_erasure_leaves_evidence_locked_marks_and_a_verifiable_certificate(
    cloud: LocalCloud, gordana: ErasedSubject, tmp_path: Path
) -> None:
    copy = gordana.asks("access")
    assert copy.wait_for_answer() == "completed"
    name = f"exports/{copy.request_id}.zip"
    assert name in cloud.copies()
    cloud.account.client("sesv2").put_suppressed_destination(EmailAddress=gordana.address, Reason="BOUNCE")
    assert is_suppressed(cloud, gordana.address)
    link = gordana.asks("erasure", waive_grace=True)
    wait_until_completed(link)
    assert_gone(gordana)
    assert name not in cloud.copies()
    assert not is_suppressed(cloud, gordana.address)

    signed = link.certificate()
    status, lines = follow_guide(tmp_path, cloud.state.api_url, signed)
    kid = json.loads(signed)["kid"]
    assert (status, lines) == (0, ["Verified OK", kid, kid])
    certificate = json.loads((tmp_path / "certificate.json").read_bytes())
    kinds = {one["records"] for one in certificate["deleted"]}
    assert kinds >= {"account", "profile", "claim", "usage_event", "export_copy"}

    s3 = cloud.account.client("s3")
    kept = marks(cloud, link)
    assert kept.keys() == {"pending.json", "final.json"}
    for version in kept.values():
        one = {"Bucket": cloud.archive, "Key": version["Key"], "VersionId": version["VersionId"]}
        assert s3.get_object_retention(**one)["Retention"]["Mode"] == "COMPLIANCE"
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.delete_object(**one)

    again = gordana.phone.sign_up("Gordana")
    assert again.body["new_account"]
    assert gordana.phone.user_id != gordana.user_id
    assert gordana.phone.account_id != gordana.account_id


@pytest.mark.proof
@pytest.mark.promise("RGT-3", "RGT-10")
def test_receipt_alone_cancels_an_erasure_and_follows_another(
    cloud: LocalCloud, gordana: ErasedSubject
) -> None:
    read = len(cloud.mails_to(gordana.address))
    with cloud.configured("erase_accounts", GRACE):
        gordana.asks("erasure")
        mail = until(lambda: cloud.mails_to(gordana.address)[read:], "the mail")[0]
        link = ReceiptLink.received(gordana.phone, mail.text)
        link.wait_for_step("grace", "in_progress")
        assert gordana.phone.call("GET", "/v1/profile").problem == "session_ended"
        assert "deactivated_at" in gordana.at_stream()
        gordana.phone.sign_up()
        assert gordana.phone.session["scope"] == "rights"
        assert link.cancel().body["status"] == "cancelled"
        link.wait_for_step("thaw", "done")
        until(lambda: "deactivated_at" not in gordana.at_stream(), "the user's return at Stream")
    gordana.phone.sign_up()
    assert (gordana.phone.session["scope"], gordana.phone.user_id) == ("full", gordana.user_id)
    assert gordana.phone.call("GET", "/v1/profile").body["email"] == gordana.address
    assert gordana.phone.chat_token()

    second = gordana.asks("erasure")
    wait_until_completed(second)
    assert_gone(gordana)
    assert second.cancel().problem == "too_late"
    assert link.read()["status"] == "cancelled"
    assert len(cloud.mails_to(gordana.address)) == read + 4  # two confirmations, the cancellation and the end


@pytest.mark.promise("RGT-3", "RGT-10")
def test_page_of_the_link_cancels_an_erasure(cloud: LocalCloud, gordana: ErasedSubject) -> None:
    with cloud.configured("erase_accounts", GRACE), browser() as chromium:
        link = gordana.asks("erasure")
        link.wait_for_step("grace", "in_progress")
        speak(chromium, "en-GB")
        assert "You can still cancel this." in visit(chromium, link.page)
        assert "The deletion was cancelled." in click(chromium, "Cancel the deletion")
        assert buttons(chromium) == ["Close the form"]
        assert all(link.receipt not in address.partition("#")[0] for address in chromium.asked)
        link.wait_for_step("thaw", "done")
    gordana.phone.sign_up()
    assert (gordana.phone.session["scope"], gordana.phone.user_id) == ("full", gordana.user_id)


@pytest.mark.proof
@pytest.mark.promise("RGT-3", "RGT-11")
def test_letter_that_an_operator_enters_erases_the_account(
    cloud: LocalCloud, gordana: ErasedSubject, run: Callable[..., Any]
) -> None:
    today = clock.day_of(clock.now()).isoformat()
    words = ("--user", gordana.user_id, "--right", "erasure", "--by", "letter", "--on", today)
    entered = run("alice", "enter", *words)
    assert entered.exit_code == 0, entered.output
    receipt = entered.output.split()[-1]
    link = ReceiptLink(gordana.phone, entered.output.split()[0], receipt)
    gordana.secrets["receipt"] = receipt
    checked = run("bob", "identity-came", link.request_id)
    assert checked.exit_code == 0, checked.output
    wait_until_completed(link)
    assert_gone(gordana)
    assert json.loads(link.certificate())["algorithm"] == "ECDSA_SHA_256"
    assert "forget_done" in history(cloud, link.request_id)
    listed, shown = (
        run("bob", "list", group="erasures"),
        run("bob", "show", link.request_id, group="erasures"),
    )
    assert (listed.exit_code, shown.exit_code) == (0, 0), listed.output + shown.output
    assert link.request_id in shown.output
    assert gordana.phone.number not in listed.output + shown.output
    verified = run("root", "verify", link.request_id).output
    assert not any(word in verified for word in ("Tampered", "Forked", "Missing", "RolledBack"))
