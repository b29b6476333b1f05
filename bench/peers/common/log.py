"""The log line of a request, for the peers whose framework has no logger of its own."""

import json
import logging
import sys
from typing import Any

logger = logging.getLogger("peer.requests")
logger.setLevel(logging.INFO)
logger.propagate = False
logger.addHandler(logging.StreamHandler(sys.stdout))


def log_request(method: str, context: dict[str, Any], status: int) -> None:
    """Write the line of a request with the gateway's context."""
    route, request_id = f"{method} {context['resourcePath']}", context["requestId"]
    line = {"level": "INFO", "message": "request", "route": route, "status": status, "request_id": request_id}
    logger.info(json.dumps(line))
