"""Invoices: an operator records one, or lists those of a user.

The number of an invoice is unique among all accounts: its history in the Ledger has a name that is derived
from the number, so only one transaction can write the first entry. The name is a keyed hash, because
sequential numbers could be guessed. It uses the key of pseudonyms of staff, which only the operators'
function may read and whose old versions are never retired. The entry expires after two years (setting). From
then on only the account's own invoice, while it is stored, prevents a second one with its number. Entries
have fixed words, ids and pseudonyms of staff.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from pydantic import TypeAdapter, ValidationError

from chalicelib.accounts.service import AccountGone, not_erasing, owner_of_user, read_by_user
from chalicelib.core import chain, clock, keyring, observe
from chalicelib.core.chain import Chain, HeadMoved, NewEntry, Unreadable
from chalicelib.core.errors import NotFound, does_not_apply, existing
from chalicelib.core.http import Cursor, invalid_cursor
from chalicelib.core.ids import InvoiceId, StaffId, UserId
from chalicelib.core.sealing import SealingError
from chalicelib.core.settings import Secret
from chalicelib.core.transactions import commit
from chalicelib.privacy.cases import RecordPage
from chalicelib.privacy.periods import Period
from chalicelib.staff import history
from chalicelib.staff.billing import store
from chalicelib.staff.billing.model import Invoice, InvoiceNumber, InvoiceNumberUsed, NewInvoice
from chalicelib.staff.billing.store import AlreadyRecorded, is_invoiced_since  # noqa: F401 - offered to other rooms

PAGE = 50
_NUMBER = TypeAdapter[str](InvoiceNumber)


def record(by: StaffId, new: NewInvoice) -> Invoice:
    """Record an invoice; return the stored one if this invoice is recorded already.

    Raises:
        InvalidRequest: its days contradict each other, or its statutory period is over.
        NotFound: no account has this user id, or the account is being erased.
        InvoiceNumberUsed: another invoice has this number.
    """
    issued_at = datetime.combine(new.issued_on, time(), UTC)
    _check_days(new, issued_at)
    owner = existing(owner_of_user(new.user_id))
    current, *older = _ids_of(new.invoice_number)
    invoice = Invoice(
        invoice_id=current,
        account_id=owner,
        issued_at=issued_at,
        **new.model_dump(exclude={"user_id", "issued_on"}),
    )
    try:
        _commit(invoice, older, by)
    except AccountGone:
        raise NotFound from None
    except (AlreadyRecorded, HeadMoved):
        return _recorded_before(invoice)
    return invoice


def list_invoices(user_id: UserId, cursor: Cursor | None, by: StaffId) -> RecordPage[Invoice, str]:
    """List a page of a user's invoices by number, and record that the operator sees them.

    Raises:
        InvalidRequest: the cursor is malformed.
        NotFound: no account has this user id, or the account is being erased.
        Unavailable: the view cannot be recorded now.
    """
    after = _parse_cursor(cursor) if cursor is not None else None
    account, _ = read_by_user(user_id)
    page = store.page(account.account_id, after, PAGE)
    history.record_view(by, "listed", "invoices", [invoice.invoice_id for invoice in page.found])
    return page


def history_of(invoice_id: InvoiceId) -> Chain:
    """The history of an invoice; its first entry shows that the number is used."""
    return Chain("invoice", invoice_id)


def recorded(by: StaffId) -> NewEntry:
    """The entry that an operator recorded the invoice."""
    return NewEntry("recorded", {"by": by}, delete_at=Period.AUDIT.ends(clock.now()))


def _check_days(new: NewInvoice, issued_at: datetime) -> None:
    if new.service_from > new.service_to:
        raise does_not_apply("service_to", "It is before the beginning of the service")
    if new.issued_on > clock.day_of(clock.now()):
        raise does_not_apply("issued_on", "Today at the latest")
    if Period.BILLING.ends(issued_at) <= clock.now():
        raise does_not_apply("issued_on", "The statutory period of this invoice is over")


def _commit(invoice: Invoice, older: list[InvoiceId], by: StaffId) -> None:
    """Write an invoice with the first entry of its history.

    Raises:
        AccountGone: the account does not exist, or is being erased.
        AlreadyRecorded, HeadMoved: the number is used.
    """
    if any(_has_entries(invoice_id) for invoice_id in older):
        raise AlreadyRecorded
    commit(
        not_erasing(invoice.account_id),
        store.creation(invoice),
        chain.first_write(history_of(invoice.invoice_id), recorded(by)),
    )


def _recorded_before(invoice: Invoice) -> Invoice:
    """Return the stored invoice if it has the same content; its id may be of an older version of the key.

    Raises:
        InvoiceNumberUsed: it has other content, belongs to another account, or cannot be read.
    """
    try:
        stored = store.read(invoice.account_id, invoice.invoice_number)
    except SealingError as error:
        observe.record_unreadable("invoice_unreadable", error)
        raise InvoiceNumberUsed from None
    if stored is None or stored != invoice.model_copy(update={"invoice_id": stored.invoice_id}):
        raise InvoiceNumberUsed
    return stored


def _ids_of(number: str) -> Iterator[InvoiceId]:
    """The ids of an invoice under all versions of the key, the current one first."""
    return map(InvoiceId.from_digest, keyring.mac_keys(Secret.STAFF).digests("invoice", number))


def _has_entries(invoice_id: InvoiceId) -> bool:
    try:
        return chain.head(history_of(invoice_id)) is not None
    except Unreadable:  # an altered entry is one too
        return True


def _parse_cursor(cursor: Cursor) -> str:
    """Return the number in a cursor.

    Raises:
        InvalidRequest: it is no number of an invoice.
    """
    try:
        return _NUMBER.validate_python(cursor)
    except ValidationError:
        raise invalid_cursor() from None
