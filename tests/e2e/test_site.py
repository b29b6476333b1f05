"""People without the app use the deployed site in a browser: a deletion, a copy, an objection, a message."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.languages import Language
from chalicelib.site.layout import Reader
from infra.local.chromium import DESKTOP, browser
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone, codes_in
from infra.local.tour.receipt import ReceiptLink
from infra.local.waiting import NotInTime, until
from tests.support.pages.person import Person


@dataclass(frozen=True)
class Owner:
    """A person with an account and a mailbox that was verified long ago."""

    cloud: LocalCloud
    phone: Phone
    address: str

    def texted(self, read: int) -> str:
        """Return the code of the next text."""
        inbox = self.phone.inbox
        return until(lambda: codes_in(inbox(self.phone.number)[read:]), "the code")[-1]

    def mailed(self, read: int) -> str:
        """Return the code of the next mail."""
        return until(lambda: codes_in(self.cloud.mails_to(self.address)[read:]), "the code")[-1]

    def proves_number(self, person: Person, page: str, **typed: str) -> None:
        """Ask for a right on its page, by the number."""
        read, number = len(self.phone.inbox(self.phone.number)), self.phone.number
        person.opens(page).presses(say(person, "Send me a code"), contact=number, **typed)
        person.presses(say(person, "Continue"), code=self.texted(read))

    def proves_mailbox(self, person: Person) -> None:
        """Prove the mailbox for the request that is shown."""
        read = len(self.cloud.mails_to(self.address))
        person.presses(say(person, "Send me a code"), contact=self.address)
        person.presses(say(person, "Continue"), code=self.mailed(read))


@pytest.fixture
def person(cloud: LocalCloud) -> Iterator[Person]:
    with browser() as chromium:
        yield Person(chromium, cloud.state.api_url)


@pytest.fixture
def owner(cloud: LocalCloud, a_phone: Callable[[], Phone]) -> Owner:
    phone, address = a_phone(), f"owner.{uuid.uuid4().hex[:8]}@inbox.example"
    phone.sign_up("Owner")
    challenge = phone.ask_for_email(address).body["challenge_id"]
    phone.give_mailed_code(challenge, codes_in(cloud.mails_to(address))[-1])
    profile = {"pk": {"S": f"A#{phone.account_id}"}, "sk": {"S": "profile"}}
    cloud.account.client("dynamodb").update_item(
        TableName="ru4m-local-accounts", Key=profile, UpdateExpression="REMOVE email_verified_at"
    )
    return Owner(cloud, phone, address)


def say(person: Person, phrase: str) -> str:
    """Return a phrase of the site in the language of a person."""
    return Reader("/privacy", Language(person.language)).say(phrase)


def is_checked_and_answered(owner: Owner, run: Callable[..., Any], request_id: str, receipt: str) -> None:
    """Have two operators check the identity, which they owe since no channel is left that proved nothing."""
    link = ReceiptLink(owner.phone, request_id, receipt)
    until(lambda: link.read()["status"] == "awaiting_verification", "the wait for the check", 60)
    for operator in ("alice", "bob"):
        checked = run(operator, "identity-came", request_id)
        assert checked.exit_code == 0, checked.output

    def answered() -> dict[str, Any] | None:
        owner.cloud.run("sweep_rights")  # as every five minutes: a wait that ends at an instant needs it
        shown = link.read()
        return shown if "decision" in shown else None

    try:
        shown = until(answered, "the answer", 120)
    except NotInTime as late:
        raise AssertionError(f"{late}: {link.read()}") from None
    assert shown["status"] == "completed", shown


@pytest.mark.proof
@pytest.mark.promise("RGT-11", "RGT-3", "USE-4")
def test_person_who_lost_the_phone_deletes_the_account_and_checks_the_certificate(
    person: Person, owner: Owner, run: Callable[..., Any], tmp_path: Path
) -> None:
    owner.proves_number(person, "/privacy/delete")
    assert "Proven so far: the number." in person.shown
    owner.proves_mailbox(person)
    request_id, receipt = person.receipt
    is_checked_and_answered(owner, run, request_id, receipt)
    assert "Download the signed file" in person.opens("/privacy/form").shown
    file = tmp_path / "signed-certificate.json"
    file.write_bytes(ReceiptLink(owner.phone, request_id, receipt).certificate())
    person.opens("/privacy/verify").chooses_file("file", file)
    until(lambda: person.outcome == "genuine", "the check")
    file.write_text(file.read_text().replace('"signature":"ME', '"signature":"MF'))
    person.opens("/privacy/verify").chooses_file("file", file)
    until(lambda: person.outcome == "altered", "the check")


@pytest.mark.proof
@pytest.mark.promise("RGT-11", "RGT-1")
def test_person_without_the_app_gets_a_copy(person: Person, owner: Owner, run: Callable[..., Any]) -> None:
    reader = replace(person, language="sr-Latn", screen=DESKTOP)
    owner.proves_number(reader, "/privacy/rights/access")
    owner.proves_mailbox(reader)
    is_checked_and_answered(owner, run, *reader.receipt)
    assert say(reader, "Download the copy") in reader.opens("/privacy/form").shown
    reader.chromium.call("Browser.setDownloadBehavior", behavior="deny")
    reader.chromium.value("document.querySelector('a[href*=\"form/copy\"]').click(); 0")
    asked = until(reader.downloads, "the download")
    assert "X-Amz-Signature" in asked[0]


@pytest.mark.proof
@pytest.mark.promise("RGT-11", "RGT-5")
@pytest.mark.parametrize("language", list(Language))
def test_person_objects_without_scripts(person: Person, owner: Owner, language: Language) -> None:
    reader = replace(person, language=language.value).switches_scripts_off()
    owner.proves_number(reader, "/privacy/rights/objection", reason="Ne želim.")
    assert say(reader, "Your receipt") in reader.shown, reader.shown
    shown = owner.phone.call("GET", "/v1/rights-requests").body["items"]
    assert [one["right"] for one in shown] == ["objection"]
    request_id, receipt = reader.receipt
    reader.presses(say(reader, "Close the form"))
    pasted = f"{request_id}.{receipt}"
    reader.opens("/privacy/request").presses(say(reader, "Show my request"), receipt=pasted)
    assert reader.receipt == (request_id, receipt)


@pytest.mark.proof
@pytest.mark.promise("USE-10")
def test_message_to_us_is_answered_by_mail(
    cloud: LocalCloud, person: Person, run: Callable[..., Any], tmp_path: Path
) -> None:
    address = f"writer.{uuid.uuid4().hex[:8]}@inbox.example"
    person.opens("/privacy/support")
    person.presses("Send me a code", email=address, text="Where do I find my contacts?")
    code = until(lambda: codes_in(cloud.mails_to(address)), "the code")[-1]
    person.presses("Continue", code=code)
    assert "We have your message" in person.shown
    listed = run("alice", "list", group="support")
    (message,) = set(re.findall(r"sm_[0-9a-z]{26}", listed.output))
    file = tmp_path / "answer.txt"
    file.write_text("Update the app.")
    assert run("alice", "answer", message, "--text-file", str(file), group="support").exit_code == 0
    cloud.run("report_inbox")
    assert any("Update the app." in str(mail) for mail in cloud.mails_to(address))
