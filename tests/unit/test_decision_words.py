"""The text of a decision: outcome, reason, what is kept, remedies, in the subject's language (RGT-9)."""

import re
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.ids import HoldId
from chalicelib.core.languages import Language
from chalicelib.core.phrases import in_script
from chalicelib.retention.model import HoldGround
from chalicelib.rights.answers import decisions
from chalicelib.rights.answers.views import RequestView
from chalicelib.rights.answers.words import GENERAL, LACKING, PARTS, REASONS
from chalicelib.rights.copy import steps, transfer
from chalicelib.rights.request import declaration, procedures
from chalicelib.rights.request.model import KeptData, OnBehalf, RightsRequest
from chalicelib.rights.request.states import CLOSED
from chalicelib.rights.request.terms import RefusalReason, Right, Status
from tests.unit.test_rights_states import a_request

pytestmark = pytest.mark.promise("RGT-9")

CONTACT = "privacy@test.example"
EN, LATIN, CYRILLIC = Language
ARTICLES = {
    Right.ACCESS: ("15", "26"),
    Right.PORTABILITY: ("20", "36"),
    Right.RECTIFICATION: ("16", "29"),
    Right.ERASURE: ("17", "30"),
    Right.RESTRICTION: ("18", "31"),
    Right.OBJECTION: ("21", "37"),
    Right.MARKETING_OBJECTION: ("21", "37"),
    Right.CONSENT_WITHDRAWAL: ("7", "15"),
}
COMMISSIONER = {
    EN: "Commissioner for Information of Public Importance and Personal Data Protection",
    LATIN: "Poverenik za informacije od javnog značaja i zaštitu podataka o ličnosti",
    CYRILLIC: "Повереник за информације од јавног значаја и заштиту података о личности",  # noqa: RUF001 - Serbian
}
NO_ACCOUNT = {EN: "No account", LATIN: "Nijedan nalog", CYRILLIC: "Ниједан налог"}
BY_COURT = {EN: "if a court orders it", LATIN: "po odluci suda", CYRILLIC: "по одлуци суда"}
COURT = {EN: "go to court", LATIN: "obratite sudu", CYRILLIC: "обратите суду"}
ZZPL = {EN: "Art. {} ZZPL", LATIN: "čl. {}. ZZPL", CYRILLIC: "чл. {}. ЗЗПЛ"}
GDPR = {EN: "Art. {}", LATIN: "čl. {}.", CYRILLIC: "чл. {}."}


PERMITTED = {right: one.refusals for right, one in sorted(declaration.declared().items())}
OUTCOMES = {right: declaration.of(right).words.outcomes for right in Right}


def said(language: Language, **changes: Any) -> str:
    decided: dict[str, Any] = {"decided_at": clock.now(), "closed_at": clock.now()}
    return decisions.text(a_request(**(decided | changes)), CONTACT, language)


def answers() -> list[tuple[Right, Status]]:
    return [(right, status) for right in Right for status in OUTCOMES[right]]


def test_each_right_has_words_for_each_outcome_that_the_law_allows() -> None:
    for right, outcomes in OUTCOMES.items():
        expected = CLOSED if PERMITTED[right] else {Status.COMPLETED, Status.CANCELLED}
        assert set(outcomes) == expected
    assert OUTCOMES.keys() == PERMITTED.keys() == set(Right)
    assert GENERAL.keys() == CLOSED


def test_each_reason_has_words_and_belongs_to_a_right() -> None:
    assert REASONS.keys() == set(RefusalReason)
    assert set().union(*PERMITTED.values()) == set(RefusalReason)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(("right", "status"), answers())
def test_outcome_names_both_laws_the_authorities_and_the_court(
    right: Right, status: Status, language: Language
) -> None:
    text = said(language, right=right, status=status, country="DE")
    if status is Status.CANCELLED:
        assert "\n" not in text
        return
    of_gdpr, of_zzpl = ARTICLES[right]
    paragraphs = text.split("\n\n")
    assert len(paragraphs) == 2, "the outcome, and then where to complain"
    outcome, remedies = paragraphs
    assert GDPR[language].format(of_gdpr) in outcome.replace("(3)", "").replace("(2)", "")
    assert ZZPL[language].format(of_zzpl) in outcome
    assert remedies.count(COMMISSIONER[language]) == 1
    assert remedies.count("Bundesbeauftragte für den Datenschutz") == 1
    assert COURT[language] in remedies
    assert CONTACT in remedies
    for article in ("82", "84"):
        assert ZZPL[language].format(article) in remedies
    for article in ("77", "79"):
        assert GDPR[language].format(article) in remedies


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    ("right", "reason"),
    [(right, reason) for right, reasons in PERMITTED.items() for reason in sorted(reasons)],
)
def test_reason_is_said_with_its_article_in_both_laws(
    right: Right, reason: RefusalReason, language: Language
) -> None:
    text = said(language, right=right, status=Status.REFUSED, refusal=reason)
    _, why, _ = text.split("\n\n")
    found = re.search(r"A(\d+)", reason)
    assert found
    assert re.search(rf"\D{found[1]}\b", why)
    assert "GDPR" in why
    assert ("ЗЗПЛ" if language is CYRILLIC else "ZZPL") in why


@pytest.mark.parametrize(
    ("right", "reason"),
    [(right, reason) for right, reasons in PERMITTED.items() for reason in sorted(reasons)],
)
def test_reason_of_a_right_is_general_or_of_its_article(right: Right, reason: RefusalReason) -> None:
    assert re.search(rf"A(12|{ARTICLES[right][0]})[A-Z]", reason)


