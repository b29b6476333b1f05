"""Jobs that announce new versions of notices."""

from chalice.app import Blueprint, CloudWatchEvent, Rate, SQSEvent

from chalicelib.consents import announcements
from chalicelib.core import queues
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.core.queues import Failed, ShardJob

notice_jobs = Blueprint(__name__)

_JOB = ShardJob(
    queue="announcements",
    fields=("version", "shard"),
    due=Metric.NOTICE_SHARDS_DUE,
    abandoned=Metric.NOTICE_SHARDS_ABANDONED,
    standstill=Metric.NOTICE_STANDSTILL_MINUTES,
)


@notice_jobs.schedule(Rate(5, unit=Rate.MINUTES), name="announce_notices")
@observed
def announce_notices(_: CloudWatchEvent) -> dict[str, int]:
    """Send each shard of accounts that has to learn of a version to a worker (NOT-1)."""
    return _JOB.send(announcements.due_shards())


@notice_jobs.on_sqs_message(queue_arn=queues.arn(_JOB.queue), batch_size=1, name="announce_to_shard")
@observed
def announce_to_shard(event: SQSEvent) -> Failed:
    """Announce versions to accounts of shards (NOT-1); returns the messages to deliver again."""
    return _JOB.work(event, announcements.announce_to_shard)
