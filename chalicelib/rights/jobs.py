"""Jobs of rights: the workers of the three queues, and the sweep of requests they missed.

Each worker has a function, a queue and a role of its own, and the steps that the declarations give it. The
usual worker does the duties of all requests.
"""

from functools import cache

from chalice.app import Blueprint, CloudWatchEvent, Rate, SQSEvent

from chalicelib.core import metrics, queues
from chalicelib.core.metrics import Dimension, Metric
from chalicelib.core.observe import observed
from chalicelib.core.queues import Failed
from chalicelib.core.sealing import skip_unreadable
from chalicelib.privacy.leases import Turns
from chalicelib.rights.engine import engine, queue
from chalicelib.rights.engine.step import Worker
from chalicelib.rights.request import declaration
from chalicelib.rights.request.terms import Destination


@cache
def worker_for(destination: Destination) -> Worker:
    """The worker of a queue; this imports the modules of its steps, and no others."""
    steps = {name: step.load() for name, step in declaration.steps().items() if step.worker is destination}
    if destination is Destination.TRANSFERS:
        return Worker(destination, steps)
    if destination is Destination.ERASURES:
        return Worker(destination, steps, turns=Turns("rights"))
    from chalicelib.rights.steps.duties import DUTIES  # the other workers do no duties, and import none

    return Worker(destination, steps, DUTIES, Turns("rights"))


rights_jobs = Blueprint(__name__)


@rights_jobs.on_sqs_message(queue_arn=queues.arn("rights"), batch_size=1, name="work_rights")
@observed
def work_rights(event: SQSEvent) -> Failed:
    """Advance requests by a step each; returns the messages to deliver again."""
    return _work_on(event, Destination.WORK)


@rights_jobs.on_sqs_message(queue_arn=queues.arn("transfers"), batch_size=1, name="transfer_copies")
@observed
def transfer_copies(event: SQSEvent) -> Failed:
    """Send copies to the controllers that subjects named; returns the messages to deliver again."""
    return _work_on(event, Destination.TRANSFERS)


@rights_jobs.on_sqs_message(queue_arn=queues.arn("erasures"), batch_size=1, name="erase_accounts")
@observed
def erase_accounts(event: SQSEvent) -> Failed:
    """Advance erasures by a step each; returns the messages to deliver again."""
    return _work_on(event, Destination.ERASURES)


def _work_on(event: SQSEvent, own: Destination) -> Failed:
    """Advance the request of each message.

    Every outcome is stored on the request, and the sweep sends it again when it is due. So only a message
    whose request could not be read or written is delivered again.
    """
    worker = worker_for(own)

    def advance(body: str) -> None:
        hint = queue.parse(body)
        # A redelivery would fail alike; an alarm reports it.
        with skip_unreadable("request_unreadable", request_id=hint.request_id):
            engine.advance(hint.request_id, worker, hint.hops)

    return queues.work_on(event.to_dict(), advance)


@rights_jobs.schedule(Rate(5, unit=Rate.MINUTES), name="sweep_rights")
@observed
def sweep_rights(_: CloudWatchEvent) -> dict[str, int]:
    """Send due requests to the worker; returns the counts of the sweep."""
    swept = queue.sweep()
    metrics.gauge(Metric.RIGHTS_OPEN, swept.open)
    metrics.gauge(Metric.RIGHTS_OVERDUE, swept.overdue)
    metrics.gauge(Metric.RIGHTS_STOPPED, swept.stuck.stopped)
    metrics.gauge(Metric.ERASURE_UNPROVEN, swept.stuck.unproven)
    metrics.gauge(Metric.RIGHTS_RECIPIENTS_LATE, swept.stuck.recipients_late)
    for right in Dimension.RIGHT.values:
        metrics.gauge(Metric.RIGHTS_OPEN_BY_RIGHT, swept.by_right[right], of=right)
    for age in Dimension.AGE.values:
        metrics.gauge(Metric.RIGHTS_OPEN_BY_AGE, swept.by_age[age], of=age)
    for wait in Dimension.WAIT.values:
        metrics.gauge(Metric.RIGHTS_OPEN_BY_WAIT, swept.by_wait[wait], of=wait)
    if swept.days_to_deadline is not None:
        metrics.gauge(Metric.RIGHTS_DAYS_TO_DEADLINE, swept.days_to_deadline)
    return {"due": swept.due, "sent": swept.sent, "open": swept.open, "overdue": swept.overdue}
