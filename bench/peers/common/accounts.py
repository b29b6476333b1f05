"""The read that authorizes a caller, for all peers: one consistent BatchGetItem of what a request needs."""

import os
import time
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

JSON = dict[str, Any]

ACCOUNTS = os.environ["RU4M_TABLE_ACCOUNTS"]
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
    """An authorized caller: the items of the read by their sort key, and that of its data key."""

    account_id: str
    items: dict[str, JSON]
    data_key: JSON | None

    @property
    def session(self) -> JSON:
        """The caller's live session."""
        (found,) = (item for sk, item in self.items.items() if sk.startswith("session#"))
        return found

    @property
    def account(self) -> JSON:
        """The caller's active account."""
        return self.items["account"]


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
    items = {item["sk"]["S"]: item for item in found[ACCOUNTS] if _is_visible(item, now)}
    if session not in items or "account" not in items:
        raise Refused(401, "session_ended")
    if items["account"]["state"]["S"] != "active":
        raise Refused(403, f"account_{items['account']['state']['S']}")
    return Caller(account_id, items, next(iter(found.get(KEYS, ())), None))


def _is_visible(item: JSON, now: float) -> bool:
    return "expires_at" not in item or int(item["expires_at"]["N"]) > now
