"""Evidence of invoices in the Ledger: fixed words, ids and pseudonyms of staff."""

from chalicelib.core import clock
from chalicelib.core.chain import Chain, NewEntry
from chalicelib.core.ids import InvoiceId, StaffId
from chalicelib.privacy.periods import Period


def history_of(invoice_id: InvoiceId) -> Chain:
    """The history of an invoice; its first entry shows that the number is used."""
    return Chain("invoice", invoice_id)


def recorded(by: StaffId) -> NewEntry:
    """The entry that an operator recorded the invoice."""
    return NewEntry("recorded", {"by": by}, delete_at=Period.AUDIT.ends(clock.now()))
