"""The deadlines of authorities about a breach, and the figures that watch them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.core.ids import AccountId, BreachId, MailId, StaffId
from chalicelib.core.languages import day_in_words, language_of
from chalicelib.core.phrases import in_script
from chalicelib.operations.breaches import clocks
from chalicelib.operations.breaches.clocks import AuthorityClock, DeadlineRule
from chalicelib.operations.breaches.letter import LANGUAGES, notice_mail
from chalicelib.operations.breaches.model import Breach, BreachLetter
from chalicelib.operations.breaches.notices import BreachFigures
from chalicelib.operations.breaches.words import Audience, BreachRisk, BreachWords
from tests.support.cases.breaches import TEXTS

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOMEONE = AccountId.new()


def a_clock(rule: DeadlineRule = DeadlineRule.GENERAL, country: str = "RS") -> AuthorityClock:
    return clocks.start(country, rule, NOON)


def a_breach(*running: AuthorityClock, **more: Any) -> Breach:
    return Breach(
        breach_id=BreachId.new(),
        opened_by=StaffId.new(),
        opened_at=NOON,
        discovered_at=NOON,
        clocks=running,
        **more,
    )


@pytest.mark.promise("SEC-4")
@pytest.mark.parametrize(("rule", "hours"), [(DeadlineRule.GENERAL, 72), (DeadlineRule.COMMUNICATIONS, 24)])
def test_authority_is_notified_within_72_or_24_hours_of_awareness(rule: DeadlineRule, hours: int) -> None:
    one = a_clock(rule, "DE")
    assert one.deadline == NOON + hours * HOUR
    assert not one.is_late(NOON + hours * HOUR)
    assert one.is_late(NOON + hours * HOUR + timedelta(seconds=1))


@pytest.mark.promise("SEC-4")
def test_incomplete_notice_of_communications_has_a_second_deadline() -> None:
    first = a_clock(DeadlineRule.COMMUNICATIONS, "DE").notified(NOON + HOUR, complete=False)
    assert first.deadline == NOON + HOUR + timedelta(days=3)
    again = first.notified(NOON + 2 * HOUR, complete=False)
    assert again.deadline == first.deadline  # a further incomplete report does not move it
    assert again.notified(NOON + 3 * HOUR, complete=True).deadline is None


def test_notification_in_phases_under_the_general_rule_has_one_deadline() -> None:
    first = a_clock().notified(NOON + HOUR, complete=False)
    assert (first.deadline, first.completed_at) == (None, None)
    whole = first.notified(NOON + 9 * HOUR, complete=True)
    assert (whole.notified_at, whole.completed_at) == (NOON + HOUR, NOON + 9 * HOUR)


def test_regulation_of_communications_is_law_in_the_eea_only() -> None:
    assert [one for one in ("RS", "BA", "CH", "GB", "NO", "DE") if clocks.rule_allowed(one, _COMMS)] == [
        "NO",
        "DE",
    ]


_COMMS = DeadlineRule.COMMUNICATIONS


def test_unlikely_risk_stops_general_clocks_and_no_other() -> None:
    breach = a_breach(a_clock(), a_clock(_COMMS, "DE"), risk=BreachRisk.UNLIKELY)
    assert [one.country for one in breach.running] == ["DE"]
    assert len(a_breach(a_clock(), risk=BreachRisk.HIGH_EXEMPT).running) == 1
    assert len(a_breach(a_clock()).running) == 1  # not assessed yet


def test_every_clock_names_an_authority() -> None:
    assert {clocks.authority_of(one).url for one in ("RS", "DE")} == {
        "https://www.poverenik.rs",
        "https://www.bfdi.bund.de",
    }
    assert all(clocks.authority_of(one).name for one in clocks.COUNTRIES)


@pytest.mark.promise("SEC-4")
def test_figures_name_the_nearest_deadline_and_count_overdue_ones() -> None:
    late = a_breach(a_clock(), a_clock(_COMMS, "DE"), risk=BreachRisk.HIGH, audience=Audience.ALL)
    figures = BreachFigures.of([late, a_breach(a_clock())], NOON + 24 * HOUR + timedelta(minutes=1))
    assert (figures.open, figures.overdue, figures.hours_to_deadline) == (2, 1, -1)
    assert (figures.unnotified, figures.unbegun) == (1, 1)


def test_figures_without_a_breach_are_zero_and_name_no_deadline() -> None:
    assert BreachFigures.of([], NOON) == BreachFigures(0, 0, None, 0, 0)


def test_notified_breach_is_unnotified_again_once_more_users_are_listed() -> None:
    notified = {
        "risk": BreachRisk.HIGH,
        "audience": Audience.LISTED,
        "notices_from": NOON,
        "notices_done_at": NOON,
    }
    assert not a_breach(a_clock(), **notified, lists=2, lists_done=2).has_to_notify
    assert a_breach(a_clock(), **notified, lists=3, lists_done=2).has_to_notify


def a_letter(**changes: str) -> BreachLetter:
    """Return the approved texts, with some of them changed in every language."""
    texts = {name: BreachWords(**{**said, **changes}) for name, said in TEXTS.items()}
    return BreachLetter(breach_id=BreachId.new(), opened_at=NOON, discovered_at=NOON, texts=texts)


@pytest.mark.promise("SEC-4")
@pytest.mark.parametrize("locale", [*LANGUAGES, "sr-RS", "sr-Cyrl-RS", "de", None])
def test_mail_names_nature_consequences_measures_advice_and_contact(locale: str | None) -> None:
    language = language_of(locale)
    mail = notice_mail(a_letter(), MailId.new(), "mila@test.example", locale)
    assert mail.language == language
    whole = "\n".join(mail.paragraphs)
    said = TEXTS["sr" if language.is_serbian else "en"].values()
    day = in_script(day_in_words(NOON.date(), language), language)
    for part in (*(in_script(text, language) for text in said), "privacy@test.example", "RU4M Ltd", day):
        assert part in whole
    assert "{" not in whole


def test_braces_in_an_operators_text_are_only_text() -> None:
    mail = notice_mail(a_letter(advice="{nature} {0}"), MailId.new(), "mila@test.example", "en")
    assert any("{nature} {0}" in paragraph for paragraph in mail.paragraphs)
