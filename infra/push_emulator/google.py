"""Google's services: access tokens and FCM, and the routes of the emulator itself under /_emulator."""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Any

import jwt
from aiohttp import web

from infra.push_emulator.phones import Phones, PushFault

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_TOKEN = re.compile("[A-Za-z0-9_:-]{100,300}")
_ANDROID = {"priority", "ttl", "collapse_key"}


def _refusal(status: int, word: str, field: str = "") -> web.Response:
    details: list[dict[str, Any]] = [{"@type": "google.firebase.fcm.v1.FcmError", "errorCode": word}]
    if field:
        details.append({"@type": "google.rpc.BadRequest", "fieldViolations": [{"field": field}]})
    return web.json_response({"error": {"code": status, "details": details}}, status=status)


class Google:
    """The web application over the phones."""

    def __init__(self, phones: Phones) -> None:
        self._phones = phones
        self._access: set[str] = set()

    def application(self) -> web.Application:
        """Return all routes."""
        application = web.Application()
        project = self._phones.google["project_id"]
        application.router.add_post("/token", self._grant)
        application.router.add_post(f"/v1/projects/{project}/messages:send", self._send)
        application.router.add_get("/_emulator/pushes", self._show)
        application.router.add_post("/_emulator/orders", self._order)
        return application

    async def _fault(self, request: web.Request, service: str) -> web.Response | None:
        fault = self._phones.fault(service)
        if fault is None:
            return None
        await asyncio.sleep(fault.delay)
        if not fault.status and request.transport:
            request.transport.close()
        return _refusal(fault.status or 500, fault.reason)

    async def _grant(self, request: web.Request) -> web.Response:
        if fault := await self._fault(request, "google_tokens"):
            return fault
        form = await request.post()
        key, sender = self._phones.google_key.public_key(), self._phones.google["client_email"]
        try:
            signed, url = str(form["assertion"]), str(request.url)
            claims = jwt.decode(signed, key, ["RS256"], audience=url, issuer=sender)
        except (KeyError, jwt.InvalidTokenError):
            return web.json_response({"error": "invalid_grant"}, status=400)
        if claims.get("scope") != _SCOPE or form.get("grant_type") != _GRANT:
            return web.json_response({"error": "invalid_scope"}, status=400)
        self._access.add(token := f"ya29.{secrets.token_urlsafe(32)}")
        return web.json_response({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    async def _send(self, request: web.Request) -> web.Response:
        if fault := await self._fault(request, "google"):
            return fault
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self._access:
            return _refusal(401, "UNAUTHENTICATED")
        message = (await request.json())["message"]
        if field := _malformed(message):
            return _refusal(400, "INVALID_ARGUMENT", field)
        if message["token"] in self._phones.unregistered:
            return _refusal(404, "UNREGISTERED")
        self._phones.take("google", message["token"], message)
        return web.json_response({"name": f"projects/x/messages/{len(self._phones.arrived)}"})

    async def _show(self, request: web.Request) -> web.Response:
        token = request.query.get("token")
        return web.json_response({"pushes": [p for p in self._phones.arrived if token in {None, p["token"]}]})

    async def _order(self, request: web.Request) -> web.Response:
        """Take tokens that are no longer registered, and faults of the next calls."""
        orders = await request.json()
        self._phones.unregistered.update(orders.get("unregistered", ()))
        self._phones.faults += [PushFault(**one) for one in orders.get("faults", ())]
        return web.json_response({})


def _malformed(message: dict[str, Any]) -> str:
    """Return the field of a message that FCM does not accept, or that makes it show or analyse the push."""
    if unknown := message.keys() - {"token", "data", "android"}:
        return f"message.{min(unknown)}"
    if not _TOKEN.fullmatch(message["token"]):
        return "message.token"
    if not all(isinstance(value, str) for value in message["data"].values()):
        return "message.data"
    is_android = message["android"].keys() == _ANDROID and re.fullmatch("[0-9]+s", message["android"]["ttl"])
    return "" if is_android else "message.android"
