"""Deletes expired items inside the emulator as DynamoDB's TTL does, once a second.

ministack looks for expired items once a minute, and its deletions are missing in the stream of the table.
DynamoDB writes them to the stream as deletions by the service, and leaves an item whose time is more than
five years past. It takes hours or days, for which no run of a local cloud can wait.

Loaded by path in the emulator's own Python (infra/local/draining.py), which has none of our packages.
"""

import threading
import time
from collections.abc import Iterator
from typing import Any

_PAUSE = 1.0
_OLDEST = 5 * 365 * 86_400
# Events of Lambda and the API of streams differ in the case of these names; ministack gives both one record.
_BY_SERVICE = {
    "type": "Service", "principalId": "dynamodb.amazonaws.com",
    "Type": "Service", "PrincipalId": "dynamodb.amazonaws.com",
}  # fmt: skip


def install(dynamodb: Any, request_scope: Any) -> None:  # noqa: ANN401 - ministack's own modules
    """Replace the thread that deletes expired items."""
    kept: Any = type(dynamodb._ttl_settings)

    class TtlSettings(kept):  # type: ignore[misc]
        """The settings of all tables; ministack's own thread finds none in them."""

        def all_items(self) -> tuple[()]:
            return ()

    settings = dynamodb._ttl_settings = TtlSettings()

    def run() -> None:
        while True:
            time.sleep(_PAUSE)
            with dynamodb._lock:
                for (account, region, name), setting in list(kept.all_items(settings)):
                    if setting["TimeToLiveStatus"] == "ENABLED":
                        with request_scope(account, region):
                            delete_expired(dynamodb, name, setting["AttributeName"], time.time())

    threading.Thread(target=run, daemon=True, name="ttl").start()


def delete_expired(dynamodb: Any, name: str, attribute: str, now: float) -> None:  # noqa: ANN401 - ministack's own
    """Delete the expired items of a table, and write each deletion to its stream."""
    table = dynamodb._tables.get(name)
    if not table:
        return
    for partition, sort in _expired(table["items"], attribute, now):
        before = dynamodb._remove_item(table, partition, sort)
        written = len(dynamodb._stream_records.get(name, ()))
        dynamodb._emit_stream_event(name, "REMOVE", before, None)
        for record in dynamodb._stream_records.get(name, ())[written:]:
            record["userIdentity"] = _BY_SERVICE


def _expired(items: dict[str, dict[str, Any]], attribute: str, now: float) -> Iterator[tuple[str, str]]:
    for partition, within in list(items.items()):
        for sort, item in list(within.items()):
            at = item.get(attribute, {}).get("N")  # DynamoDB ignores other types
            if at is not None and now - _OLDEST < float(at) <= now:
                yield partition, sort
