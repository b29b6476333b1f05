"""Flows of invoices, from the operator's call to the invoice in a list."""

from __future__ import annotations

from chalicelib.core.table import Item
from tests.faults.flows import UserFlow
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.world.builders import an_invoice


class Invoicing(UserFlow):
    """An operator records an invoice, and lists the user's invoices."""

    name = "invoicing"
    only_in_proof = True

    def play(self, run: Run) -> None:
        alice, invoice = run.world.an_operator("alice"), an_invoice(invoice_number="RU-2026-000001")
        recorded = run.app(lambda: alice.records_invoice(self.user.user_id, **invoice))
        assert recorded.status == 201
        listed = run.app(lambda: alice.lists_invoices(self.user.user_id))
        assert listed.json["items"] == [recorded.json]

    def forgive(self, row: Item) -> Item | None:
        """Two lists at the same moment are two views."""
        is_second_view = row.get("event") == "listed" and row["seq"] > 1
        return None if is_second_view else forgive_counts(row)


BILLING: tuple[type[Flow], ...] = (Invoicing,)
