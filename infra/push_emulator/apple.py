"""Apple's service: HTTP/2 without TLS, which the client has to begin at once (prior knowledge)."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator

import jwt
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded
from h2.exceptions import ProtocolError

from infra.push_emulator.phones import Phones

_TOKEN = re.compile("/3/device/([0-9a-fA-F]{64,200})")
_HOUR, _LEAST = 3600, 20 * 60  # seconds: the life of a provider token, and between two on a connection
_OK = (200, "")
_LARGEST = 4096  # bytes of a payload
_FORMS = {
    "apns-expiration": ("[0-9]+", "BadExpirationDate"),
    "apns-collapse-id": ("[!-~]{1,64}", "BadCollapseId"),
    "apns-id": ("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "BadMessageId"),
    "apns-priority": ("5|10", "BadPriority"),
}


class AppleConnection(asyncio.Protocol):
    """A connection of one client to an environment of Apple's."""

    def __init__(self, phones: Phones, environment: str, open_ones: set[asyncio.Transport]) -> None:
        self._phones, self._environment, self._open_ones = phones, environment, open_ones
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._requests: dict[int, tuple[dict[str, str], bytearray]] = {}
        self._answers: set[asyncio.Task[None]] = set()
        self._before = ("", 0)  # provider token, and when it was issued

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the connection."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a TCP server (mypy)
        self._transport = transport
        self._open_ones.add(transport)
        self._h2.initiate_connection()
        self._flush()

    def connection_lost(self, _: Exception | None) -> None:
        """Forget the connection."""
        self._open_ones.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        """Read frames, and answer each request that is complete."""
        try:
            events = self._h2.receive_data(data)
        except ProtocolError:
            self._transport.close()
            return
        for event in events:
            match event:
                case RequestReceived(stream_id=int(number), headers=list(headers)):
                    named = {str(name): str(value) for name, value in headers}
                    self._requests[number] = (named, bytearray())
                case DataReceived(stream_id=int(number), data=bytes(part)):
                    self._requests[number][1].extend(part)
                    self._h2.acknowledge_received_data(len(part), number)
                case StreamEnded(stream_id=int(number)):
                    task = asyncio.ensure_future(self._answer(number, *self._requests.pop(number)))
                    self._answers.add(task)
                    task.add_done_callback(self._answers.discard)
        self._flush()

    async def _answer(self, number: int, headers: dict[str, str], body: bytearray) -> None:
        fault = self._phones.fault("apple")
        if fault:
            await asyncio.sleep(fault.delay)
            if not fault.status:
                self._transport.close()
                return
        status, reason = (fault.status, fault.reason) if fault else next(self._wrong(headers, body), _OK)
        if (status, reason) == _OK:
            kept = {name: value for name, value in headers.items() if name.startswith("apns-")}
            kept["environment"] = self._environment
            self._phones.take("apple", headers[":path"].rpartition("/")[2], json.loads(body), headers=kept)
        self._h2.send_headers(number, [(":status", str(status)), ("apns-id", headers.get("apns-id", ""))])
        self._h2.send_data(
            number, json.dumps({"reason": reason}).encode() if reason else b"", end_stream=True
        )
        self._flush()

    def _flush(self) -> None:
        self._transport.write(self._h2.data_to_send())

    def _wrong(self, headers: dict[str, str], body: bytearray) -> Iterator[tuple[int, str]]:
        """Yield the status and Apple's word for each thing that is wrong with a push."""
        if reason := self._refused(headers.get("authorization", "").removeprefix("bearer ")):
            yield 429 if reason.startswith("TooMany") else 403, reason
        for name, (form, reason) in _FORMS.items():
            if not re.fullmatch(form, headers.get(name, "")):
                yield 400, reason
        if headers.get("apns-topic") != self._phones.apple["topic"]:
            yield 400, "TopicDisallowed"
        if (headers.get("apns-priority") == "10") != (headers.get("apns-push-type") == "alert"):
            yield 400, "BadPriority"
        if len(body) > _LARGEST:
            yield 413, "PayloadTooLarge"
        if not (found := _TOKEN.fullmatch(headers[":path"])):
            yield 400, "BadDeviceToken"
        elif found[1] in self._phones.unregistered:
            yield 410, "Unregistered"

    def _refused(self, token: str) -> str:
        """Return why a provider token is not accepted; empty if it is."""
        known = self._phones.apple
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            claims = jwt.decode(token, self._phones.apple_key.public_key(), algorithms=["ES256"])
        except jwt.InvalidTokenError:
            return "InvalidProviderToken"
        if (kid, claims.get("iss")) != (known["key_id"], known["team_id"]):
            return "InvalidProviderToken"
        if not time.time() - _HOUR < claims["iat"] <= time.time():
            return "ExpiredProviderToken"
        before, issued_at = self._before
        if before not in {"", token} and claims["iat"] - issued_at < _LEAST:
            return "TooManyProviderTokenUpdates"
        self._before = (token, claims["iat"])
        return ""
