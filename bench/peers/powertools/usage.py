"""Events of use."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.metrics import MetricUnit

from bench.peers.common import usage
from bench.peers.common.models import UsageAccepted, UsageBatch
from bench.peers.powertools.app import app, claims, handler, metrics

__all__ = ["handler"]


@app.post("/v1/usage")
def submit_usage(batch: Annotated[UsageBatch, Body()]) -> Response[UsageAccepted]:
    """Submit events."""
    device = batch.device.model_dump(mode="json")
    accepted, dropped = usage.accept(*claims(), device, batch.submitted())
    metrics.add_metric(name="UsageAccepted", unit=MetricUnit.Count, value=accepted)
    if dropped:  # as we do, a count of zero is left out
        metrics.add_metric(name="UsageDropped", unit=MetricUnit.Count, value=sum(dropped.values()))
    view = UsageAccepted(accepted=accepted, dropped=dropped)
    return Response(202, content_types.APPLICATION_JSON, view)
