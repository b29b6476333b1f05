"""Jobs of consents. They stand here, above consents, since no data under a hold is deleted."""

from datetime import datetime

from chalice.app import Blueprint, CloudWatchEvent, Rate, SQSEvent

from chalicelib.consents import renewal
from chalicelib.core import metrics, queues
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.core.queues import Failed, ShardJob
from chalicelib.retention.holds import service as holds

consent_jobs = Blueprint(__name__)

_JOB = ShardJob(
    queue="renewals",
    fields=("shard",),
    due=Metric.CONSENT_SHARDS_DUE,
    abandoned=Metric.CONSENT_SHARDS_ABANDONED,
    standstill=Metric.CONSENT_STANDSTILL_MINUTES,
)


@consent_jobs.schedule(Rate(5, unit=Rate.MINUTES), name="renew_consents")
@observed
def renew_consents(_: CloudWatchEvent) -> dict[str, int]:
    """Send each shard with consents that have work due to a worker (RGT-7)."""
    return _JOB.send(renewal.due_shards())


@consent_jobs.on_sqs_message(queue_arn=queues.arn(_JOB.queue), batch_size=1, name="renew_shard")
@observed
def renew_shard(event: SQSEvent) -> Failed:
    """Renew evidence and delete data of withdrawn consents; returns the messages to deliver again."""
    return _JOB.work(event, _renew)


def _renew(shard: str, until: datetime) -> None:
    if run := renewal.renew_shard(shard, until, holds.kinds_held):
        metrics.count(Metric.CONSENT_EVIDENCE_RENEWED, run.renewed)
        metrics.count(Metric.CONSENT_EVIDENCE_AT_RISK, run.failed)
        metrics.count(Metric.CONSENT_DATA_DELETED, run.deleted)
