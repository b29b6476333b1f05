"""The queue of shards of the index `renewal` that have accounts due.

A message names a shard, and no account. As in `consents/announcements/run`, several messages about
one shard may wait, and one that finds its shard leased or empty changes nothing.
"""

from chalicelib.consents import renewal
from chalicelib.core import queues
from chalicelib.core.queues import DueShards
from chalicelib.core.settings import settings


def send_due() -> DueShards[str]:
    """Send a message for each shard that has accounts due; return what was found.

    Raises:
        Unavailable: a table or the queue does not answer; the next run repeats everything.
    """
    found = renewal.due_shards()
    queues.send_all(settings().queue("renewals"), (queues.body_of(shard=one) for one in found.shards))
    return found


def parse(body: str) -> str | None:
    """The shard in a message; None if the body is invalid."""
    fields = queues.read_body(body, "shard")
    return fields[0] if fields else None
