"""What the functions of this peer share: answers, refusals, and the line of a request."""

import json
import logging
import sys
from collections.abc import Callable
from functools import wraps

from chalice.app import Chalice, Request, Response

from bench.peers.common.accounts import Refused

JSON_TYPE = {"Content-Type": "application/json"}
logger = logging.getLogger("peer.requests")
logger.setLevel(logging.INFO)
logger.propagate = False
logger.addHandler(logging.StreamHandler(sys.stdout))


def claims(app: Chalice) -> tuple[str, str]:
    """The account and the session that the authorizer found in the token."""
    found = request_of(app).context["authorizer"]
    return found["account_id"], found["session_id"]


def logged(app: Chalice) -> Callable[[Callable[[], Response]], Callable[[], Response]]:
    """Answer refusals, and write the line of the request."""

    def wrap(view: Callable[[], Response]) -> Callable[[], Response]:
        @wraps(view)
        def serve() -> Response:
            try:
                response = view()
            except Refused as refused:
                response = answer(json.dumps({"code": refused.code}), refused.status)
            _log(request_of(app), response.status_code)
            return response

        return serve

    return wrap


def answer(body: str, status: int = 200, **headers: str) -> Response:
    """Build a response with a JSON text."""
    return Response(body, {**JSON_TYPE, **headers}, status)


def _log(request: Request, status: int) -> None:
    line = {
        "level": "INFO",
        "message": "request",
        "route": f"{request.method} {request.context['resourcePath']}",
        "status": status,
        "request_id": request.context["requestId"],
    }
    logger.info(json.dumps(line))


def request_of(app: Chalice) -> Request:
    """The request that is served."""
    assert app.current_request  # noqa: S101 - Chalice sets it before it calls a view
    return app.current_request
