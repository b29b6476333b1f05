"""The peer in Chalice without our route decorator, with pydantic for bodies."""

import json
import os
from collections.abc import Callable
from functools import wraps
from typing import Any

from chalice.app import Chalice, Request, Response

from bench.peers.common.accounts import Refused
from bench.peers.common.log import log_request

app = Chalice(app_name="peer")


def request() -> Request:
    """The request that is served."""
    assert app.current_request  # noqa: S101 - Chalice sets it before it calls a view
    return app.current_request


def claims() -> tuple[str, str]:
    """The account and the session that the authorizer found in the token."""
    found = request().context["authorizer"]
    return found["account_id"], found["session_id"]


def answer(body: str, status: int = 200, **headers: str) -> Response:
    """Build a response with a JSON text."""
    return Response(body, {"Content-Type": "application/json", **headers}, status)


def logged(view: Callable[[], Response]) -> Callable[[], Response]:
    """Answer refusals, and write the line of the request."""

    @wraps(view)
    def serve() -> Response:
        try:
            response = view()
        except Refused as refused:
            response = answer(json.dumps({"code": refused.code}), refused.status)
        except ValueError as error:  # of pydantic
            response = answer(json.dumps({"code": "invalid_request", "detail": str(error)}), 400)
        log_request(request().method, request().context, response.status_code)
        return response

    return serve


def chat() -> None:
    """Register the route of chat tokens."""
    from bench.peers.common import chat

    @app.route("/v1/chat/token", methods=["POST"])
    @logged
    def mint_chat_token() -> Response:
        minted = chat.mint(*claims())
        return answer(json.dumps({**minted, "expires_at": f"{minted['expires_at']:%Y-%m-%dT%H:%M:%SZ}"}))


def profiles() -> None:
    """Register the routes of the own profile."""
    from bench.peers.common import profiles
    from bench.peers.common.models import OwnProfile, ProfileChanges

    def tagged(profile: dict[str, Any], etag: str) -> Response:
        return answer(OwnProfile(**profile).model_dump_json(exclude_none=True), ETag=etag)

    @app.route("/v1/profile", methods=["GET"])
    @logged
    def read_profile() -> Response:
        return tagged(*profiles.read(*claims()))

    @app.route("/v1/profile", methods=["PATCH"], content_types=["application/merge-patch+json"])
    @logged
    def change_profile() -> Response:
        etag = request().headers.get("if-match")
        if not etag:
            raise Refused(428, "precondition_required")
        changes = ProfileChanges.model_validate_json(request().raw_body).changes()
        return tagged(*profiles.change(*claims(), changes, etag))


def usage() -> None:
    """Register the route of usage events."""
    from bench.peers.common import usage
    from bench.peers.common.models import UsageAccepted, UsageBatch

    @app.route("/v1/usage", methods=["POST"])
    @logged
    def submit_usage() -> Response:
        batch = UsageBatch.model_validate_json(request().raw_body)
        accepted, dropped = usage.accept(*claims(), batch.device.model_dump(mode="json"), batch.submitted())
        return answer(UsageAccepted(accepted=accepted, dropped=dropped).model_dump_json(), 202)


{"chat": chat, "profiles": profiles, "usage": usage}[os.environ["RU4M_FUNCTION"]]()
