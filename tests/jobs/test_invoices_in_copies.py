"""The copy of a subject's data contains the invoices (RGT-1), and a portable copy does not (RGT-8)."""

import pytest

from chalicelib.rights.copy.model import CopyKind
from tests.support.cases.copies import a_copy
from tests.support.world.builders import an_invoice
from tests.support.world.world import World


@pytest.mark.promise("RGT-1", "USE-7")
def test_copy_for_access_contains_the_subjects_invoices_and_no_others(world: World) -> None:
    mila, vuk = world.a_user(), world.a_user()
    invoice = an_invoice(invoice_number="RU-2026-000123")
    recorded = mila.gets_invoiced(**invoice).json
    vuk.gets_invoiced()
    copy = a_copy(mila)
    (found,) = copy.records("invoice")
    assert found == {
        **{name: value for name, value in invoice.items() if name != "issued_on"},
        "invoice_id": recorded["invoice_id"],
        "account_id": mila.account_id,
        "issued_at": "2026-11-24T00:00:00Z",
    }
    assert "10 years after the end of the year of the invoice" in copy.kind("invoice")["kept"]


@pytest.mark.promise("RGT-8")
def test_portable_copy_contains_no_invoice(world: World) -> None:
    mila = world.a_user()
    mila.gets_invoiced()
    assert "invoice" in a_copy(mila, CopyKind.PORTABILITY).manifest["kinds_left_out"]
