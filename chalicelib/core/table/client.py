"""Reads and writes; what is sent again when DynamoDB refuses or does not answer.

DynamoDB refuses what it can't do right now (throttling, a transaction on the same item), and some calls
never reach it: those were not done and are sent again, whatever they are. When an answer is lost, nobody
knows whether the call was done. botocore would send it again regardless, and then a write that was done
meets itself and looks like a conflict; so botocore's own retry is off (core/aws), and this module decides:

    reads         sent again
    transactions  sent again under the same token, by which DynamoDB knows that it did them
    Put           sent again; if the item that stands in the way then is the very one, it was done
    Delete        sent again; if nothing is there then, it is done. So no claim can be made by deleting
    Update        not sent again, it may count: Unavailable, and whoever asked may ask again
    put_all, delete_all
                  sent again: they have no conditions, and a second time leaves what the first did

All of this is about one call. A client that sends its request again finds what the first one did: its
ETag is old (412), its session is gone.
"""

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from chalicelib.core import clock
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import settings
from chalicelib.core.table.items import Item, Key, Table, plain, wire_item
from chalicelib.core.table.queries import Expired, Page, Query, Scan
from chalicelib.core.table.sending import Cancelled, ConditionFailed, Lost, RetriableRefusal, send, tries
from chalicelib.core.table.writes import Write, place


def get(key: Key) -> Item | None:
    """The visible item at a key, read consistently."""
    answer = _read("get_item", **place(key), ConsistentRead=True)
    return _shown(answer.get("Item"))


def batch_get(keys: Iterable[Key]) -> dict[Key, Item]:
    """The visible items of up to 100 keys over any tables, read consistently in one call.

    What DynamoDB left unprocessed (throttling, 16 MB) is asked for again, a bounded number of times.
    """
    wanted = list(dict.fromkeys(keys))
    by_name = {settings().table(table): table for table in Table if any(k.table is table for k in wanted)}
    asked: dict[str, Any] = {
        name: {
            "Keys": [wire_item(k.attributes()) for k in wanted if k.table is table],
            "ConsistentRead": True,
        }
        for name, table in by_name.items()
    }
    found: dict[Key, Item] = {}
    if not asked:
        return found
    for _ in tries():
        answer = _read("batch_get_item", RequestItems=asked)
        for name, raw_items in answer["Responses"].items():
            for raw in raw_items:
                if item := _shown(raw):
                    found[Key(by_name[name], item["pk"], item.get("sk"))] = item
        if not (asked := answer.get("UnprocessedKeys") or {}):
            return found
    raise Unavailable


def query(wanted: Query) -> Iterator[Item]:
    """The items of a query in its order, read page by page as they are taken.

    Consistent on a table; on an index it can't be, and what is not projected can't be seen to have expired.
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
    """The visible items of a kind, page by page; a page may be empty."""
    request = wanted.request()
    while True:
        answer = _read("scan", **request)
        items = tuple(item for raw in answer["Items"] if (item := _shown(raw)))
        start = answer.get("LastEvaluatedKey")
        place = plain(start) if start else None
        yield Page(items, Key(wanted.table, place["pk"], place.get("sk")) if place else None)
        if not start:
            return
        request["ExclusiveStartKey"] = start


def write(operation: Write) -> Item:
    """Do one write; the item as it stands afterwards where DynamoDB tells (Change), else {}.

    Raises:
        Conflict: the write's own class, with the item that was found.
        Unavailable: refused each time, or its answer was lost.
    """
    verb, request = operation.request()
    if verb == "Update":
        request["ReturnValues"] = "ALL_NEW"
    lost = False
    for _ in tries():
        try:
            answer = send(f"{verb.lower()}_item", **request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
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
    """What stands at a write's place once it is done."""
    return plain(request["Item"]) if verb == "Put" else None


# What one BatchWriteItem takes.
AT_ONCE = 25


def put_all(name: Table, items: Iterable[tuple[Key, Item]]) -> None:
    """Put items into one table, whatever is there, in calls of 25; each place at most once.

    No conditions and no order: only for items that nobody changes and that a second writer would write
    the same. What DynamoDB leaves unprocessed is sent again, a bounded number of times.

    Raises:
        Unavailable: not all of them are stored. Those that are do no harm: all may be put again.
    """
    puts = [{"PutRequest": {"Item": wire_item({**item, **key.attributes()})}} for key, item in items]
    _write_all(name, puts)


def delete_all(keys: Iterable[Key]) -> None:
    """Delete what stands at some keys of one table, if anything does, in calls of 25; each key at most once.

    No conditions and no order: only where nobody may want to keep what stands there, whatever it is by now.

    Raises:
        Unavailable: not all of them are deleted; all may be deleted again.
    """
    listed = list(keys)
    deletes = [{"DeleteRequest": {"Key": wire_item(key.attributes())}} for key in listed]
    if listed:
        _write_all(listed[0].table, deletes)


def _write_all(name: Table, requests: list[dict[str, Any]]) -> None:
    for start in range(0, len(requests), AT_ONCE):
        _write_some({settings().table(name): requests[start : start + AT_ONCE]})


def _write_some(asked: dict[str, Any]) -> None:
    for _ in tries():
        try:
            answer = send("batch_write_item", RequestItems=asked)
        except (RetriableRefusal, Lost):
            continue
        if not (asked := answer.get("UnprocessedItems") or {}):
            return
    raise Unavailable


def transact(operations: Iterable[Write]) -> None:
    """Do up to 100 writes together or not at all.

    Raises:
        Conflict: the class of the first write whose condition did not hold; nothing was written.
        Unavailable: cancelled by other transactions or refused each time, or no answer came.
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
            token = str(uuid.uuid4())  # that one is over; this is another
        else:
            return
    raise Unavailable


def _read(operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own parameters
    """A read, sent again while it is refused or not answered."""
    for _ in tries():
        try:
            return send(operation, **parameters)
        except (RetriableRefusal, Lost):
            continue
    raise Unavailable


def _shown(raw: dict[str, Any] | None, as_of: datetime | None = None) -> Item | None:
    """The item unless it is missing or had expired by an instant; None is now."""
    item = plain(raw or {})
    if not item or item.get("expires_at", float("inf")) <= clock.to_epoch(as_of or clock.now()):
        return None
    return item
