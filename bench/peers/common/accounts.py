"""Calls of DynamoDB, for all peers: the one consistent read that authorizes a caller, and a counter."""

import os
import time
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

JSON = dict[str, Any]

ACCOUNTS = os.environ["RU4M_TABLE_ACCOUNTS"]
NEVER = {"N": "9999999999"}
KEYS = os.environ["RU4M_TABLE_KEYS"]

dynamodb = boto3.client(
    "dynamodb",
    config=Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3}),
)


class Refused(Exception):
    """A request is refused with a status and a code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class Caller(NamedTuple):
    """An authorized caller: session, account, what the request needs by sort key, and its data key's item."""

    session: JSON
    account: JSON
    items: dict[str, JSON]
    data_key: JSON | None


def authorize(account_id: str, session_id: str, *needs: str, sealed: bool = False) -> Caller:
    """Read session, account and what the request needs; `sealed` adds the account's data key.

    Raises:
        Refused: the session has ended, or the account is not active.
    """
    pk, session = {"S": f"A#{account_id}"}, f"session#{session_id}"
    keys = [{"pk": pk, "sk": {"S": sk}} for sk in (session, "account", *needs)]
    asked: JSON = {ACCOUNTS: {"Keys": keys, "ConsistentRead": True}}
    if sealed:
        asked[KEYS] = {"Keys": [{"pk": pk}], "ConsistentRead": True}
    answer = dynamodb.batch_get_item(RequestItems=asked)
    if answer.get("UnprocessedKeys"):
        raise Refused(503, "unavailable")
    found, now = answer["Responses"], time.time()
    visible = (item for item in found[ACCOUNTS] if int(item.get("expires_at", NEVER)["N"]) > now)
    items = {item["sk"]["S"]: item for item in visible}
    if session not in items or "account" not in items:
        raise Refused(401, "session_ended")
    if (state := items["account"]["state"]["S"]) != "active":
        raise Refused(403, f"account_{state}")
    return Caller(items[session], items["account"], items, next(iter(found.get(KEYS, ())), None))


def count(table: str, key: JSON, began: datetime, values: JSON, also: str, when: str, **more: str) -> JSON:
    """Change the counter of a day by one conditional update; return the answer.

    Raises:
        dynamodb.exceptions.ConditionalCheckFailedException: the condition does not hold.
    """
    end = {"N": str(int((began + timedelta(days=1)).timestamp()))}
    changed: JSON = dynamodb.update_item(
        TableName=table,
        Key=key,
        UpdateExpression=f"SET kind = :kind, began_at = :began, expires_at = :end, delete_at = :end{also}",
        ConditionExpression=when,
        ExpressionAttributeValues={":began": {"S": f"{began:%Y-%m-%dT%H:%M:%SZ}"}, ":end": end, **values},
        **more,
    )
    return changed
