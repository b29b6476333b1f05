"""Tests marketing mail from the gate to the link that ends it (RFC 8058)."""

from __future__ import annotations

import ast
import base64
import itertools
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.consents import marketing
from chalicelib.consents.marketing import (
    NonServiceKind,
    Withheld,
    may_personalise_ads,
    may_send,
    send_marketing,
)
from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.table import Table
from chalicelib.core.transactions import commit
from chalicelib.messages import mail
from chalicelib.messages.letters import Letters
from chalicelib.messages.mail import NotPermitted, WantedMailbox
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.service import Addresses
from chalicelib.privacy.purposes import LegalBasis, Purpose
from tests.support.cases.copies import damage
from tests.support.cases.erasure_parts import erase_tables
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.pages.visitor import Visitor
from tests.support.world.builders import a_device, a_phone, an_address
from tests.support.world.world import Reply, User, World

NEWS: Letters = {
    "en": ("News of RU4M", ("There are new stickers.",)),
    "sr": ("Novosti iz RU4M", ("Stigle su nove nalepnice.",)),
}
ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"
NEWS_KIND = NonServiceKind.NEWS


@pytest.fixture
def mila(world: World) -> User:
    """Return a user with a mailbox who consents to marketing."""
    mila = world.a_user()
    mila.verified["address"] = an_address()
    mila.has_email(mila.verified["address"])
    mila.consents("marketing")
    return mila


def account_of(user: User) -> AccountId:
    return AccountId(user.account_id)


def judged(user: User, kind: NonServiceKind = NEWS_KIND) -> Withheld | None:
    found = may_send(account_of(user), kind)
    return found if isinstance(found, Withheld) else None


def sends(user: User) -> Withheld | None:
    return send_marketing(account_of(user), NEWS)


def news_to(world: World, user: User) -> list[str]:
    return [text for text in world.mails_to(user.verified["address"]) if "stickers" in text]


def token_in(text: str) -> str:
    found = re.search(r"/privacy/unsubscribe/([0-9A-Za-z_-]+)", text)
    assert found, text
    return found.group(1)


def token_mailed(world: World, user: User) -> str:
    assert sends(user) is None
    return token_in(news_to(world, user)[-1])


def posts(world: World, token: str, body: str = ONE_CLICK, media: str = FORM) -> Reply:
    return world.call(
        "POST", f"/privacy/unsubscribe/{token}", headers={"Content-Type": media}, raw=body.encode()
    )


def suppressed(email: str) -> set[Purpose]:
    return set(suppressions.suppressed(Addresses(email=email)))


# The gate


@pytest.mark.promise("USE-5")
def test_marketing_is_sent_with_consent_and_a_link_to_unsubscribe(world: World, mila: User) -> None:
    assert sends(mila) is None
    (text,) = news_to(world, mila)
    assert "There are new stickers." in text
    assert token_in(text)


@pytest.mark.promise("USE-5", "USE-11")
def test_nothing_is_permitted_without_a_decision(world: World) -> None:
    vera = world.a_user()
    vera.has_email(an_address())
    assert {judged(vera, kind) for kind in NonServiceKind} == {Withheld.NO_CONSENT}
    assert may_personalise_ads(account_of(vera)) is Withheld.NO_CONSENT


@pytest.mark.promise("RGT-6", "USE-11")
def test_objection_stops_mail_and_personalised_advertisements_at_once(mila: User) -> None:
    mila.consents("personalised_ads")
    assert may_personalise_ads(account_of(mila)) is None
    assert mila.exercises("marketing_objection").status == 202
    assert {judged(mila, kind) for kind in NonServiceKind} == {Withheld.OBJECTED}
    assert may_personalise_ads(account_of(mila)) is Withheld.OBJECTED


@pytest.mark.promise("USE-11")
def test_consent_to_news_permits_neither_personalised_news_nor_personalised_ads(mila: User) -> None:
    assert judged(mila, NonServiceKind.PERSONALISED_NEWS) is Withheld.NO_CONSENT
    assert may_personalise_ads(account_of(mila)) is Withheld.NO_CONSENT
    mila.consents("personalised_ads")
    assert judged(mila, NonServiceKind.PERSONALISED_NEWS) is None


