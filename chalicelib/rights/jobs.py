"""Jobs of rights: the worker of the queue, and the sweep that is the net below it."""

import os

from chalice.app import Blueprint, CloudWatchEvent, Rate, SQSEvent

from chalicelib.core import metrics
from chalicelib.core.errors import Unavailable
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.rights import engine, queue, sweeping

rights_jobs = Blueprint(__name__)

# The template puts the real queue here; Chalice only needs something to package.
_QUEUE = os.environ.get("RU4M_RIGHTS_QUEUE_ARN", "arn:aws:sqs:eu-central-1:0:rights")


@rights_jobs.on_sqs_message(queue_arn=_QUEUE, batch_size=1, name="work_rights")
@observed
def work_rights(event: SQSEvent) -> dict[str, list[dict[str, str]]]:
    """Bring requests on by a step each; answers which messages to deliver again.

    Whatever happened to a request stands on it, and the sweep comes back for it: only what could not be
    read or written is delivered again. A message that names no request is nobody's, and dropped.
    """
    from chalicelib.rights.steps import registry  # the sweep pays for none of it

    failed: list[dict[str, str]] = []
    for record in event.to_dict()["Records"]:
        request_id = queue.read(record["body"])
        if request_id is None:
            continue
        try:
            engine.advance(request_id, registry.STEPS, registry.DUTIES)
        except Unavailable:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


@rights_jobs.schedule(Rate(5, unit=Rate.MINUTES), name="sweep_rights")
@observed
def sweep_rights(_: CloudWatchEvent) -> dict[str, int]:
    """Send what is due to the worker; answers in figures what was found."""
    swept = sweeping.sweep()
    metrics.gauge(Metric.RIGHTS_OPEN, swept.open)
    metrics.gauge(Metric.RIGHTS_OVERDUE, swept.overdue)
    if swept.days_to_deadline is not None:
        metrics.gauge(Metric.RIGHTS_DAYS_TO_DEADLINE, swept.days_to_deadline)
    return {"due": swept.due, "sent": swept.sent, "open": swept.open, "overdue": swept.overdue}
