"""The keys by which indexes of the table Rights list a request.

    due        by the time of its next work, while there is some
    open       by the day of its answer, until it is answered
    stuck      by how it makes no progress, while it makes none
    received   by the month of receipt

A request is in the same shard of each. The index `owner` lists it by its subject (`store`).
"""

from datetime import datetime

from chalicelib.core import clock, shards
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.request import duties, standstill
from chalicelib.rights.request.model import RightsRequest

SHARDS = shards.names(16)


def attributes_of(request: RightsRequest) -> dict[str, str]:
    """The keys of a request in the indexes that list it now."""
    now, shard = clock.now(), _shard_of(request.request_id)
    attributes = {"received": place_in_log(request.request_id, request.received_at)}
    if wakes := duties.wakes_at(request, now):
        attributes |= {"due": shard, "due_at": clock.to_text(wakes)}
    if request.is_open:
        attributes |= {"open": shard, "answer_by": clock.to_text(duties.answer_by(request, now))}
    if stuck := standstill.of(request):
        attributes |= {"stuck": shard, "stuck_as": stuck.place}
    return attributes


def place_in_log(request_id: RightsRequestId, received_at: datetime) -> str:
    """The key of a request in the index `received`."""
    return log_of(clock.to_text(received_at)[:7], _shard_of(request_id))


def log_of(month: str, shard: str) -> str:
    """The key in the index `received` of the requests of a month (UTC) and a shard."""
    return f"{month}#{shard}"


def _shard_of(request_id: RightsRequestId) -> str:
    return shards.shard_of(request_id, SHARDS)