@pytest.mark.promise("RGT-7")
def test_withdrawn_consent_stops_the_next_mail(world: World, mila: User) -> None:
    assert mila.exercises("consent_withdrawal").status == 202
    assert sends(mila) is Withheld.NO_CONSENT
    assert news_to(world, mila) == []


@pytest.mark.promise("RGT-4")
@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_frozen_or_restricted_account_gets_no_marketing(world: World, mila: User, state: str) -> None:
    world.set_state(mila, state)
    assert judged(mila) is Withheld.NOT_ACTIVE


@pytest.mark.promise("RGT-6", "USE-5")
@pytest.mark.parametrize("known_by", ["number", "mailbox"])
def test_suppressed_number_or_mailbox_gets_nothing_despite_a_consent(mila: User, known_by: str) -> None:
    by_number, by_mailbox = Addresses(mila.phone), Addresses(email=mila.verified["address"])
    unwanted = by_number if known_by == "number" else by_mailbox
    commit(*suppressions.placing_without_account(unwanted, clock.now()))
    assert judged(mila) is Withheld.SUPPRESSED
    mila.withdraws("marketing")
    mila.consents("marketing")
    assert judged(mila) is None


def test_account_without_a_mailbox_gets_no_mail(world: World) -> None:
    vera = world.a_user()
    vera.consents("marketing")
    assert judged(vera) is Withheld.NO_ADDRESS


@pytest.mark.promise("USE-5")
def test_erased_account_gets_no_mail(mila: User) -> None:
    erase_tables(mila.account_id)
    assert judged(mila) is Withheld.NO_ACCOUNT


@pytest.mark.promise("RGT-6")
@pytest.mark.parametrize("record", ["account", "profile", "purposes"])
def test_unreadable_record_counts_as_a_reason_against_the_mail(mila: User, record: str) -> None:
    damage(Table.ACCOUNTS, f"A#{mila.account_id}", record, sealed=b"x" * 60)
    assert judged(mila) is Withheld.UNREADABLE


@pytest.mark.promise("RGT-6")
def test_mail_that_was_planned_before_an_objection_is_not_sent_after_it(world: World, mila: User) -> None:
    vera = world.a_user()
    campaign = [mila, vera]  # a running campaign has a list of accounts, and no address
    vera.verified["address"] = an_address()
    vera.has_email(vera.verified["address"])
    vera.consents("marketing")
    assert sends(campaign[1]) is None
    assert mila.exercises("marketing_objection").status == 202
    assert sends(campaign[0]) is Withheld.OBJECTED
    assert (len(news_to(world, mila)), len(news_to(world, vera))) == (0, 1)


@pytest.mark.promise("RGT-6")
def test_objection_between_the_reads_of_the_gate_stops_the_mail(world: World, mila: User) -> None:
    """The decisions are read before the suppressions, which the objection writes in one transaction."""
    just_before(suppressions, "suppressed", lambda: mila.exercises("marketing_objection"))
    assert sends(mila) is Withheld.SUPPRESSED
    assert news_to(world, mila) == []


@pytest.mark.promise("RGT-6", "USE-5")
def test_answer_of_the_gate_cannot_be_kept_for_later(world: World, mila: User) -> None:
    to = may_send(account_of(mila), NEWS_KIND)
    assert isinstance(to, WantedMailbox)
    letter = mail.Mail(MailId.new(), to.mailbox, "en", "News", ("There are new stickers.",))
    world.advance(timedelta(minutes=1))
    with pytest.raises(NotPermitted):
        mail.send_wanted(letter, to)
    assert news_to(world, mila) == []


def test_answer_of_the_gate_is_for_its_own_mailbox_and_shows_none(world: World, mila: User) -> None:
    to = may_send(account_of(mila), NEWS_KIND)
    assert isinstance(to, WantedMailbox)
    assert mila.verified["address"] not in repr(to)
    with pytest.raises(NotPermitted):
        mail.send_wanted(mail.Mail(MailId.new(), an_address(), "en", "News", ("New.",)), to)


