"""Reads and writes, and which calls are sent again if DynamoDB refuses or does not answer.

DynamoDB refuses a call that it cannot do right now (throttling, a transaction on the same item), and some
calls never reach it. Such a call was not done, and is sent again, whatever it is. If the answer is lost, the
call may have been done. botocore would send it again regardless; a write that was done would then fail on its
own result and look like a conflict. So botocore's retries are off (core/aws), and this module decides:

    reads         sent again
    transactions  sent again under the same token, by which DynamoDB recognises a transaction that it did
    Put           sent again; if the condition then fails because of the same item, the Put was done
    Delete        sent again; if there is no item then, it was done. So a Delete cannot be used as a lock
    Update        not sent again, since it may count: Unavailable, and the caller may try again
    put_all, delete_all
                  sent again: they have no conditions, and repeating them changes nothing

One call ends in one of these ways, if not with an answer:

    RetriableRefusal    throttled, in conflict with a transaction, or not connected: the call was not done
    Lost                timed out, cut off, or failed inside DynamoDB: the call may have been done
    ConditionFailed, Cancelled    a condition did not hold, or a transaction was not done
    TableBug            DynamoDB will never accept the call

All this concerns one call. A client that repeats its request meets the result of its first request: its ETag
is outdated (412), or its session has ended.
"""

import secrets
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)

from chalicelib.core import aws, clock
from chalicelib.core.batches import batched
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import settings
from chalicelib.core.table.items import Item, Key, plain, wire_item
from chalicelib.core.table.queries import Expired, Page, Query, Scan
from chalicelib.core.table.writes import Write, place, stored
from chalicelib.core.table_names import Table

TRIES = 3


class RetriableRefusal(Exception):
    """The call was not done; DynamoDB may accept it a moment later."""


class Lost(Exception):
    """It is unknown whether DynamoDB did the call."""


class ConditionFailed(Exception):
    """The condition of a single write did not hold; `item` is the item that was found."""

    def __init__(self, item: Item | None) -> None:
        super().__init__()
        self.item = item


class Cancelled(Exception):
    """A transaction was not done; `reasons` has one reason per write."""

    def __init__(self, reasons: list[dict[str, Any]]) -> None:
        super().__init__()
        self.reasons = reasons


class TableBug(Exception):
    """A bug of ours. The text is only DynamoDB's error code, since its messages quote values."""


_REFUSALS = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
}
# Reasons for which a cancelled transaction may be sent again. `client` looks for failed conditions first.
_PASSING_REASONS = {
    "None",
    "ConditionalCheckFailed",
    "ProvisionedThroughputExceeded",
    "ThrottlingError",
    "TransactionConflict",
}


def tries() -> Iterator[int]:
    """The attempts of one call by number; between them it pauses for some milliseconds, growing.

    The pauses are random, so that two callers that collided do not collide again.
    """
    for number in range(TRIES):
        if number:
            clock.pause(timedelta(milliseconds=(1 + secrets.randbelow(10)) * 2**number))
        yield number


