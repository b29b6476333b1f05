"""Tests requests without a session on the deployed stack, with functions under their own roles."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core import clock
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone, PhoneAnswer, codes_in
from infra.local.waiting import until
from tests.support.clouds.deployed import StoredItems, history

TIMEOUT = 60.0  # seconds for the whole plan; each step is a message
GUESTS = "/v1/rights-requests/guest"


class Guest:
    """A person without a session, who has a phone and perhaps a mailbox."""

    def __init__(self, cloud: LocalCloud, phone: Phone) -> None:
        self.cloud, self.phone, self.made = cloud, phone, dict[str, Any]()

    def call(self, method: str, path: str, body: object = None) -> PhoneAnswer:
        receipt = {"Rights-Receipt": self.made["receipt"]} if self.made else {}
        return self.phone.call(method, path, body, token="", headers=receipt)

    def asks(self, right: str = "access", **more: Any) -> dict[str, Any]:
        """Make a request by a code to the number."""
        read = len(self.phone.inbox(self.phone.number))
        body = {"phone": self.phone.number, "right": right, **more}
        asked = self.call("POST", GUESTS, body)
        assert asked.status == 202, asked.body
        code = until(lambda: codes_in(self.phone.inbox(self.phone.number)[read:]), "the code")[-1]
        path = f"{GUESTS}/{asked.body['challenge_id']}/verify"
        made = self.call("POST", path, {"code": code})
        assert made.status == 202, made.body
        self.made = made.body
        return self.made

    def proves(self, address: str) -> PhoneAnswer:
        """Prove the mailbox, too."""
        path = f"/v1/rights-receipts/{self.made['rights_request_id']}/proofs"
        read = len(self.cloud.mails_to(address))
        challenge = self.call("POST", path, {"email": address}).body["challenge_id"]
        code = until(lambda: codes_in(self.cloud.mails_to(address)[read:]), "the code")[-1]
        return self.call("POST", f"{path}/{challenge}/verify", {"code": code})

    def is_checked(self, run: Callable[..., Any]) -> None:
        """Have two operators check the identity: no channel is left that proved nothing."""
        until(lambda: self.state()["status"] == "awaiting_verification", "the wait for the check", TIMEOUT)
        for operator in ("alice", "bob"):
            checked = run(operator, "identity-came", self.made["rights_request_id"])
            assert checked.exit_code == 0, checked.output

    def state(self) -> dict[str, Any]:
        return self.call("GET", f"/v1/rights-receipts/{self.made['rights_request_id']}").body

    def answer(self) -> dict[str, Any]:
        """Wait for the answer, by the receipt."""

        def answered() -> dict[str, Any] | None:
            shown = self.state()
            return shown if "decision" in shown else None

        return until(answered, "the answer", TIMEOUT)


@pytest.mark.proof
@pytest.mark.promise("RGT-11", "SEC-1")
def test_person_who_never_had_an_account_gets_an_answer(
    cloud: LocalCloud, a_phone: Callable[[], Phone]
) -> None:
    guest = Guest(cloud, a_phone())
    made = guest.asks()
    assert (made["without_account"], made["status"]) == (True, "received")
    answer = guest.answer()
    assert answer["status"] == "completed"
    assert "No account has this number" in answer["decision"]["text"]
    seen = until(lambda: _whole(cloud, made["rights_request_id"]), "the last step", TIMEOUT)
    assert seen == ["received", "search_done", "answer_done", "announce_done", "forget_contact_done"]
    assert made["receipt"] in guest.phone.inbox(guest.phone.number)[-1]
    number = guest.phone.number.lstrip("+")
    assert StoredItems(cloud).keys_with(number) == []
    assert number not in "\n".join(cloud.log_lines())


def _whole(cloud: LocalCloud, request_id: str) -> list[str] | None:
    events = history(cloud, request_id)
    return events if events[-1] == "forget_contact_done" else None


@pytest.mark.proof
@pytest.mark.promise("RGT-11", "RGT-3")
def test_former_user_gets_an_answer_that_does_not_reveal_the_former_account(
    cloud: LocalCloud, a_phone: Callable[[], Phone]
) -> None:
    phone = a_phone()
    phone.sign_up("Former")
    phone.step_up()
    erased = phone.call("POST", "/v1/rights-requests", {"right": "erasure", "waive_grace": True}).body
    receipt = {"Rights-Receipt": erased["receipt"]}
    path = f"/v1/rights-receipts/{erased['rights_request_id']}"

    def closed() -> bool:
        return "decision" in phone.call("GET", path, token="", headers=receipt).body

    until(closed, "the erasure", TIMEOUT)
    former, never = Guest(cloud, phone), Guest(cloud, a_phone())
    for guest in (former, never):
        assert guest.asks("erasure")["without_account"] is True
    assert former.answer()["decision"] == never.answer()["decision"]
    assert phone.call("GET", f"{path}/certificate", token="", headers=receipt).status == 200


@pytest.mark.proof
@pytest.mark.promise("RGT-11")
def test_locked_out_user_gets_the_copy_after_two_proofs_and_two_checks(
    cloud: LocalCloud, a_phone: Callable[[], Phone], run: Callable[..., Any]
) -> None:
    phone, address = a_phone(), f"locked.{uuid.uuid4().hex[:8]}@inbox.example"
    phone.sign_up("Locked")
    challenge = phone.ask_for_email(address).body["challenge_id"]
    phone.give_mailed_code(challenge, codes_in(cloud.mails_to(address))[-1])
    guest = Guest(cloud, phone)
    assert guest.asks()["status"] == "awaiting_verification"
    assert guest.proves(address).problem == "proof_not_accepted"  # the mailbox is new
    profile = {"pk": {"S": f"A#{phone.account_id}"}, "sk": {"S": "profile"}}
    cloud.account.client("dynamodb").update_item(
        TableName="ru4m-local-accounts", Key=profile, UpdateExpression="REMOVE email_verified_at"
    )
    assert (
        guest.call("GET", f"/v1/rights-receipts/{guest.made['rights_request_id']}/export").problem
        == "not_ready"
    )
    assert guest.proves(address).status == 200
    guest.is_checked(run)
    assert guest.answer()["status"] == "completed"
    link = guest.call("GET", f"/v1/rights-receipts/{guest.made['rights_request_id']}/export")
    assert link.status == 200
    warned = [text for text in phone.inbox(phone.number) if "without signing in" in text]
    assert len(warned) == 1
    assert any("without signing in" in str(mail) for mail in cloud.mails_to(address))


@pytest.mark.proof
@pytest.mark.promise("RGT-11")
def test_request_of_an_agent_is_answered_to_the_subject(
    cloud: LocalCloud, a_phone: Callable[[], Phone], run: Callable[..., Any]
) -> None:
    phone = a_phone()
    phone.sign_up("Represented")
    today = clock.day_of(clock.now()).isoformat()
    authority = ("--authority", "power_of_attorney", "--seen-on", today, "--file", "117/2026")
    seen = ("--on-behalf", "agent", *authority)
    words = ("--user", phone.user_id, "--right", "access", "--by", "letter", "--on", today)
    entered = run("alice", "enter", *words, *seen)
    assert entered.exit_code == 0, entered.output
    request_id = entered.output.split()[0]

    def answered() -> dict[str, Any] | None:
        shown = phone.call("GET", f"/v1/rights-requests/{request_id}").body
        return shown if "decision" in shown else None

    shown = until(answered, "the answer", TIMEOUT)
    assert (shown["status"], shown["on_behalf"]) == ("completed", "agent")


@pytest.mark.proof
@pytest.mark.promise("RGT-2")
def test_correction_of_a_guest_reaches_the_profile_after_the_warning(
    cloud: LocalCloud, a_phone: Callable[[], Phone], run: Callable[..., Any]
) -> None:
    phone = a_phone()
    phone.sign_up("Ljubica")
    guest = Guest(cloud, phone)
    made = guest.asks("rectification", changes={"display_name": "Ljuba"})
    assert made["status"] == "received"
    guest.is_checked(run)
    assert guest.answer()["status"] == "completed"
    assert phone.call("GET", "/v1/profile").body["display_name"] == "Ljuba"
    assert sum("without signing in" in text for text in phone.inbox(phone.number)) == 1
