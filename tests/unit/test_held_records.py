"""Tests until when a record of an erased account is kept if a law and a hold keep it."""

from datetime import UTC, date, datetime

import pytest

from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, HoldId, InvoiceId, StaffId, UserId
from chalicelib.retention.held.model import KeepReasons, KeptUntil
from chalicelib.retention.model import Hold, HoldGround
from chalicelib.staff.billing.model import Invoice
from tests.support.world.world import NOON

MILA = AccountId.new()
BY_LAW = datetime(2037, 1, 1, tzinfo=UTC)  # ten years after the year of the invoice


def a_hold(ends_at: datetime) -> Hold:
    return Hold(
        hold_id=HoldId.new(),
        account_id=MILA,
        user_id=UserId.new(),
        kinds=("invoice",),
        ground=HoldGround.CLAIMS,
        law="Art. 5 ZOO",
        authority="the other party",
        reason="a dispute",
        until=ends_at,
        placed_by=StaffId.new(),
        placed_at=NOON,
        in_force_from=NOON,
        ends_at=ends_at,
    )


def an_invoice() -> Invoice:
    return Invoice(
        invoice_id=InvoiceId.new(),
        invoice_number="RU-2026-000123",
        account_id=MILA,
        issued_at=NOON,
        amount_minor=999,
        currency="EUR",
        service_from=date(2026, 11, 1),
        service_to=date(2026, 11, 30),
        provider_reference="pi_1",
    )


@pytest.mark.promise("RGT-3", "USE-7")
@pytest.mark.parametrize(
    ("hold_ends", "latest"),
    [(NOON + 90 * DAY, BY_LAW), (BY_LAW + DAY, BY_LAW + DAY)],
    ids=["hold ends first", "law ends first"],
)
def test_record_is_kept_until_the_later_end_of_law_and_hold(hold_ends: datetime, latest: datetime) -> None:
    why = KeepReasons(Invoice, "a law on accounting", (a_hold(hold_ends),))
    assert why.ends([an_invoice()]) == KeptUntil(BY_LAW, latest)
