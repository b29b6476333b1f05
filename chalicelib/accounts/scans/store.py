"""Reads all accounts and claims of a segment of a table. No role of a function may scan."""

from collections.abc import Collection, Iterator
from datetime import datetime

from chalicelib.accounts.model import Account, Claim
from chalicelib.accounts.store import quarantine
from chalicelib.core import observe, table
from chalicelib.core.ids import AccountId
from chalicelib.core.sealing import SealingError
from chalicelib.core.shards import Segment
from chalicelib.core.table import Item, Key, Scan, Table
from chalicelib.core.transactions import Write
from chalicelib.privacy import codec


def glances_in(segment: Segment) -> Iterator[list[Account]]:
    """Glances at the accounts of a segment, by page, in every state.

    An account that cannot be read is omitted and counted in a metric.
    """
    for page in table.scan(Scan(Table.ACCOUNTS, Account.declaration.kind, segment=segment)):
        yield list(filter(None, map(_glance, page.items)))


def _glance(item: Item) -> Account | None:
    try:
        return codec.glance(Account, item)
    except SealingError as error:
        observe.record_unreadable("account_unreadable", error)
        return None


def releases_in(owners: Collection[AccountId], until: datetime, segment: Segment) -> Iterator[Write]:
    """The writes that move all claims of some accounts in a segment to quarantine.

    They are found by a scan, since the values that were hashed are not known any more. The conflict
    ClaimMoved means that a claim was released or moved meanwhile.

    Args:
        owners: the accounts.
        until: when the claims on number and mailbox leave quarantine. That on the user id never does.
        segment: the part of the table.
    """
    for page in table.scan(Scan(Table.CLAIMS, Claim.declaration.kind, segment=segment)):
        for item in page.items:
            owner = codec.opened(Claim, item).account_id
            if owner and owner in owners:
                yield quarantine(Key(Table.CLAIMS, item["pk"]), owner, until)
