"""The one DynamoDB client: keys, reads that never show what has expired, writes with conditions.

Two times stand on an expiring item. `expires_at` decides what is visible, at once; `delete_at` is the
table's TTL attribute, which AWS acts on days late. So every read here drops what has expired, and a
create may take the place of an item that is past both (RET-1, RET-2).

Every write carries its condition and the `Conflict` that breaking it means. A conflict is an answer
of the domain, never retried here; throttling and conflicts between transactions are, then `Unavailable`.

    items   keys, and values on their way in and out
    writes  Create, Replace, Change, Delete and their conditions
    client  get, batch_get, write, transact
"""

from boto3.dynamodb.conditions import Attr

from chalicelib.core.table.client import TableBug, batch_get, get, transact, write
from chalicelib.core.table.items import Conflict, Item, Key, Table
from chalicelib.core.table.writes import Change, Create, Delete, Replace, Write, visible

__all__ = [
    "Attr",
    "Change",
    "Conflict",
    "Create",
    "Delete",
    "Item",
    "Key",
    "Replace",
    "Table",
    "TableBug",
    "Write",
    "batch_get",
    "get",
    "transact",
    "visible",
    "write",
]
