"""The peer in FastAPI behind Mangum, which translates the gateway's events to ASGI."""

import os
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse
from mangum import Mangum

from bench.peers.common.accounts import Refused
from bench.peers.common.log import log_request
from bench.peers.common.models import ChatToken, OwnProfile, ProfileChanges, UsageAccepted, UsageBatch

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
    log_request(event["httpMethod"], event["requestContext"], response["statusCode"])
    return response


def chat() -> None:
    """Register the route of chat tokens."""
    from bench.peers.common import chat

    @app.post("/v1/chat/token")
    async def mint_chat_token(claims: Claims) -> ChatToken:
        return ChatToken(**chat.mint(*claims))


def profiles() -> None:
    """Register the routes of the own profile."""
    from bench.peers.common import profiles

    @app.get("/v1/profile", response_model_exclude_none=True)
    async def read_profile(claims: Claims, response: Response) -> OwnProfile:
        profile, response.headers["ETag"] = profiles.read(*claims)
        return OwnProfile(**profile)

    @app.patch("/v1/profile", response_model_exclude_none=True)
    async def change_profile(
        claims: Claims, changes: ProfileChanges, if_match: Annotated[str, Header()], response: Response
    ) -> OwnProfile:
        profile, response.headers["ETag"] = profiles.change(*claims, changes.changes(), if_match)
        return OwnProfile(**profile)


def usage() -> None:
    """Register the route of usage events."""
    from bench.peers.common import usage

    @app.post("/v1/usage", status_code=202)
    async def submit_usage(claims: Claims, batch: UsageBatch) -> UsageAccepted:
        accepted, dropped = usage.accept(*claims, batch.device.model_dump(mode="json"), batch.submitted())
        return UsageAccepted(accepted=accepted, dropped=dropped)


{"chat": chat, "profiles": profiles, "usage": usage}[os.environ["RU4M_FUNCTION"]]()
