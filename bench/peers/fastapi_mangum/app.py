"""What the functions of this peer share: the application, refusals, and the line of a request."""

import json
import logging
import sys
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from mangum import Mangum

from bench.peers.common.accounts import Refused

logger = logging.getLogger("peer.requests")
logger.setLevel(logging.INFO)
logger.propagate = False
logger.addHandler(logging.StreamHandler(sys.stdout))
app = FastAPI()
_serve = Mangum(app, lifespan="off")


@app.exception_handler(Refused)
async def refuse(_: Request, refused: Refused) -> Response:
    """Answer a refusal."""
    return JSONResponse({"code": refused.code}, refused.status)


async def _claims(request: Request) -> tuple[str, str]:
    found: dict[str, Any] = request.scope["aws.event"]["requestContext"]["authorizer"]
    return found["account_id"], found["session_id"]


# The account and the session that the authorizer found in the token.
Claims = Annotated[tuple[str, str], Depends(_claims)]


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Serve a request, and write its line; a middleware of Starlette would cost more."""
    response: dict[str, Any] = _serve(event, context)
    line = {
        "level": "INFO",
        "message": "request",
        "route": f"{event['httpMethod']} {event['resource']}",
        "status": response["statusCode"],
        "request_id": event["requestContext"]["requestId"],
    }
    logger.info(json.dumps(line))
    return response
