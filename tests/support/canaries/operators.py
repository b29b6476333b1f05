"""What two operators record about the subject by the internal routes: looks, invoice, disclosure, hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from infra.local.tour.phone import Phone, codes_in
from infra.local.waiting import until
from infra.ops.internal_api import InternalApi
from tests.support.canaries import chats
from tests.support.canaries.subject import CanarySubject
from tests.support.canaries.values import CanaryForm, digits, letters
from tests.support.cases.disclosures import an_order
from tests.support.world.builders import an_invoice

HELD_KIND = "profile"


def look_for(subject: CanarySubject, alice: InternalApi) -> None:
    """Find the subject by number, and look at the account and its consents."""
    found = alice.call("POST", "/subjects/search", {"phone": subject.phone.number})
    assert found["user_id"] == subject.phone.user_id
    for tail in ("", "/consents"):
        alice.call("GET", f"/subjects/{subject.phone.user_id}{tail}")


def invoice(subject: CanarySubject, alice: InternalApi) -> None:
    """Record an invoice of the subject, and list it."""
    add, user_id = subject.canaries.add, subject.phone.user_id
    body = an_invoice(
        user_id=user_id,
        invoice_number=add("invoice number", f"CNRY-2026-{digits(7)}"),
        amount_minor=int(add("amount", digits(9), CanaryForm.WORD)),
        currency=add("currency", f"X{letters(2)}".upper(), CanaryForm.QUOTED),
        service_from=add("service from", f"194{digits(1)}-0{digits(1)}-1{digits(1)}"),
        service_to=add("service to", f"195{digits(1)}-0{digits(1)}-1{digits(1)}"),
        provider_reference=add("provider reference", letters()),
    )
    add("invoice", alice.call("POST", "/invoices", body)["invoice_id"])
    listed = alice.call("GET", f"/invoices?user_id={user_id}")["items"]
    assert [one["invoice_number"] for one in listed] == [body["invoice_number"]]


def disclose(subject: CanarySubject, alice: InternalApi, bob: InternalApi) -> None:
    """Approve a disclosure; its secrecy ends again, and another one is proposed."""
    add = subject.canaries.add
    secret_until = clock.to_text(clock.now() + 90 * DAY)
    body = an_order(
        subject.phone.user_id,
        recipient=add("recipient", letters()),
        reference=add("order", letters()),
        extract=add("extract", letters()),
        reason=add("reason of the disclosure", letters()),
        secret_until=secret_until,
        secrecy_reference=add("first secrecy", letters()),
    )
    path = f"/disclosures/{add('disclosure', alice.call('POST', '/disclosures', body)['id'])}"
    _approve(bob, path, "approval", {"assessment": add("review", letters())})
    lifting = {"secret_until": None, "reference": add("end of the secrecy", letters())}
    alice.call("PUT", f"{path}/secrecy", lifting)
    _approve(bob, path, "secrecy/approval")
    again = {"secret_until": secret_until, "reference": add("proposed secrecy", letters())}
    alice.call("PUT", f"{path}/secrecy", again)


def complain(subject: CanarySubject, alice: InternalApi, bob: InternalApi) -> None:
    """Decide an authority's complaint about a request, and propose a decision about the subject's own."""
    add = subject.canaries.add
    body = {
        "rights_request_id": subject.canaries["objection request"],
        "received_on": clock.day_of(clock.now()).isoformat(),
        "text": add("complaint", letters()),
    }
    letter = {
        "authority_name": add("complaining authority", letters()),
        "letter_number": add("letter of the authority", letters()),
        "due_at": clock.to_text(clock.now() + 20 * DAY),
    }
    by_authority, own = (
        alice.call("POST", "/complaints", {**body, **more})["id"] for more in ({"letter": letter}, {})
    )
    for complaint, what in ((by_authority, "decision"), (own, "proposal")):
        answer = {"outcome": "rejected", "text": add(f"{what} about the complaint", letters())}
        alice.call("PUT", f"/complaints/{complaint}/proposal", answer)
    _approve(bob, f"/complaints/{by_authority}", "approval")


def support(subject: CanarySubject, alice: InternalApi) -> None:
    """Answer a message of the subject to our support."""
    add, phone, address = subject.canaries.add, subject.phone, subject.canaries["address"]
    path, text = "/v1/support-messages", add("message to support", letters())
    body = {"email": address, "text": text, "locale": subject.canaries["locale"]}
    challenge = phone.call("POST", path, body, token="").body["challenge_id"]
    code = {"code": codes_in(subject.cloud.mails_to(address))[-1]}
    sent = phone.call("POST", f"{path}/{challenge}/verify", code, token="")
    answer = {"text": add("answer of support", letters())}
    alice.call("POST", f"/support-messages/{sent.body['support_message_id']}/answer", answer)


def report(subject: CanarySubject, contact: Phone, alice: InternalApi, folder: Path) -> None:
    """Let subject and contact report a message of each other, with a file; warn the subject, who appeals."""
    add, cloud, own = subject.canaries.add, subject.cloud, subject.phone
    pair, named = own.open_conversation(contact), {}
    until(lambda: pair["cid"] in cloud.stream.state()["channels"], "the conversation at Stream")
    both = ((contact, own, "reported message"), (own, contact, "own reported message"))
    for author, reporter, name in both:
        channel = chats.client(cloud, author.chat_token()).channel("messaging", pair["conversation_id"])
        content = add("own reported file", letters()) if author is own else "the file of another"
        (file := folder / "reported").write_text(content)
        sent = channel.send_file(str(file), file.name, {"id": author.user_id}, "text/plain")["file"]
        message = {"text": add(name, letters()), "attachments": [{"type": "file", "asset_url": sent}]}
        said = channel.send_message(message, author.user_id)["message"]["id"]
        about = {"user_id": author.user_id, "conversation_id": pair["conversation_id"], "message_ids": [said]}
        text = add("report of abuse", letters()) if reporter is own else "They threaten me."
        made = reporter.call("POST", "/v1/reports", {**about, "reason": "harassment", "text": text})
        assert [one["state"] for one in made.body["messages"]] == ["copied"]
        named[name] = made.body["abuse_report_id"]
    cloud.run("work_on_reports")
    assert len(cloud.reported()) == len(both)
    warning = {"rule": "harassment", "measures": ["warn"], "withheld": []}
    facts = add("facts of the decision", letters())
    body = {"report_ids": [named["own reported message"]], "facts": facts, **warning}
    decision = alice.call("POST", "/safety-decisions", body)["id"]
    appeal = {"text": add("appeal", letters())}
    assert own.call("POST", f"/v1/safety-decisions/{decision}/appeal", appeal).status == 200


def _approve(bob: InternalApi, path: str, what: str, body: dict[str, Any] | None = None) -> None:
    """Approve what another operator proposed, in the version that is shown."""
    bob.call("POST", f"{path}/{what}", body, f'"{bob.call("GET", path)["version"]}"')


def hold(subject: CanarySubject, alice: InternalApi, bob: InternalApi) -> None:
    """Place a hold on the subject's profile, and confirm it."""
    add = subject.canaries.add
    body = {
        "user_id": subject.phone.user_id,
        "kinds": [HELD_KIND],
        "ground": "legal_obligation",
        "law": add("law", letters()),
        "authority": add("authority", letters()),
        "reason": add("reason of the hold", letters()),
        "until": clock.to_text(clock.now() + 90 * DAY),
        "disclosure_id": subject.canaries["disclosure"],
    }
    path = f"/holds/{add('hold', alice.call('POST', '/holds', body)['id'])}"
    assert bob.call("GET", path)["awaits_confirmation"]
    assert bob.call("POST", f"{path}/confirmation")["in_force"]