def send(operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own parameters
    """Send a call once.

    Raises:
        RetriableRefusal, Lost, ConditionFailed, Cancelled, TableBug: see the module's docstring.
    """
    try:
        answer: dict[str, Any] = getattr(aws.client("dynamodb"), operation)(**parameters)
    except ClientError as error:
        raise _meaning(error) from None
    except (ConnectTimeoutError, EndpointConnectionError):
        raise RetriableRefusal from None
    except BotoCoreError:
        raise Lost from None
    return answer


def _meaning(error: ClientError) -> Exception:
    code = error.response["Error"]["Code"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(plain(error.response.get("Item") or {}) or None)
    if code == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons") or []
        if all(reason["Code"] in _PASSING_REASONS for reason in reasons):
            return Cancelled(reasons)
    if code in _REFUSALS:
        return RetriableRefusal()
    if status >= 500 or code == "InternalServerError":
        return Lost()
    return TableBug(code)


def get(key: Key) -> Item | None:
    """The visible item at a key, read consistently."""
    answer = _read("get_item", **place(key), ConsistentRead=True)
    return _shown(answer.get("Item"))


def batch_get(keys: Iterable[Key]) -> dict[Key, Item]:
    """The visible items of up to 100 keys over any tables, read consistently in one call.

    Keys that DynamoDB left unprocessed (throttling, 16 MB) are requested again, a bounded number of times.
    """
    by_table: dict[Table, list[Key]] = {}
    for key in dict.fromkeys(keys):
        by_table.setdefault(key.table, []).append(key)
    tables = {settings().table(table): table for table in by_table}
    asked: dict[str, Any] = {
        name: {"Keys": [wire_item(key.attributes()) for key in by_table[table]], "ConsistentRead": True}
        for name, table in tables.items()
    }
    found: dict[Key, Item] = {}
    if not asked:
        return found
    for _ in tries():
        answer = _read("batch_get_item", RequestItems=asked)
        for name, raw_items in answer["Responses"].items():
            for raw in raw_items:
                if item := _shown(raw):
                    found[Key(tables[name], item["pk"], item.get("sk"))] = item
        if not (asked := answer.get("UnprocessedKeys") or {}):
            return found
    raise Unavailable


def query(wanted: Query) -> Iterator[Item]:
    """The items of a query in its order; each page is read when its first item is needed.

    Reads of a table are consistent. Reads of an index are not, and if `expires_at` is not projected there,
    expired items are returned too.
    """
    request = wanted.request()
    left = wanted.limit
    while True:
        answer = _read("query", **request)
        for raw in answer["Items"]:
            item = plain(raw) if wanted.expired is Expired.INCLUDED else _shown(raw, wanted.as_of)
            if item is None:
                continue
            yield item
            if left is not None and (left := left - 1) == 0:
                return
        if not (start := answer.get("LastEvaluatedKey")):
            return
        request["ExclusiveStartKey"] = start


def scan(wanted: Scan) -> Iterator[Page]:
    """The items of a scan, page by page; a page may be empty."""
    request, shown = wanted.request(), plain if wanted.expired is Expired.INCLUDED else _shown
    while True:
        answer = _read("scan", **request)
        items = tuple(item for raw in answer["Items"] if (item := shown(raw)))
        start = answer.get("LastEvaluatedKey")
        place = plain(start) if start else None
        yield Page(items, Key(wanted.table, place["pk"], place.get("sk")) if place else None)
        if not start:
            return
        request["ExclusiveStartKey"] = start


# The operation of a single write, in full: packaging keeps the operations that the sources name.
_SINGLE = {"Put": "put_item", "Update": "update_item", "Delete": "delete_item"}


def write(operation: Write) -> Item:
    """Do one write; returns the item after a Change, {} after any other write.

    Raises:
        Conflict: the write's own class, with the item that was found.
        Unavailable: the write was refused each time, or its answer was lost.
    """
    verb, request = operation.request()
    if verb == "Update":
        request["ReturnValues"] = "ALL_NEW"
    lost = False
    for _ in tries():
        try:
            answer = send(_SINGLE[verb], **request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except RetriableRefusal:
            continue
        except Lost:
            if verb == "Update":
                break
            lost = True
        except ConditionFailed as failed:
            if lost and failed.item == _left_by(verb, request):
                return {}
            raise operation.conflict(failed.item) from None
        else:
            return plain(answer.get("Attributes") or {})
    raise Unavailable


def _left_by(verb: str, request: dict[str, Any]) -> Item | None:
    """The item at a write's key after the write."""
    return plain(request["Item"]) if verb == "Put" else None


# The maximum of one BatchWriteItem.
WRITES_PER_CALL = 25


def put_all(name: Table, items: Iterable[tuple[Key, Item]]) -> None:
    """Put items into one table unconditionally, in calls of 25; each key at most once.

    There is no order. Only for items that are never changed and that every writer would write with the same
    content. Items that DynamoDB leaves unprocessed are sent again, a bounded number of times.

    Raises:
        Unavailable: not all of them are stored. The caller may put all of them again.
    """
    puts = [{"PutRequest": {"Item": stored(key, item)}} for key, item in items]
    _write_all(name, puts)


def delete_all(keys: Iterable[Key]) -> None:
    """Delete the items at some keys of one table unconditionally, in calls of 25; each key once.

    There is no order. Only for keys whose items have to be deleted even if they changed since they were read.

    Raises:
        Unavailable: not all of them are deleted. The caller may delete all of them again.
    """
    listed = list(keys)
    deletes = [{"DeleteRequest": {"Key": wire_item(key.attributes())}} for key in listed]
    if listed:
        _write_all(listed[0].table, deletes)


def _write_all(name: Table, requests: list[dict[str, Any]]) -> None:
    for batch in batched(requests, WRITES_PER_CALL):
        _write_some({settings().table(name): batch})


def _write_some(asked: dict[str, Any]) -> None:
    for _ in tries():
        try:
            answer = send("batch_write_item", RequestItems=asked)
        except (RetriableRefusal, Lost):
            continue
        if not (asked := answer.get("UnprocessedItems") or {}):
            return
    raise Unavailable


def try_write(operation: Write) -> bool:
    """Do one write; return False if its condition did not hold, which changes nothing.

    Raises:
        Unavailable: as for `write`.
    """
    try:
        write(operation)
    except operation.conflict:
        return False
    return True


def transact(operations: Iterable[Write]) -> None:
    """Do up to 100 writes together or not at all.

    Raises:
        Conflict: the class of the first write whose condition did not hold; nothing was written.
        Unavailable: cancelled by other transactions or refused each time, or not answered.
    """
    listed = list(operations)
    wire = []
    for operation in listed:
        verb, request = operation.request()
        wire.append({verb: {**request, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}})
    token = str(uuid.uuid4())
    for _ in tries():
        try:
            send("transact_write_items", TransactItems=wire, ClientRequestToken=token)
        except (RetriableRefusal, Lost):
            continue
        except Cancelled as cancelled:
            for operation, reason in zip(listed, cancelled.reasons, strict=True):
                if reason["Code"] == "ConditionalCheckFailed":
                    raise operation.conflict(plain(reason.get("Item") or {}) or None) from None
            token = str(uuid.uuid4())  # a cancelled transaction is over; the next attempt is another one
        else:
            return
    raise Unavailable


def _read(operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own parameters
    """Send a read, again if it is refused or not answered."""
    for _ in tries():
        try:
            return send(operation, **parameters)
        except (RetriableRefusal, Lost):
            continue
    raise Unavailable


def _shown(raw: dict[str, Any] | None, as_of: datetime | None = None) -> Item | None:
    """The item, or None if it is missing or had expired at an instant (None: now)."""
    item = plain(raw or {})
    end = item.get("expires_at")
    has_expired = end is not None and end <= clock.to_epoch(as_of or clock.now())
    return item if item and not has_expired else None
