"""All DynamoDB access of copies: the stored items of a subject, whatever records they hold."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from chalicelib.core import table
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.table import Item, Query, Table, partition_of
from chalicelib.rights.request.store import key

# One item as it is stored, for `codec` to open.
StoredItem = Item


def items_by_account(where: Table, account_id: AccountId, as_of: datetime) -> Iterator[StoredItem]:
    """The items of a subject in a table that is found by the account, not expired at `as_of`."""
    yield from table.query(Query(where, partition_of(account_id), as_of=as_of))


def items_by_request(
    account_id: AccountId, request_ids: Iterable[RightsRequestId], as_of: datetime
) -> Iterator[StoredItem]:
    """The items of a subject and of its requests in the table of rights, not expired at `as_of`."""
    yield from table.query(Query(Table.RIGHTS, partition_of(account_id), as_of=as_of))
    for request_id in request_ids:
        yield from table.query(Query(Table.RIGHTS, key(request_id).pk, as_of=as_of))
