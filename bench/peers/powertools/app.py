"""What the functions of this peer share: the resolver, its logger and metrics."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.metrics import MetricUnit

from bench.peers.common.accounts import Refused

logger = Logger(service="peer", level="INFO", location=None)
metrics = Metrics(namespace="Peer", service="peer")
app = APIGatewayRestResolver(enable_validation=True)


@app.exception_handler(Refused)
def refuse(refused: Refused) -> Response[str]:
    """Answer a refusal."""
    return Response(refused.status, content_types.APPLICATION_JSON, f'{{"code":"{refused.code}"}}')


def claims() -> tuple[str, str]:
    """The account and the session that the authorizer found in the token."""
    found = app.current_event.request_context.authorizer
    return found["account_id"], found["session_id"]


@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own context
    """Serve a request."""
    response = app.resolve(event, context)
    metrics.add_metric(name="RequestServed", unit=MetricUnit.Count, value=1)
    route = f"{event['httpMethod']} {event['resource']}"
    request_id = event["requestContext"]["requestId"]
    logger.info("request", extra={"route": route, "status": response["statusCode"], "request_id": request_id})
    return response
