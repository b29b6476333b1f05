"""The one DynamoDB client: keys, reads that never show what has expired, writes with conditions.

Two times stand on an expiring item. `expires_at` decides what is visible, at once; `delete_at` is the
table's TTL attribute, which AWS acts on days late. So every read here drops what has expired, and a
create may take the place of an item that is past both (RET-1, RET-2).

Every write but `put_all` and `delete_all` carries its condition and the `Conflict` that breaking it means. A
conflict is an answer of the domain, never retried here; refusals and lost answers are, as far as that is
safe, then `Unavailable`.

    items   keys, and values on their way in and out
    writes  Create, Append, Replace, Change, Delete, Absent and their conditions
    queries Query: which items of one partition, in which order; Scan: all of one kind
    client  get, batch_get, query, scan, write, transact, put_all, delete_all; what is sent again
    sending one call, and what DynamoDB's errors mean
"""

from boto3.dynamodb.conditions import Attr

from chalicelib.core.table.client import (
    AT_ONCE,
    batch_get,
    delete_all,
    get,
    put_all,
    query,
    scan,
    transact,
    write,
)
from chalicelib.core.table.items import Conflict, Item, Key, Table
from chalicelib.core.table.queries import Between, Expired, Index, KeysAfter, Order, Page, Prefix, Query, Scan
from chalicelib.core.table.sending import TableBug
from chalicelib.core.table.writes import Absent, Append, Change, Create, Delete, Replace, Write, visible

__all__ = [
    "AT_ONCE",
    "Absent",
    "Append",
    "Attr",
    "Between",
    "Change",
    "Conflict",
    "Create",
    "Delete",
    "Expired",
    "Index",
    "Item",
    "Key",
    "KeysAfter",
    "Order",
    "Page",
    "Prefix",
    "Query",
    "Replace",
    "Scan",
    "Table",
    "TableBug",
    "Write",
    "batch_get",
    "delete_all",
    "get",
    "put_all",
    "query",
    "scan",
    "transact",
    "visible",
    "write",
]
