"""All routes that a session authorizes, read from the app, and a call of each route."""

from __future__ import annotations

import re
from typing import Any

from app import app
from tests.support.world.builders import PRIVACY, a_device, a_verification, an_event
from tests.support.world.world import Reply, User

_ID = re.compile(r"\{[^}]+\}")

# Bodies that pass validation, since the body is parsed before some callers are refused.
BODIES: dict[str, Any] = {
    "/v1/conversations/{conversation_id}": {"name": "Trip"},
    "/v1/reports/{abuse_report_id}/appeal": {"text": "Look again"},
    "/v1/safety-decisions/{safety_decision_id}/appeal": {"text": "Look again"},
    "/v1/signup/{challenge_id}/objection": {
        "code": "000000",
        "device_id": "8e03978e-40d5-43e8-bc93-6894a57f9324",
        "ground": "new_number",
    },
    "/v1/usage": {"events": [an_event()], "device": a_device()},
    "/v1/consents/{purpose}": {"state": "withdrawn"},
    "/v1/consents/signals": {"gpc": True},
    "/v1/rights-requests": {"right": "objection", "purposes": ["diagnostics"]},
    "/v1/signup/{challenge_id}/verify": a_verification("000000"),
}


def routes() -> set[tuple[str, str]]:
    """Return method and path of every route that a session authorizes."""
    return {
        (method, path)
        for path, methods in app.routes.items()
        for method, entry in methods.items()
        if entry.authorizer is not None and entry.authorizer.name == "access_token"
    }


def calls_route(
    user: User, method: str, path: str, headers: dict[str, str] | None = None, body: Any = None, **ids: str
) -> Reply:
    """Call a route with a body that passes validation; ids in its path that are not given name nothing."""
    known = {"purpose": "analytics", "version": PRIVACY, **ids}
    concrete = _ID.sub(lambda part: known.get(part[0][1:-1], "x"), path)
    default = {"code": "000000"} if path.endswith("/verify") else {}
    sent = body or BODIES.get(path, default if method in {"POST", "PUT", "PATCH"} else None)
    return user.calls(method, concrete, body=sent, headers={"If-Match": '"1"', **(headers or {})})
