"""All DynamoDB access of invoices.

A#<account>, invoice#<invoice number>    an invoice, sealed under the key of its retention class
"""

from datetime import datetime

from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Conflict, Create, Key, Prefix, Query, Table, partition_of
from chalicelib.privacy import codec
from chalicelib.privacy.cases import RecordPage
from chalicelib.staff.billing.model import Invoice

_PREFIX = "invoice#"
_MOST_READ = 1_000


class AlreadyRecorded(Conflict):
    """The account has an invoice with this number."""


def creation(invoice: Invoice) -> Create:
    """The write of a new invoice, for a transaction; its conflict is AlreadyRecorded."""
    place = _key(invoice.account_id, invoice.invoice_number)
    return Create(place, codec.to_item(invoice, place), conflict=AlreadyRecorded)


def read(account_id: AccountId, number: str) -> Invoice | None:
    """Read the invoice of an account with a number.

    Raises:
        SealingError: it cannot be opened.
    """
    return codec.read(Invoice, _key(account_id, number))


def page(account_id: AccountId, after: str | None, at_most: int) -> RecordPage[Invoice, str]:
    """Read the next invoices of an account by number; those that cannot be opened are counted in a metric."""
    last = _key(account_id, after).attributes() if after else None
    wanted = Query(Table.BILLING, partition_of(account_id), Prefix(_PREFIX), limit=at_most + 1, after=last)
    items = list(table.query(wanted))
    named = [(_number_of(item["sk"]), item) for item in items[:at_most]]
    more = named[-1][0] if len(items) > at_most else None
    return RecordPage(*codec.open_each(Invoice, named), more)


def is_invoiced_since(account_id: AccountId, since: datetime) -> bool:
    """Whether an invoice of an account was issued since an instant, among the first thousand."""
    wanted = Query(Table.BILLING, partition_of(account_id), Prefix(_PREFIX), limit=_MOST_READ)
    return any(item["issued_at"] >= clock.to_text(since) for item in table.query(wanted))


def _key(account_id: AccountId, number: str) -> Key:
    return Key(Table.BILLING, partition_of(account_id), f"{_PREFIX}{number}")


def _number_of(sk: str) -> str:
    return sk.removeprefix(_PREFIX)
