"""Evidence of invoices in the Ledger: fixed words, ids and pseudonyms of staff."""

from collections.abc import Mapping

from chalicelib.core import clock
from chalicelib.core.chain import Chain, NewEntry
from chalicelib.core.ids import InvoiceId
from chalicelib.privacy.periods import Period

RECORDED = "recorded"


def history_of(invoice_id: InvoiceId) -> Chain:
    """The history of an invoice; its first entry shows that the number is used."""
    return Chain("invoice", invoice_id)


def entry(event: str, said: Mapping[str, object]) -> NewEntry:
    """An entry of an invoice's history."""
    return NewEntry(event, said, delete_at=Period.AUDIT.ends(clock.now()))
