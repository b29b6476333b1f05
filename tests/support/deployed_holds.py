"""Holds on the deployed local cloud: what they keep of an erased account, and how they lapse.

No test can wait for a hold to end. So the items of a hold, and of what it keeps, get times in the past.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chalicelib.core import clock, table
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import AccountId, HoldId
from chalicelib.core.table import Index, Item, Key, Query, Table, partition_of
from chalicelib.privacy import codec
from chalicelib.retention.held.model import HeldRecord
from chalicelib.retention.model import Hold
from infra.local.cloud import LocalCloud
from tests.support.canaries.sealed import acting_as_the_service

_TIMES = ("placed_at", "in_force_from", "until", "ends_at")


@dataclass(frozen=True)
class HeldAccount:
    """What is kept of an erased account, and the hold that keeps some of it."""

    cloud: LocalCloud
    account_id: AccountId
    request_id: str
    hold_id: HoldId

    def request(self) -> dict[str, Any]:
        """Return the raw item of the erasure."""
        key = {"pk": {"S": f"R#{self.request_id}"}, "sk": {"S": "request"}}
        found = self._dynamodb.get_item(TableName="ru4m-local-rights", Key=key)
        item: dict[str, Any] = found["Item"]
        return item

    def items(self) -> list[Item]:
        """Return the items in the table Held that have not ended. Call it as the service."""
        return list(table.query(Query(Table.HELD, self._partition)))

    def documents(self) -> dict[str, list[dict[str, Any]]]:
        """Return the held records by kind, opened with the key of their class."""
        with acting_as_the_service(self.cloud):
            held = [codec.opened(HeldRecord, item) for item in self.items()]
        return {one.of: json.loads(one.document) for one in held}

    def lapse(self) -> None:
        """Move the hold, and what only it keeps, so far back that it ended a minute ago; wake the erasure."""
        with acting_as_the_service(self.cloud):
            key = Key(Table.RIGHTS, partition_of(self.account_id), f"hold#{self.hold_id}")
            item = table.get(key)
            assert item
            hold = codec.opened(Hold, item)
            back = hold.ends_at - clock.now() + MINUTE
            times = {name: getattr(hold, name) - back for name in _TIMES}
            earlier = codec.to_item(hold.model_copy(update=times), key)
            by_end = {Index.OPEN.sk: clock.to_text(times["ends_at"])}
            table.put_all(Table.RIGHTS, [(key, item | earlier | by_end)])
            table.put_all(Table.HELD, self._earlier_records(back))
        self._wake()

    def _earlier_records(self, back: timedelta) -> Iterator[tuple[Key, Item]]:
        for item in self.items():
            held = codec.opened(HeldRecord, item)
            if held.holds:
                key = Key(Table.HELD, item["pk"], item["sk"])
                yield key, codec.to_item(held.model_copy(update={"until": held.until - back}), key)

    def _wake(self) -> None:
        """Make the erasure due, and run the job that sends due requests to their worker."""
        item = self.request()
        self._dynamodb.update_item(
            TableName="ru4m-local-rights",
            Key={name: item[name] for name in ("pk", "sk")},
            UpdateExpression="SET run_at = :past, due_at = :past",
            ExpressionAttributeValues={":past": {"S": clock.to_text(clock.now() - MINUTE)}},
        )
        self.cloud.run("sweep_rights")

    @property
    def _partition(self) -> str:
        return f"K#{self.request()['notes']['M']['held']['S']}"

    @property
    def _dynamodb(self) -> Any:
        return self.cloud.account.client("dynamodb")
