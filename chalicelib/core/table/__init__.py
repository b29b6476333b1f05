"""The only DynamoDB client: keys, reads that never return expired items, writes with conditions.

An item that expires has two times. At `expires_at` it stops being visible. `delete_at` is the table's TTL
attribute, at which AWS deletes it, days late. So every read here drops expired items, and a create may
replace an item that is past both times (RET-1, RET-2).

Every write except `put_all` and `delete_all` has a condition, and names the `Conflict` to raise if it does
not hold. A conflict is a result for the caller and never retried here. Refused calls and lost answers are
retried where that is safe, and end as `Unavailable`.
"""

from boto3.dynamodb.conditions import Attr

from chalicelib.core.table.client import (
    WRITES_PER_CALL,
    TableBug,
    batch_get,
    delete_all,
    get,
    put_all,
    query,
    scan,
    transact,
    try_write,
    write,
)
from chalicelib.core.table.ends import Reindex
from chalicelib.core.table.items import (
    Conflict,
    Item,
    Key,
    account_of,
    changed_key,
    owner_of,
    partition_of,
)
from chalicelib.core.table.queries import (
    Between,
    Expired,
    Index,
    KeysAfter,
    Order,
    Prefix,
    Query,
    Scan,
)
from chalicelib.core.table.writes import (
    ALWAYS,
    Absent,
    Append,
    Change,
    Create,
    Delete,
    Discard,
    Present,
    Remove,
    Replace,
    Write,
    next_version,
    visible,
)
from chalicelib.core.table_names import Table
