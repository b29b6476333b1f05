"""Sentences to people, in the cases in which an earlier wording of them was false."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.durations import Duration
from chalicelib.core.languages import Language
from chalicelib.core.phrases import IN_ENGLISH
from chalicelib.core.settings import settings
from chalicelib.messages.letters import WrittenMessage
from chalicelib.operations.breaches.letter import _NOTICE
from chalicelib.privacy.purposes import AUTOMATED
from chalicelib.privacy.recipients import Recipient
from chalicelib.privacy.register import WITHOUT_RECORD
from chalicelib.retention.model import HoldGround
from chalicelib.rights.answers import decisions, letters
from chalicelib.rights.answers.words import kept
from chalicelib.rights.copy.model import automated_decisions
from chalicelib.rights.erasure import letters as erasure_letters
from chalicelib.rights.erasure.certificates import page as certificate_page
from chalicelib.rights.erasure.certificates.model import Reason
from chalicelib.rights.erasure.certificates.serbian import CERTIFICATE
from chalicelib.rights.erasure.idle import warnings
from chalicelib.rights.request import declaration, procedures
from chalicelib.rights.request.model import KeptData
from chalicelib.rights.request.notes import RestraintNotes
from chalicelib.rights.request.terms import ReceivedBy, RefusalReason, Right, Status
from chalicelib.site.forms import unsubscribe_page
from chalicelib.site.layout import Reader
from tests.support.world.world import NOON
from tests.unit.test_every_text import CATALOGUES, PAIRS, texts_of
from tests.unit.test_rights_states import a_request

pytestmark = pytest.mark.promise("NOT-4")

LINK = "https://test.ru4m.example/privacy/request#r.1"
CLAIM = KeptData(
    kind="profile",
    count=1,
    law="to defend claims",
    ground=HoldGround.CLAIMS,
    until=clock.now() + timedelta(days=9),
)


def english(message: WrittenMessage) -> str:
    return " ".join(message.letters["en"][1])


@pytest.mark.parametrize("received_by", [ReceivedBy.APP, ReceivedBy.INACTIVITY])
@pytest.mark.parametrize("kept", [(), (CLAIM,)])
def test_end_of_an_erasure_promises_no_deletion_that_a_hold_may_stop(
    received_by: ReceivedBy, kept: tuple[KeptData, ...]
) -> None:
    erased = a_request(right=Right.ERASURE, received_by=received_by, kept=kept)
    written = erasure_letters.ended(erased, LINK)
    assert not re.search("last message|delete this address", english(written))


def test_what_a_claim_keeps_is_not_said_to_be_kept_by_law_alone() -> None:
    request = a_request(
        right=Right.ERASURE, status=Status.PARTIALLY_COMPLETED, kept=(CLAIM,), decided_at=clock.now()
    )
    text = decisions.text(request, "privacy@test.example", Language.ENGLISH)
    assert "because of possible legal claims" in text
    assert "a law requires" not in text


def test_idle_account_is_not_said_to_lose_data_that_has_to_be_kept() -> None:
    assert "except what we have to keep" in english(warnings.warning(clock.now()))


@pytest.mark.parametrize("message", [letters.answer, letters.extension, letters.lifting])
def test_subject_who_cannot_open_the_app_learns_of_the_receipt(message: Any) -> None:
    request = a_request()
    more = () if message is letters.answer else (clock.now(),)
    assert "with your receipt" in english(message(request, *more))


def test_carriers_receive_more_than_codes_and_deletions() -> None:
    assert "notices about the account and about privacy requests" in Recipient.SMS_CARRIERS.activity
    assert not re.search(r"ten minutes|\d", " ".join(Recipient.SMS_CARRIERS.entry.safeguards))


@pytest.mark.parametrize("months", [24, 36])
def test_memory_of_a_marketing_objection_is_that_of_the_period(
    months: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    periods = {**settings().periods, "suppression": Duration.parse(f"P{months}M")}
    monkeypatch.setattr("chalicelib.privacy.periods.settings", lambda: replace(settings(), periods=periods))
    steps = procedures.waiting_steps(declaration.WITHOUT_ACCOUNT)
    for right in (Right.MARKETING_OBJECTION, Right.ACCESS):
        request = a_request(right=right, status=Status.COMPLETED, without_account=True, steps=steps)
        said = decisions.answer(request)
        assert said
        assert f"{months} months" in said["en"]
        assert f"{months} mesec" in said["sr"]


def test_restriction_leaves_what_the_law_permits_and_takes_more_than_a_tap_to_end() -> None:
    notes = RestraintNotes(ground="a")
    request = a_request(right=Right.RESTRICTION, status=Status.COMPLETED, notes=notes, decided_at=clock.now())
    text = decisions.text(request, "privacy@test.example", Language.ENGLISH)
    assert "legal claims, security and legal duties" in text
    assert not re.search("all use|one tap", text)


def test_period_that_nothing_effects_is_not_stated() -> None:
    (protection,) = (entry for entry in WITHOUT_RECORD if entry.kind == "chat_protection")
    assert "we set no period" in protection.plainly


def test_codes_are_asked_for_in_the_app_but_in_no_mail() -> None:
    assert "in a mail" in _NOTICE["en"][1][-1]


def test_address_of_a_picture_is_said_to_reach_stream() -> None:
    assert "the address of a picture" in Recipient.STREAM.activity


@pytest.mark.parametrize("language", ["en", "sr"])
@pytest.mark.parametrize(
    "message",
    [
        letters.proof(a_request(), NOON),
        letters.release(a_request(), NOON),
        warnings.warning(NOON),
        erasure_letters.closing(LINK, NOON),
    ],
)
def test_what_a_program_decides_is_said_with_the_offer_of_a_person(
    message: WrittenMessage, language: str
) -> None:
    said = " ".join(message.letters[language][1])
    assert re.search("program.*(person|čovek)", said)
    assert re.search(r"(Art\.|čl\.) 22\.? GDPR, (Art\.|čl\.) 38\.? ZZPL", said)


def test_refusal_by_a_program_is_said_with_the_offer_of_a_person() -> None:
    unproven = a_request(status=Status.REFUSED, refusal=RefusalReason.IDENTITY_FAILURE)
    text = decisions.text(unproven, "privacy@test.example", Language.ENGLISH)
    assert "a program refused it. You can ask for a person to decide (Art. 22 GDPR, Art. 38 ZZPL)" in text


@pytest.mark.promise("RGT-6")
def test_end_of_marketing_does_not_deny_a_message_on_its_way() -> None:
    page = unsubscribe_page.confirmation(Reader("/privacy/unsubscribe/x", Language.ENGLISH))
    assert "one that is already on its way may still arrive" in page
    assert "You can consent" not in page, "the account may be gone"


def test_copy_names_the_decisions_that_programs_make_alone() -> None:
    said = automated_decisions(IN_ENGLISH)
    assert all(decision in said for decision in AUTOMATED.values())
    assert "ask for a person" in said


LAW, CLAIMS = HoldGround.LAW, HoldGround.CLAIMS


@pytest.mark.promise("RGT-3", "RET-3")
@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        ([("invoice", LAW)], "one thing, because a law requires it."),
        ([("invoice", LAW), ("profile", LAW)], "two things, because a law requires it."),
        ([("profile", CLAIMS)], "one thing, because of possible legal claims."),
        (
            [("invoice", LAW), ("invoice", CLAIMS)],
            "one thing, because a law requires it or because of possible legal claims.",
        ),
        ([(f"kind_{number}", LAW) for number in range(10)], "10 things, because a law requires it."),
    ],
)
def test_what_is_kept_is_counted_by_kind_with_all_its_grounds(
    reasons: list[tuple[str, HoldGround]], said: str
) -> None:
    assert f"We deleted your account. We keep {said} We moved" in kept(reasons, Language.ENGLISH)


@pytest.mark.promise("RGT-9")
@pytest.mark.parametrize(
    ("language", "many"),
    [
        (Language.SERBIAN_LATIN, ["jednu vrstu podataka", "dve vrste podataka", "pet vrsta podataka"]),
        (Language.SERBIAN_CYRILLIC, ["једну врсту података", "две врсте података", "пет врста података"]),
    ],
)
def test_what_is_kept_is_counted_in_serbian(language: Language, many: list[str]) -> None:
    for count, said in zip((1, 2, 5), many, strict=True):
        assert f" {said}, " in kept([(f"kind_{number}", LAW) for number in range(count)], language)


def cited_laws(language: str) -> list[str]:
    """The texts to people that cite the GDPR, in a language; those of the policy have a test of their own."""
    found = [text for pair in PAIRS.values() for text in texts_of(pair[language])]
    for name, book in CATALOGUES.items():
        if "clauses" not in name:
            found += book.keys() if language == "en" else book.values()
    return [text for text in found if "GDPR" in text]


# Signed words never change, so the page of a certificate names the articles of the ZZPL below them.
SIGNED = {"en": {*Reason}, "sr": {CERTIFICATE[reason] for reason in Reason}}


@pytest.mark.promise("RGT-9")
@pytest.mark.parametrize("language", ["en", "sr"])
def test_text_that_cites_the_gdpr_cites_the_serbian_law_too(language: str) -> None:
    cited = cited_laws(language)
    assert len(cited) > 60
    assert {text for text in cited if "ZZPL" not in text} <= SIGNED[language]


@pytest.mark.promise("RGT-9")
def test_page_of_a_certificate_names_the_serbian_article_of_each_signed_reason() -> None:
    for article in {found[1] for reason in Reason if (found := re.search(r"Art\. (\d+)", reason))}:
        assert re.search(rf"Art\. {article}\b", certificate_page._IN_SERBIAN_LAW)
