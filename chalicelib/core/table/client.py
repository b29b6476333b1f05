"""Reads and writes, and what DynamoDB's errors mean to us."""

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core import aws, clock
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import settings
from chalicelib.core.table.items import Item, Key, Table, plain, wire_item
from chalicelib.core.table.writes import Write, place

# Serialised twice this often, a transaction meets another one on the same item by accident only.
TRANSACTION_TRIES = 4


def get(key: Key) -> Item | None:
    """The visible item at a key, read consistently."""
    answer = _call("get_item", **place(key), ConsistentRead=True)
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
    for _ in range(TRANSACTION_TRIES):
        if not asked:
            return found
        answer = _call("batch_get_item", RequestItems=asked)
        for name, raw_items in answer["Responses"].items():
            for raw in raw_items:
                if item := _shown(raw):
                    found[Key(by_name[name], item["pk"], item.get("sk"))] = item
        asked = answer.get("UnprocessedKeys") or {}
    if asked:
        raise Unavailable
    return found


def write(operation: Write) -> Item:
    """Do one write; the item as it stands afterwards where DynamoDB tells (Change), else {}.

    Raises:
        Conflict: the write's own class, with the item that was found.
    """
    verb, request = operation.request()
    if verb == "Update":
        request["ReturnValues"] = "ALL_NEW"
    try:
        answer = _call(f"{verb.lower()}_item", **request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    except _ConditionFailed as failed:
        raise operation.conflict(failed.item) from None
    return plain(answer.get("Attributes") or {})


def transact(operations: Iterable[Write]) -> None:
    """Do up to 100 writes together or not at all.

    botocore sends a ClientRequestToken with each call, so its own retry of a lost answer is safe.

    Raises:
        Conflict: the class of the first write whose condition did not hold; nothing was written.
    """
    listed = list(operations)
    wire = []
    for operation in listed:
        verb, request = operation.request()
        wire.append({verb: {**request, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}})
    for _ in range(TRANSACTION_TRIES):
        try:
            _call("transact_write_items", TransactItems=wire)
        except _TransactionCancelled as cancelled:
            for operation, reason in zip(listed, cancelled.reasons, strict=True):
                if reason["Code"] == "ConditionalCheckFailed":
                    raise operation.conflict(plain(reason.get("Item") or {}) or None) from None
        else:
            return
    raise Unavailable  # cancelled by other transactions each time


class TableBug(Exception):
    """An error that is our own; its text is DynamoDB's error code alone, since messages quote values."""


class _ConditionFailed(Exception):
    def __init__(self, item: Item | None) -> None:
        super().__init__()
        self.item = item


class _TransactionCancelled(Exception):
    def __init__(self, reasons: list[dict[str, Any]]) -> None:
        super().__init__()
        self.reasons = reasons


# Cancelled for these reasons, a transaction may be sent again at once.
_PASSING = {"None", "ConditionalCheckFailed", "TransactionConflict", "ThrottlingError"}


def _call(operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own parameters
    try:
        answer: dict[str, Any] = getattr(aws.client("dynamodb"), operation)(**parameters)
    except ClientError as error:
        raise _translated(error) from None
    except BotoCoreError:
        raise Unavailable from None
    return answer


def _translated(error: ClientError) -> Exception:
    """What an error of DynamoDB means to us; anything unknown is a bug of ours."""
    code = error.response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return _ConditionFailed(plain(error.response.get("Item") or {}) or None)
    if code == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons") or []
        if all(reason["Code"] in _PASSING for reason in reasons):
            return _TransactionCancelled(reasons)
    if code in {"TransactionInProgressException", "ThrottlingException", "InternalServerError",
                "ProvisionedThroughputExceededException", "RequestLimitExceeded"}:  # fmt: skip
        return Unavailable()
    return TableBug(code)


def _shown(raw: dict[str, Any] | None) -> Item | None:
    """The item unless it is missing or has expired."""
    item = plain(raw or {})
    if not item or item.get("expires_at", float("inf")) <= clock.to_epoch(clock.now()):
        return None
    return item
