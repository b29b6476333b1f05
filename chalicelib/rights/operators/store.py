"""Reads the index `received`: the requests of a month, in 16 shards, by the time of receipt.

A row contains keys only, and its place never changes, so it costs one write in the life of a request.
"""

from collections.abc import Iterator
from datetime import datetime

from chalicelib.core import clock, table
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.table import Between, Index, Query, Table
from chalicelib.rights.request.indexes import log_of

_PAGE = 50  # rows of a shard in one call; a page of the log takes a part of each shard


def received(
    month: str, shard: str, since: datetime, until: datetime
) -> Iterator[tuple[RightsRequestId, datetime]]:
    """Yield the requests of a month and shard that were received in a period, oldest first.

    Args:
        month: as `2026-11`, in UTC.
        shard: one of the shards of requests.
        since: the first instant.
        until: the last instant.
    """
    within = Between(clock.to_text(since), clock.to_text(until))
    listed = Query(Table.RIGHTS, log_of(month, shard), within, index=Index.RECEIVED, page=_PAGE)
    for row in table.query(listed):
        yield RightsRequestId(row["pk"].removeprefix("R#")), datetime.fromisoformat(row["received_at"])
