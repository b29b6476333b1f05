"""The peer in AWS Powertools: its REST resolver with validation, its Logger and its Metrics."""

import os
from typing import Annotated, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Body, Header
from aws_lambda_powertools.metrics import MetricUnit

from bench.peers.common.accounts import Refused
from bench.peers.common.models import ChatToken, OwnProfile, ProfileChanges, UsageAccepted, UsageBatch

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


def chat() -> None:
    """Register the route of chat tokens."""
    from bench.peers.common import chat

    @app.post("/v1/chat/token")
    def mint_chat_token() -> ChatToken:
        minted = ChatToken(**chat.mint(*claims()))
        metrics.add_metric(name="ChatTokenMinted", unit=MetricUnit.Count, value=1)
        return minted


def profiles() -> None:
    """Register the routes of the own profile."""
    from bench.peers.common import profiles

    def tagged(profile: dict[str, Any], etag: str) -> Response[OwnProfile]:
        return Response(200, content_types.APPLICATION_JSON, OwnProfile(**profile), headers={"ETag": etag})

    @app.get("/v1/profile")
    def read_profile() -> Response[OwnProfile]:
        return tagged(*profiles.read(*claims()))

    @app.patch("/v1/profile")
    def change_profile(
        changes: Annotated[ProfileChanges, Body()], if_match: Annotated[str, Header(alias="If-Match")]
    ) -> Response[OwnProfile]:
        return tagged(*profiles.change(*claims(), changes.changes(), if_match))


def usage() -> None:
    """Register the route of usage events."""
    from bench.peers.common import usage

    @app.post("/v1/usage")
    def submit_usage(batch: Annotated[UsageBatch, Body()]) -> Response[UsageAccepted]:
        accepted, dropped = usage.accept(*claims(), batch.device.model_dump(mode="json"), batch.submitted())
        metrics.add_metric(name="UsageAccepted", unit=MetricUnit.Count, value=accepted)
        if dropped:  # as we do, a count of zero is left out
            metrics.add_metric(name="UsageDropped", unit=MetricUnit.Count, value=sum(dropped.values()))
        view = UsageAccepted(accepted=accepted, dropped=dropped)
        return Response(202, content_types.APPLICATION_JSON, view)


{"chat": chat, "profiles": profiles, "usage": usage}[os.environ["RU4M_FUNCTION"]]()
