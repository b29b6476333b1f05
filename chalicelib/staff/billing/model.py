"""Invoices: what subjects were charged for which period, without any data of a card."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from chalicelib.core.clock import Instant
from chalicelib.core.errors import ConflictingRequest
from chalicelib.core.http import Body
from chalicelib.core.ids import AccountId, InvoiceId, UserId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import Period, Statutory
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient

_STAFF = (Recipient.BELGRADE_OFFICE,)

# Digits in a row, also if single separators group them as on a card.
_DIGITS = re.compile(r"[0-9](?:[._:-]?[0-9])*")


def _without_card_number(text: str) -> str:
    """Refuse a text with digits that could be the number of a card (ISO/IEC 7812)."""
    runs = (re.sub(r"[^0-9]", "", run) for run in _DIGITS.findall(text))
    if any(12 <= len(run) <= 19 and _passes_luhn(run) for run in runs):
        raise ValueError("it could be the number of a card")
    return text


def _passes_luhn(digits: str) -> bool:
    """Return whether the check digit is right: every second digit from the right is doubled."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


# Letters of a series, a year, a number. It is stored in clear, so no name fits into it, and it has too few
# digits for the number of a card.
InvoiceNumber = Annotated[
    str,
    StringConstraints(pattern=r"^([A-Z]{1,4}-)?(20[0-9]{2}-)?[0-9]{1,7}$"),
    Field(description="For example `RU-2026-000123`, or a part of it without the letters or the year"),
]
Amount = Annotated[
    int,
    Field(
        ge=-(10**12),
        le=10**12,
        description="In the smallest unit of the currency, taxes included; negative for a credit note",
    ),
]
# Currencies that have not two decimal places (ISO 4217).
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"


def amount(minor: int, currency: str) -> str:
    """Return an amount of the smallest unit of a currency in its unit, such as `9.90 EUR`."""
    places = 0 if currency in _NONE else 3 if currency in _THREE else 2
    return f"{Decimal(minor).scaleb(-places):f} {currency}"


# Only the form of ISO 4217: the provider decides which currencies there are, and a list of ours that is out
# of date would refuse a correct invoice.
CurrencyCode = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), Field(description="ISO 4217")]
ProviderReference = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$"),
    AfterValidator(_without_card_number),
    Field(description="The id of the payment at the payment provider; never the number of a card"),
]


class Invoice(
    Record,
    table=Table.BILLING,
    kind="invoice",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=Statutory(
        Period.BILLING, law="the laws of Serbia on value added tax and on accounting", since="issued_at"
    ),
    key_class=KeyClass.RETAINED,
):
    """An invoice for a paid service.

    `issued_at` is the beginning of the day of issue in UTC. The statutory period counts from the end of its
    year in UTC, which is then the year of that day.
    """

    invoice_id: Annotated[InvoiceId, NOT_PERSONAL]
    invoice_number: Annotated[InvoiceNumber, NOT_PERSONAL]
    account_id: Annotated[AccountId, NOT_PERSONAL]
    issued_at: Annotated[Instant, NOT_PERSONAL]
    amount_minor: Annotated[Amount, personal(Category.FINANCIAL, Source.PAYMENT_PROVIDER, to=_STAFF)]
    currency: Annotated[CurrencyCode, personal(Category.FINANCIAL, Source.PAYMENT_PROVIDER, to=_STAFF)]
    service_from: Annotated[date, personal(Category.FINANCIAL, Source.PAYMENT_PROVIDER, to=_STAFF)]
    service_to: Annotated[date, personal(Category.FINANCIAL, Source.PAYMENT_PROVIDER, to=_STAFF)]
    provider_reference: Annotated[
        ProviderReference, personal(Category.FINANCIAL, Source.PAYMENT_PROVIDER, to=_STAFF)
    ]

    @property
    def kept_until(self) -> datetime:
        """The end of its statutory period."""
        return Period.BILLING.ends(self.issued_at)


class NewInvoice(Body):
    """An invoice as an operator records it."""

    user_id: UserId
    invoice_number: InvoiceNumber
    issued_on: date
    amount_minor: Amount
    currency: CurrencyCode
    service_from: date
    service_to: date
    provider_reference: ProviderReference


class InvoiceNumberUsed(ConflictingRequest):
    """The number is recorded already, with other content or for another account."""

    title = "An invoice with this number and other content is recorded already"
