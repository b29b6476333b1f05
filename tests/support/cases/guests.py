"""People without a session: their requests by a code, and what operators enter for them."""

from __future__ import annotations

from typing import Any

from tests.support.world.operators import Operator
from tests.support.world.world import Reply, World

GUESTS = "/v1/rights-requests/guest"


def asks(world: World, right: str = "access", **body: Any) -> Reply:
    """Ask for a code as a person without a session."""
    more = {name: body.pop(name) for name in ("headers", "address") if name in body}
    return world.call("POST", GUESTS, body={"right": right, **body}, **more)


def verifies(world: World, challenge: str, code: str, **more: Any) -> Reply:
    return world.call("POST", f"{GUESTS}/{challenge}/verify", body={"code": code}, **more)


def requests(world: World, right: str = "access", **body: Any) -> Reply:
    """Ask for a code, and send it back."""
    challenge = asks(world, right, **body).json["challenge_id"]
    return verifies(world, challenge, code_to(world, body))


def proves(world: World, request: dict[str, Any], **contact: str) -> Reply:
    """Prove another contact for a request, with its receipt, and with its release key if it has one."""
    challenge = asks_to_prove(world, request, **contact).json["challenge_id"]
    code = {"code": code_to(world, contact)}
    code |= {name: request[name] for name in ("release_key",) if name in request}
    path = f"/v1/rights-receipts/{request['rights_request_id']}/proofs/{challenge}/verify"
    return world.call("POST", path, body=code, headers={"Rights-Receipt": request["receipt"]})


def asks_to_prove(world: World, request: dict[str, Any], **contact: str) -> Reply:
    """Ask for a code to another contact for a request, with its receipt."""
    headers, path = (
        {"Rights-Receipt": request["receipt"]},
        f"/v1/rights-receipts/{request['rights_request_id']}/proofs",
    )
    return world.call("POST", path, body=contact, headers=headers)


def code_to(world: World, contact: dict[str, Any]) -> str:
    """Return the last code that was sent to a contact."""
    return world.code_for(contact["phone"]) if "phone" in contact else world.code_mailed_to(contact["email"])


def enters(operator: Operator, right: str = "access", **body: Any) -> Reply:
    """Enter a request of any subject, received today by letter unless the body says otherwise."""
    return operator.calls("POST", body={**_RECEIVED, "right": right, **body})


_RECEIVED = {"received_by": "letter", "received_on": "2026-11-24"}