def test_words_of_an_operator_are_shown_as_written_between_reason_and_remedies() -> None:
    text = said(
        CYRILLIC,
        status=Status.REFUSED,
        refusal=RefusalReason.MANIFESTLY_EXCESSIVE,
        decision_text="Answered on Monday.",
    )
    assert text.split("\n\n")[2] == "Answered on Monday."


@pytest.mark.parametrize(
    ("language", "lead"),
    [(EN, "We keep one thing"), (LATIN, "Čuvamo jednu vrstu"), (CYRILLIC, "Чувамо једну врсту")],
)
def test_kept_data_is_said_unless_it_is_secret(language: Language, lead: str) -> None:
    later = clock.now() + timedelta(days=30)
    held = KeptData(
        kind="invoice", count=2, law="a law", ground=HoldGround.LAW, hold=HoldId.new(), until=later
    )
    secret = held.model_copy(update={"secret_until": later})
    erased: dict[str, Any] = {"right": Right.ERASURE, "status": Status.PARTIALLY_COMPLETED}
    assert lead in said(language, **erased, kept=(held,))
    assert lead not in said(language, **erased, kept=(secret,))
    assert said(language, **erased, kept=(secret,)) == said(
        language, right=Right.ERASURE, status=Status.COMPLETED
    )


@pytest.mark.parametrize("part", [steps.PART, steps._RECORDS])
def test_missing_part_is_named_in_the_language(part: str) -> None:
    request: dict[str, Any] = {"status": Status.PARTIALLY_COMPLETED, "missing": (part,)}
    assert part in said(EN, **request)
    assert part not in said(LATIN, **request)
    assert PARTS[part]["sr"] in said(LATIN, **request)


@pytest.mark.promise("RGT-8")
def test_copy_that_was_not_sent_is_not_said_to_lack_data() -> None:
    request: dict[str, Any] = {"status": Status.PARTIALLY_COMPLETED, "missing": (transfer.PART,)}
    assert LACKING[transfer.PART]["en"] in said(EN, **request)
    assert "could not be included" not in said(EN, **request)


def test_outcome_that_a_right_should_not_have_has_general_words() -> None:
    text = said(LATIN, right=Right.MARKETING_OBJECTION, status=Status.PARTIALLY_COMPLETED)
    assert text.startswith("Ispunili smo deo Vašeg zahteva.")


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("right", Right)
def test_answer_to_a_person_without_an_account_is_in_their_language_with_remedies(
    right: Right, language: Language
) -> None:
    answered = a_request(
        right=right,
        status=Status.COMPLETED,
        without_account=True,
        language=language,
        steps=procedures.waiting_steps(declaration.WITHOUT_ACCOUNT),
    )
    words = decisions.answer(answered)
    assert words
    found = decisions.text(answered, CONTACT, language)
    answer, remedies = found.split("\n\n")
    assert answer == (in_script(words["sr"], language) if language.is_serbian else words["en"])
    assert NO_ACCOUNT[language] in answer
    assert COMMISSIONER[language] in remedies
    assert COURT[language] in remedies
    assert CONTACT in remedies
    shown = RequestView.of(answered.model_copy(update={"decided_at": clock.now()}))
    assert shown.decision
    assert shown.decision.text.startswith(answer)


@pytest.mark.promise("RGT-11")
def test_answer_without_an_account_differs_between_rights_in_each_language() -> None:
    for language in Language:
        answers = {
            said(
                language,
                right=right,
                status=Status.COMPLETED,
                without_account=True,
                steps=procedures.waiting_steps(declaration.WITHOUT_ACCOUNT),
            )
            for right in Right
        }
        assert len(answers) == len(Right)


@pytest.mark.promise("RGT-11")
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("right", sorted(set(Right) - {Right.ERASURE}))
def test_refusal_to_an_heir_is_in_their_language_with_remedies(right: Right, language: Language) -> None:
    text = said(language, right=right, status=Status.REFUSED, on_behalf=OnBehalf.HEIR)
    why, remedies = text.split("\n\n")
    assert BY_COURT[language] in why
    assert COMMISSIONER[language] in remedies
    assert COURT[language] in remedies


@pytest.mark.promise("RGT-11")
def test_other_decisions_about_guests_and_heirs_have_the_words_of_their_right() -> None:
    unproven = RefusalReason.IDENTITY_FAILURE
    refused = {"right": Right.ERASURE, "status": Status.REFUSED, "refusal": unproven}
    assert said(EN, **refused, on_behalf=OnBehalf.HEIR) == said(EN, **refused)
    assert said(EN, **refused, without_account=True) == said(EN, **refused)
    cancelled = {"right": Right.ACCESS, "status": Status.CANCELLED}
    assert said(EN, **cancelled, without_account=True) == said(EN, **cancelled)


@pytest.mark.parametrize("language", Language)
def test_view_is_in_the_language_kept_with_the_request(language: Language) -> None:
    at = clock.now()
    refused: RightsRequest = a_request(status=Status.REFUSED, decided_at=at, closed_at=at, language=language)
    view = RequestView.of(refused)
    assert view.authority[0].name == COMMISSIONER[language]
    assert COURT[language] in view.remedy
    assert view.decision
    assert COURT[language] in view.decision.text
    assert RequestView.of(refused, EN).authority[0].name == COMMISSIONER[EN]


def test_reason_without_a_term_of_dpv_is_not_shown_as_one() -> None:
    at = clock.now()
    for reason in RefusalReason:
        refused = a_request(status=Status.REFUSED, refusal=reason, decided_at=at, closed_at=at)
        shown = RequestView.of(refused)
        assert shown.dpv.reason == (f"eu-gdpr:{reason}" if reason.is_dpv_term else None)
        assert shown.decision
        assert shown.decision.reason_code is reason