@pytest.mark.promise("USE-5")
@pytest.mark.parametrize("purpose", [one for one in Purpose if one.basis is LegalBasis.CONSENT])
def test_no_mail_for_a_purpose_with_consent_bypasses_the_gate(
    world: World, mila: User, purpose: Purpose
) -> None:
    letter = mail.Mail(MailId.new(), mila.verified["address"], "en", "News", ("There are stickers.",))
    with pytest.raises(NotPermitted):
        mail.send(letter, purpose, None)
    assert news_to(world, mila) == []


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Yield each call in the product: module, name of the function, call."""
    for file in Path("chalicelib").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield str(file), ast.unparse(node.func).split(".")[-1], node


@pytest.mark.promise("USE-5", "RGT-6")
def test_only_the_gate_makes_mailboxes_for_mail_that_is_no_service_message() -> None:
    found = [(module, name) for module, name, _ in calls()]
    assert {m for m, name in found if name == "WantedMailbox"} == {"chalicelib/consents/marketing.py"}
    assert {m for m, name in found if name == "send_wanted"} == {"chalicelib/consents/marketing.py"}
    assert {m for m, name in found if name in {"_hand_over", "send_email"}} == {"chalicelib/messages/mail.py"}


# Every caller of `mail.send` and `mail.send_patiently`, and the purpose that it names.
SERVICE_MAIL = {
    "chalicelib/messages/campaigns/campaign.py": "LEGAL_OBLIGATION",
    "chalicelib/operations/inbox/report.py": "LEGAL_OBLIGATION",  # to the controller's contact
    "chalicelib/accounts/challenges/messages.py": "AUTHENTICATION",
    "chalicelib/accounts/sessions/messages.py": "AUTHENTICATION",
    "chalicelib/rights/erasure/idle/warnings.py": "LEGAL_OBLIGATION",
    "chalicelib/rights/answers/letters.py": "LEGAL_OBLIGATION",
    "chalicelib/rights/steps/announce.py": "LEGAL_OBLIGATION",
    "chalicelib/rights/erasure/confirm.py": "LEGAL_OBLIGATION",
    "chalicelib/rights/steps/guests.py": "LEGAL_OBLIGATION",
    "chalicelib/safety/notices.py": "LEGAL_OBLIGATION",
    "chalicelib/staff/support/answers.py": "SERVICE",
}


@pytest.mark.promise("USE-5")
def test_each_caller_of_service_mail_names_a_purpose_without_consent() -> None:
    named: dict[str, set[str]] = {}
    for module, _, call in calls():
        if ast.unparse(call.func) in {"mail.send", "mail.send_patiently"}:
            named.setdefault(module, set()).add(ast.unparse(call.args[1]))
    assert named == {module: {f"Purpose.{name}"} for module, name in SERVICE_MAIL.items()}
    assert all(Purpose[name].basis is not LegalBasis.CONSENT for name in SERVICE_MAIL.values())


# The link


@pytest.mark.promise("RGT-6")
def test_mail_has_the_headers_of_rfc_8058(mila: User, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(mail, "_hand_over", lambda request, *_: asked.append(request))
    assert sends(mila) is None
    (request,) = asked
    headers = {one["Name"]: one["Value"] for one in request["Content"]["Simple"]["Headers"]}
    assert headers["List-Unsubscribe-Post"] == ONE_CLICK
    link = headers["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://")
    assert link in request["Content"]["Simple"]["Body"]["Text"]["Data"]
    assert len(link) < 400


@pytest.mark.promise("RGT-6")
def test_one_click_objects_for_the_account_with_evidence(world: World, mila: User) -> None:
    reply = posts(world, token_mailed(world, mila))
    assert (reply.status, reply.text) == (204, "")
    assert sends(mila) is Withheld.OBJECTED
    assert suppressed(mila.verified["address"]) == {Purpose.MARKETING, Purpose.PERSONALISED_ADS}
    (request,) = mila.gets("/v1/rights-requests").json["items"]
    assert (request["right"], request["status"]) == ("marketing_objection", "completed")


@pytest.mark.promise("RGT-6")
def test_repeated_click_changes_nothing(world: World, mila: User) -> None:
    token = token_mailed(world, mila)
    posts(world, token)
    before = cloud.all_items()
    assert posts(world, token).status == 204
    assert cloud.all_items() == before


@pytest.mark.promise("RGT-6")
def test_two_clicks_at_the_same_time_make_one_request(world: World, mila: User) -> None:
    token = token_mailed(world, mila)
    other = just_before(table, "transact", lambda: posts(world, token))
    assert posts(world, token).status == other[0].status == 204
    assert len(cloud.records("rights_request")) == 1
    assert judged(mila) is Withheld.OBJECTED


@pytest.mark.promise("RGT-6")
def test_link_of_an_earlier_mail_works_again_after_a_later_consent(world: World, mila: User) -> None:
    token = token_mailed(world, mila)
    posts(world, token)
    mila.consents("marketing")
    assert judged(mila) is None
    assert posts(world, token).status == 204
    assert judged(mila) is Withheld.OBJECTED


@pytest.mark.promise("RGT-6")
@pytest.mark.parametrize("months", [0, 30])
def test_link_works_after_the_erasure_and_answers_the_same(world: World, mila: User, months: int) -> None:
    token = token_mailed(world, mila)
    erase_tables(mila.account_id)
    world.advance(timedelta(days=30 * months))
    reply = posts(world, token)
    assert (reply.status, reply.text) == (204, "")
    assert suppressed(mila.verified["address"]) == {Purpose.MARKETING, Purpose.PERSONALISED_ADS}
    assert all("expires_at" in item for item in cloud.records("suppression"))
    assert cloud.records("rights_request") == []


@pytest.mark.promise("RGT-6")
@pytest.mark.parametrize("state", ["frozen", "restricted", "erasing"])
def test_link_answers_the_same_in_each_state_of_the_account(world: World, mila: User, state: str) -> None:
    token = token_mailed(world, mila)
    world.set_state(mila, state)
    assert posts(world, token).status == 204
    assert suppressed(mila.verified["address"])


@pytest.mark.promise("RGT-6")
def test_link_suppresses_the_mailbox_of_the_mail_after_it_was_changed(world: World, mila: User) -> None:
    token, former = token_mailed(world, mila), mila.verified["address"]
    mila.has_email(an_address())
    assert posts(world, token).status == 204
    assert suppressed(former)
    assert judged(mila) is Withheld.OBJECTED


@pytest.mark.promise("RGT-6")
def test_link_suppresses_the_mailbox_although_the_decisions_cannot_be_read(world: World, mila: User) -> None:
    token = token_mailed(world, mila)
    damage(Table.ACCOUNTS, f"A#{mila.account_id}", "purposes", sealed=b"x" * 60)
    assert posts(world, token).status == 204
    assert suppressed(mila.verified["address"])


def test_link_of_nobody_is_unknown_and_reads_no_table(world: World, mila: User) -> None:
    token = token_mailed(world, mila)
    altered = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    for method, forged in itertools.product(("GET", "POST"), (altered, "a" * 101, "a" * 104)):
        headers = {"Content-Type": FORM}
        reply = world.call(method, f"/privacy/unsubscribe/{forged}", headers=headers, raw=ONE_CLICK.encode())
        assert (reply.status, reply.problem) == (404, "not_found")
    assert judged(mila) is None


@pytest.mark.promise("SEC-1")
def test_token_reveals_nothing_and_differs_in_each_mail(world: World, mila: User) -> None:
    one, other = token_mailed(world, mila), token_mailed(world, mila)
    assert one != other
    for token in (one, other):
        assert mila.account_id not in token
        assert mila.account_id not in str(base64.urlsafe_b64decode(token + "=="))


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (ONE_CLICK, FORM, 204),
        (ONE_CLICK, f"{FORM}; charset=UTF-8", 204),
        (f"{ONE_CLICK}&more=1", FORM, 204),
        ("List-Unsubscribe=Maybe", FORM, 400),
        ("", FORM, 400),
        ("&".join(f"f{n}=1" for n in range(30)), FORM, 400),
        ("x" * 5000, FORM, 413),
        ('{"List-Unsubscribe": "One-Click"}', "application/json", 415),
        (ONE_CLICK, "text/plain", 415),
        ("\ufffd=\x00", FORM, 400),
        ("no parts", "multipart/form-data; boundary=b", 400),
        ("no parts", "multipart/form-data; boundary=\u010d", 400),
        ('--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
         "multipart/form-data; boundary=b", 204),
    ],
)  # fmt: skip
def test_form_is_read_as_rfc_8058_allows(
    world: World, mila: User, body: str, media: str, status: int
) -> None:
    token = token_mailed(world, mila)
    assert posts(world, token, body, media).status == status
    assert (judged(mila) is Withheld.OBJECTED) == (status == 204)


@pytest.mark.promise("RGT-6")
def test_opening_the_link_asks_and_changes_nothing(world: World, mila: User) -> None:
    token = token_mailed(world, mila)
    before = cloud.all_items()
    reply = world.call("GET", f"/privacy/unsubscribe/{token}")
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/html")
    assert reply.headers["cache-control"] == "no-store"
    assert "form-action 'self'" in reply.headers["content-security-policy"]
    assert 'name="List-Unsubscribe"' in reply.text
    assert "Stop marketing" in reply.text
    assert "You need neither the app nor to sign in." in reply.text
    assert not any(value in reply.text for value in (mila.verified["address"], mila.phone, mila.user_id))
    assert cloud.all_items() == before


@pytest.mark.promise("RGT-6")
def test_button_of_the_page_objects_and_shows_a_confirmation(world: World, mila: User) -> None:
    reply = posts(world, token_mailed(world, mila), f"{ONE_CLICK}&answer=page")
    assert reply.status == 200
    assert "Done." in reply.text
    assert judged(mila) is Withheld.OBJECTED


def test_page_is_in_the_language_of_the_mail(world: World) -> None:
    address = an_address()
    phone = a_phone()
    signup = {"phone": phone, "device": a_device(), "locale": "sr-RS"}
    challenge = world.call("POST", "/v1/signup", body=signup).json["challenge_id"]
    vera = User(world, phone, world.verifies(challenge, world.code_for(phone)).json)
    vera.has_email(address)
    vera.consents("marketing")
    assert send_marketing(account_of(vera), NEWS) is None
    text = world.mails_to(address)[-1]
    assert "Ne želite više ove poruke" in text
    page = world.call("GET", f"/privacy/unsubscribe/{token_in(text)}").text
    assert 'lang="sr-Latn"' in page
    assert "Ne treba Vam aplikacija i ne morate da se prijavite." in page


@pytest.mark.promise("RGT-6")
def test_language_that_a_reader_chooses_stays_after_the_button(world: World, mila: User) -> None:
    visitor = Visitor(world).opens(f"/privacy/unsubscribe/{token_mailed(world, mila)}")
    visitor.follows("Srpski")
    visitor.presses("Ne želim oglasne poruke")
    assert (visitor.status, visitor.read.attributes("lang")[0]) == (200, "sr-Latn")
    assert "Više Vam nećemo slati novosti i ponude" in visitor.shown
    assert judged(mila) is Withheld.OBJECTED


@pytest.mark.promise("RGT-6")
def test_objection_by_a_link_during_the_erasure_is_suppressed(world: World, mila: User) -> None:
    token = token_mailed(world, mila)
    just_before(table, "transact", lambda: world.set_state(mila, "erasing"))
    assert posts(world, token).status == 204
    assert suppressed(mila.verified["address"])
    assert cloud.records("rights_request") == []


def test_gate_reads_consistently(mila: User) -> None:
    to = may_send(account_of(mila), NEWS_KIND)
    assert isinstance(to, WantedMailbox)
    assert to.judged_at <= clock.now()
    assert marketing.__all__ == [
        "NonServiceKind",
        "Withheld",
        "may_personalise_ads",
        "may_send",
        "send_marketing",
    ]
