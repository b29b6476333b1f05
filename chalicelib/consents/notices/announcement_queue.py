"""The queue of shards to whose accounts a version has to be announced.

A message names a version and a shard, and no account. The schedule sends one for each shard that has work
due. It does not look at what waits in the queue: if more shards have work than workers run, several messages
about one shard wait. Each of them continues the shard, unless it finds the shard leased or finished.
"""

from chalicelib.consents.notices import announcement_run
from chalicelib.consents.notices.model import NoticeVersion
from chalicelib.core import queues
from chalicelib.core.queues import DueShards
from chalicelib.core.settings import settings


def send_due() -> DueShards[tuple[NoticeVersion, str]]:
    """Send a message for each shard that has work due; return what was found.

    Raises:
        Unavailable: the table or the queue does not answer; the next run repeats everything.
    """
    found = announcement_run.due_shards()
    bodies = (queues.body_of(version=version, shard=shard) for version, shard in found.shards)
    queues.send_all(settings().queue("announcements"), bodies)
    return found


def parse(body: str) -> tuple[NoticeVersion, str] | None:
    """The version and the shard in a message; None if the body is invalid."""
    fields = queues.read_body(body, "version", "shard")
    version = NoticeVersion.parse(fields[0]) if fields else None
    return (version, fields[1]) if fields and version else None
