"""Tests the senders of texts: the file of countries, what a stage has to name, and the preflight."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import clock, countries
from chalicelib.core.figures import Limits
from infra.deployment import text_routes, texts
from infra.deployment.preflight import text_checks
from infra.deployment.settings_file import StageSettings
from infra.deployment.text_routes import ROUTES, UNVERIFIED, SenderRule
from infra.deployment.texts import TextSender
from infra.template import load
from tests.infra.fakes import REGION, FakeAccount
from tests.infra.templates import Template
from tests.infra.test_deploy import a_target
from tests.infra.test_deploy_command import severities

LIMITS = Path(__file__).parents[2] / "docs" / "limits.md"
TODAY = datetime(2026, 11, 30, tzinfo=UTC)
REGISTERED = TextSender(id="RU4M", registered_on=date(2026, 11, 2))
NUMBER = TextSender(number="+34600000000")


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: TODAY)


# --- the file


def test_file_has_a_row_for_each_country_that_functions_know() -> None:
    assert ROUTES.keys() >= countries.SERVED


@pytest.mark.parametrize("row", ROUTES.values(), ids=ROUTES)
def test_row_has_a_source_and_its_day_or_is_unverified(row: text_routes.TextRoute) -> None:
    assert (row.rule is SenderRule.UNVERIFIED) == (row.rule_source == row.rule_on == "")
    assert (row.price_source == UNVERIFIED) == (row.price_on == "")
    for source, day in ((row.rule_source, row.rule_on), (row.price_source, row.price_on)):
        if day:
            assert source.startswith("https://")
            assert date.fromisoformat(day) <= TODAY.date()


def test_page_of_limits_states_the_budget_of_each_country_in_dollars() -> None:
    budget = {name: Limits.__dataclass_fields__[name].metadata["rule"].default for name in (_HOUR, _DAY)}
    rows = [
        f"| {row.country} | {row.rule} | {row.dollars:.4g} | {row.price_on or UNVERIFIED} "
        f"| {budget[_HOUR] * row.dollars:.2f} | {budget[_DAY] * row.dollars:.2f} |"
        for row in ROUTES.values()
    ]
    section = LIMITS.read_text().partition("### Prices of texts")[2].partition("\n### ")[0]
    assert re.findall(r"^\| [A-Z]{2} \|.*$", section, re.MULTILINE) == rows


_HOUR, _DAY = "codes_unverified_country_hour", "codes_unverified_country_day"


# --- what a stage names


def test_countries_that_need_no_registration_are_the_default_and_have_the_brand() -> None:
    senders = countries.read_senders(texts.packed_senders(text_routes.FREE, {}))
    assert senders == dict.fromkeys(text_routes.FREE, "RU4M")
    least = {
        "contact_email": "a@ru4m.example",
        "company_number": "12345678",
        "tax_number": "123456789",
        "issuer": "https://ru4m.example",
        "mail_from": "b@ru4m.example",
    }
    of_a_file = StageSettings.model_validate(least | {"stream": {"api_key": "key"}}).target(
        "staging", "secret"
    )
    assert of_a_file.sms_countries == a_target().sms_countries == ",".join(text_routes.FREE)
    assert "Default" not in load("service/parameters")["Parameters"]["SmsCountries"]
    assert {"ES", "IE", "RS"}.isdisjoint(senders)


def test_senders_of_a_stage_are_read_by_functions_as_they_were_named() -> None:
    given = {"RS": REGISTERED, "ES": NUMBER, "BE": TextSender(number="8850"), "DE": TextSender()}
    senders = countries.read_senders(texts.packed_senders(("RS", "ES", "BE", "DE", "AT"), given))
    named = {country: senders.get(country) for country in ("RS", "ES", "BE", "DE", "AT")}
    assert named == {"RS": "RU4M", "ES": "+34600000000", "BE": "8850", "DE": None, "AT": "RU4M"}


REFUSED: dict[str, tuple[str, TextSender | None, str]] = {
    "registered, none": ("ES", None, "name one, a number, or {}"),
    "registered, id without a day": ("ES", TextSender(id="RU4M"), "set registered_on"),
    "registered later": ("ES", TextSender(id="RU4M", registered_on=date(2027, 1, 1)), "in the future"),
    "number, none": ("BE", None, "name a number, or {}"),
    "number, id": ("BE", REGISTERED, "it shows no id"),
    "unverified, none": ("IT", None, "name an id, a number, or {}"),
    "both": ("DE", TextSender(id="RU4M", number="+49151234567"), "remove one"),
    "short id": ("DE", TextSender(id="R4"), "3 to 11 letters and digits"),
    "id of digits": ("DE", TextSender(id="12345"), "3 to 11 letters and digits"),
    "no number": ("DE", TextSender(number="+49 151"), "4 to 15 digits"),
    "no price": ("KZ", None, "add its row to text_routes.csv"),
}


@pytest.mark.parametrize(("country", "sender", "remedy"), REFUSED.values(), ids=REFUSED)
def test_country_without_the_sender_that_it_needs_is_refused_with_the_remedy(
    country: str, sender: TextSender | None, remedy: str
) -> None:
    with pytest.raises(ValueError, match=f"{country}.* is refused|is refused: {country}") as refused:
        texts.packed_senders((country,), {country: sender} if sender else {})
    assert remedy in str(refused.value)


@pytest.mark.parametrize("country", ["ES", "BE", "IT", "DE"])
def test_operator_may_leave_the_sender_to_sns(country: str) -> None:
    assert country not in countries.read_senders(texts.packed_senders((country,), {country: TextSender()}))


def test_one_id_for_all_countries_and_a_dozen_numbers_fit_the_parameter(service: Template) -> None:
    parameter = service["Parameters"]["SmsSenders"]
    numbers = {country: f"+{number:015}" for number, country in enumerate(sorted(ROUTES)[:12])}
    longest = dict.fromkeys(ROUTES, "RU4M") | numbers
    packed = countries.packed_senders(longest)
    assert len(packed) <= parameter["MaxLength"]
    for text in (packed, countries.DEFAULTS, "RU4M:RSDE,8850:BE"):
        assert re.fullmatch(parameter["AllowedPattern"], text)
    assert countries.read_senders(packed) == longest


# --- the preflight


class Registry:
    """AWS End User Messaging with some ids and numbers."""

    def __init__(self, **pages: list[dict[str, Any]]) -> None:
        self.pages = pages

    def get_paginator(self, name: str) -> Any:
        found = {"describe_sender_ids": "SenderIds", "describe_phone_numbers": "PhoneNumbers"}[name]
        page = {found: self.pages.get(found, [])}
        return type("Paginator", (), {"paginate": lambda _: [page]})()


class RegistryAccount(FakeAccount):
    registry: Registry

    def client(self, service: str) -> Any:
        assert service == "pinpoint-sms-voice-v2"
        return self.registry


def with_registry(**pages: list[dict[str, Any]]) -> RegistryAccount:
    account = RegistryAccount(REGION)
    object.__setattr__(account, "registry", Registry(**pages))
    return account


def test_preflight_says_what_each_served_country_lacks() -> None:
    target = a_target(sms_countries="RS,IT", sms_senders="RU4M:RS")
    (italy,) = text_checks.routes(FakeAccount(REGION), target)  # Serbia lacks nothing
    assert italy.text == (
        "IT: its rule has no source, its price of 0.1 dollars has no source, SNS chooses its sender"
    )
    complete = a_target(sms_countries="RS", sms_senders="RU4M:RS")
    assert severities(text_checks.routes(FakeAccount(REGION), complete)) == ["ok"]


def test_preflight_warns_of_each_route_that_is_off() -> None:
    target = a_target(sms_countries="RS,DE", sms_senders="RU4M:RSDE", sms_routes_off="RS,DE")
    texts_found = [one.text for one in text_checks.routes(FakeAccount(REGION), target)]
    assert "DE, RS: no sign-up, and sign-in by mail only" in texts_found
    assert severities(text_checks.routes(FakeAccount(REGION), target))[0] == "warning"


def test_preflight_warns_of_ids_and_numbers_that_the_account_lacks() -> None:
    target = a_target(sms_senders="RU4M:RSDE,+34600000000:ES")
    lacking = text_checks.senders(with_registry(), target)
    assert [one.text.removeprefix("the account has no ") for one in lacking] == [
        "+34600000000 for ES",
        "RU4M for RS",
    ]
    pending = {"SenderId": "RU4M", "IsoCountryCode": "RS", "Registered": False}
    number = [{"PhoneNumber": "+34600000000"}]
    half = with_registry(SenderIds=[pending], PhoneNumbers=number)
    assert severities(text_checks.senders(half, target)) == ["warning"]
    whole = with_registry(SenderIds=[pending | {"Registered": True}], PhoneNumbers=number)
    assert severities(text_checks.senders(whole, target)) == ["ok"]
