"""People without the app use the deployed site in a browser: a deletion, a copy, an objection, a message."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.chromium import browser
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone, code_in
from infra.local.waiting import until
from tests.support.pages.person import Person

TIMEOUT = 60.0  # seconds for a whole plan; each step is a message


@pytest.fixture
def person(cloud: LocalCloud) -> Iterator[Person]:
    with browser() as chromium:
        yield Person(chromium, cloud.state.api_url)


@pytest.fixture
def owner(cloud: LocalCloud, a_phone: Callable[[], Phone]) -> Phone:
    """Return a person with an account and a mailbox that was verified long ago."""
    phone = a_phone()
    phone.sign_up("Owner")
    phone.address = f"owner.{uuid.uuid4().hex[:8]}@inbox.example"
    challenge = phone.ask_for_email(phone.address).body["challenge_id"]
    phone.give_mailed_code(challenge, code_in(str(cloud.mails_to(phone.address)[-1])))
    profile = {"pk": {"S": f"A#{phone.account_id}"}, "sk": {"S": "profile"}}
    cloud.account.client("dynamodb").update_item(
        TableName="ru4m-local-accounts", Key=profile, UpdateExpression="REMOVE email_verified_at"
    )
    return phone


def texted(phone: Phone, read: int) -> str:
    """Return the code of the next text."""
    return code_in(until(lambda: phone.inbox(phone.number)[read:], "the code")[-1])


def mailed(cloud: LocalCloud, address: str, read: int) -> str:
    """Return the code of the next mail."""
    return code_in(str(until(lambda: cloud.mails_to(address)[read:], "the code")[-1]))


def proves_both(person: Person, cloud: LocalCloud, owner: Phone, page: str, words: dict[str, str]) -> None:
    """Ask for a right by the number, and prove the mailbox too."""
    texts, mails = len(owner.inbox(owner.number)), len(cloud.mails_to(owner.address))
    person.opens(page).presses(words["send"], contact=owner.number)
    person.presses(words["continue"], code=texted(owner, texts))
    person.presses(words["send"], contact=owner.address)
    person.presses(words["continue"], code=mailed(cloud, owner.address, mails))


def is_checked(run: Callable[..., Any], request_id: str) -> None:
    """Have two operators check the identity, which they owe since no channel is left that proved nothing."""
    for operator in ("alice", "bob"):
        checked = run(operator, "identity-came", request_id)
        assert checked.exit_code == 0, checked.output


ENGLISH = {"send": "Send me a code", "continue": "Continue"}


@pytest.mark.proof
@pytest.mark.promise("RGT-11", "RGT-3", "USE-4")
def test_person_who_lost_the_phone_deletes_the_account_and_checks_the_certificate(
    cloud: LocalCloud, person: Person, owner: Phone, run: Callable[..., Any], tmp_path: Path
) -> None:
    proves_both(person, cloud, owner, "/privacy/delete", ENGLISH)
    request_id, receipt = person.receipt
    is_checked(run, request_id)
    person.waits_for("Download the signed file", "/privacy/form")
    headers = {"Rights-Receipt": receipt}
    path = f"/v1/rights-receipts/{request_id}/certificate"
    file = tmp_path / "signed-certificate.json"
    file.write_bytes(owner.call("GET", path, token="", headers=headers).raw)
    person.opens("/privacy/verify").chooses_file("file", file).waits_for("The signature is valid")
    file.write_text(file.read_text().replace('"signature":"', '"signature":"MEUC'))
    person.opens("/privacy/verify").chooses_file("file", file).waits_for("not")
