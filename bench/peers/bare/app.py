"""What the functions of this peer share: the response, refusals, and the line of a request."""

import json
import logging
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from bench.peers.common.accounts import Refused

JSON = dict[str, Any]
Handler = Callable[[JSON, object], JSON]

logger = logging.getLogger("peer.requests")
logger.setLevel(logging.INFO)
logger.propagate = False
logger.addHandler(logging.StreamHandler(sys.stdout))


class Result(NamedTuple):
    """What a function answers."""

    body: JSON
    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})


def function(serve: Callable[[JSON, tuple[str, str]], Result]) -> Handler:
    """Make a handler of a function of the event and its claims."""

    def handler(event: JSON, _: object) -> JSON:
        context = event["requestContext"]
        found = context["authorizer"]
        try:
            result = serve(event, (found["account_id"], found["session_id"]))
        except Refused as refused:
            result = Result({"code": refused.code}, refused.status)
        line = {
            "level": "INFO",
            "message": "request",
            "route": f"{event['httpMethod']} {event['resource']}",
            "status": result.status,
            "request_id": context["requestId"],
        }
        logger.info(json.dumps(line))
        return {
            "statusCode": result.status,
            "headers": {"Content-Type": "application/json", **result.headers},
            "body": json.dumps(result.body),
            "isBase64Encoded": False,
        }

    return handler
