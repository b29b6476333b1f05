"""Every answer says where to complain, and names the court, in the language of its reader (RGT-9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.ids import MailId
from chalicelib.core.languages import Language
from chalicelib.messages import mail
from chalicelib.messages.letters import WrittenMessage
from chalicelib.privacy import remedies
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.retention.model import HoldGround
from chalicelib.rights.answers import letters
from chalicelib.rights.erasure import letters as erasure_messages
from chalicelib.rights.request import receipts
from chalicelib.rights.request.model import KeptData, RightsRequest
from chalicelib.rights.request.terms import ReceivedBy
from tests.support.pages.receipts import a_request
from tests.support.world.world import NOON

pytestmark = pytest.mark.promise("RGT-9")

KEPT = KeptData(kind="invoice", count=1, law="a law", ground=HoldGround.LAW, until=NOON + timedelta(days=9))
TO, LINK = "mila@example.com", "https://test.ru4m.example/privacy/request#x"
EN, LATIN, CYRILLIC = Language
LOCALES = {"en": EN, "sr": LATIN, "sr-Cyrl": CYRILLIC}
COURT = {EN: "Higher Court in Belgrade", LATIN: "Višem sudu u Beogradu", CYRILLIC: "Вишем суду"}
STREET = {
    EN: "Bulevar kralja Aleksandra 15, 11000 Belgrade, Serbia",
    LATIN: "Bulevar kralja Aleksandra 15, 11000 Beograd, Srbija",
    CYRILLIC: "Булевар краља Александра 15, 11000 Београд, Србија",
}
COMMON = ("+381 11 3408 900", "https://www.poverenik.rs")
AUSTRIA = ("Österreichische Datenschutzbehörde", "https://www.dsb.gv.at")


def without_account(asked: RightsRequest) -> RightsRequest:
    return asked.model_copy(update={"without_account": True})


MAILS: dict[str, Callable[[RightsRequest], WrittenMessage]] = {
    "answer": letters.answer,
    "extension": lambda asked: letters.extension(asked, NOON),
    "lifting": lambda asked: letters.lifting(asked, NOON),
    "answer to a guest": lambda asked: letters.answer(without_account(asked)),
    "extension for a guest": lambda asked: letters.extension(without_account(asked), NOON),
    "erased": lambda asked: erasure_messages.ended(asked, LINK),
    "erased in part": lambda asked: erasure_messages.ended(asked.model_copy(update={"kept": (KEPT,)}), LINK),
    "closed": lambda asked: erasure_messages.ended(
        asked.model_copy(update={"received_by": ReceivedBy.INACTIVITY}), LINK
    ),
}
TEXTS = [kind for kind in MAILS if kind != "closed"]


@pytest.fixture(autouse=True)
def _link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "link", lambda _: LINK)


@pytest.mark.parametrize("kind", MAILS)
def test_mail_names_both_authorities_with_addresses_and_the_court(kind: str) -> None:
    for locale, language in LOCALES.items():
        letter = MAILS[kind](a_request(country="AT")).mail(MailId.new(), TO, locale)
        said = letter.paragraphs[-1]
        assert [
            part for part in (*COMMON, *AUSTRIA, STREET[language], COURT[language]) if part not in said
        ] == []


@pytest.mark.parametrize("kind", MAILS)
def test_mail_to_a_subject_without_a_country_names_the_commissioner(kind: str) -> None:
    said = MAILS[kind](a_request()).mail(MailId.new(), TO, "en").paragraphs[-1]
    assert all(part in said for part in (*COMMON, COURT[EN]))
    assert said.count("https://") == 1


@pytest.mark.parametrize("kind", TEXTS)
def test_text_message_has_the_site_of_the_commissioner(kind: str) -> None:
    for locale in LOCALES:
        assert remedies.COMPLAINTS_SITE in MAILS[kind](a_request()).text(locale)


@pytest.mark.promise("NOT-6")
def test_provider_of_a_mailbox_gets_the_country_only_with_an_answer_that_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disclosed: list[set[Category]] = []

    class Ses:
        def send_email(self, **_: Any) -> None:
            """Accept everything."""

    def client(_: object, __: object, categories: set[Category], ___: str) -> Ses:
        disclosed.append(set(categories))
        return Ses()

    monkeypatch.setattr("chalicelib.core.egress.aws_client", client)
    for country in ("AT", None):
        letter = letters.answer(a_request(country=country)).mail(MailId.new(), TO, "en")
        mail.send(letter, Purpose.LEGAL_OBLIGATION, choices=None)
    assert disclosed == [{Category.EMAIL, Category.COUNTRY}, {Category.EMAIL}]
