"""The record of an invoice contains no data of a card and no unknown field."""

import random
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.core.ids import AccountId, InvoiceId
from chalicelib.staff.billing.model import Invoice, amount

# Numbers that card networks publish for tests, of 13 to 19 digits.
CARDS = ["4222222222222", "30569309025904", "378282246310005", "4111111111111111", "6304000000000000000"]


def an_invoice_record(**changes: Any) -> Invoice:
    fields = {
        "invoice_id": InvoiceId.new(),
        "invoice_number": "2026-17",
        "account_id": AccountId.new(),
        "issued_at": datetime(2026, 11, 24, tzinfo=UTC),
        "amount_minor": 990,
        "currency": "EUR",
        "service_from": date(2026, 11, 1),
        "service_to": date(2026, 11, 30),
        "provider_reference": "pi_3Q9xTest",
    }
    return Invoice.model_validate(fields | changes)


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [(990, "EUR", "9.90 EUR"), (-5, "RSD", "-0.05 RSD"), (990, "JPY", "990 JPY"), (990, "KWD", "0.990 KWD")],
)
def test_amount_has_the_decimal_places_of_its_currency(minor: int, currency: str, shown: str) -> None:
    assert amount(minor, currency) == shown


@pytest.mark.promise("USE-7")
@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("form", ["{}", "pan:{}", "ch_{}_x"])
def test_reference_with_a_card_number_is_refused(card: str, form: str) -> None:
    with pytest.raises(ValidationError):
        an_invoice_record(provider_reference=form.format(card))


@pytest.mark.promise("USE-7")
@pytest.mark.parametrize("separator", "-._:")
def test_card_number_in_groups_is_refused(separator: str) -> None:
    with pytest.raises(ValidationError):
        an_invoice_record(provider_reference=separator.join(["4111", "1111", "1111", "1111"]))


@pytest.mark.parametrize(
    "reference", ["4111111111111112", "pi_3Q9xTest", "79927398713", "41111111111111111111111"]
)
def test_reference_that_is_no_card_number_is_accepted(reference: str) -> None:
    assert an_invoice_record(provider_reference=reference).provider_reference == reference


def test_exactly_one_of_ten_check_digits_is_refused() -> None:
    draw = random.Random(7)  # noqa: S311 - digits, not secrets
    for length in range(12, 20):
        digits = "".join(draw.choice("0123456789") for _ in range(length - 1))
        accepted = 0
        for check in "0123456789":
            try:
                an_invoice_record(provider_reference=digits + check)
            except ValidationError:
                continue
            accepted += 1
        assert accepted == 9


@pytest.mark.promise("USE-7")
def test_field_that_is_not_declared_is_refused() -> None:
    with pytest.raises(ValidationError):
        an_invoice_record(card_number="4111111111111111")


@pytest.mark.parametrize("number", ["1", "RU-1", "2026-0000001", "ABCD-2099-9999999"])
def test_number_of_letters_year_and_digits_is_accepted(number: str) -> None:
    assert an_invoice_record(invoice_number=number).invoice_number == number


@pytest.mark.parametrize(
    "number", ["", "RU", "ru-1", "PETROVIC-1", "+381601234567", "0601234567", "411111111111", "1\n", "\u0661"]
)
def test_number_of_another_form_is_refused(number: str) -> None:
    with pytest.raises(ValidationError):
        an_invoice_record(invoice_number=number)


@pytest.mark.promise("SEC-1")
def test_representation_of_an_invoice_contains_no_personal_value() -> None:
    shown = repr(an_invoice_record())
    assert all(hidden not in shown for hidden in ("=990", "EUR", "pi_3Q9xTest", "2026, 11, 30"))
