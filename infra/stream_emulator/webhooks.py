"""Sends events to the webhooks of the app's `event_hooks`, signed and retried as Stream documents it.

Only the body is signed: the HMAC-SHA256 of the uncompressed JSON under the app's secret. A hook is sent up to
three times if its receiver answers 408, 429 or 5xx or not within six seconds, and twice if the connection
fails, all within 15 seconds. Then it is lost. Hooks of other kinds (SQS, SNS) are stored and never sent.

No hook leaves this machine: another host has to be resolved to an address here, or the hook is lost.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp

from infra.stream_emulator.errors import bad_input
from infra.stream_emulator.wire import encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.stream_emulator.app_settings import AppSettings
    from infra.stream_emulator.wire import Json

KINDS = ("webhook", "sqs", "sns", "pending_message")
_ATTEMPTS, _AFTER_NO_CONNECTION = 3, 2
_SECONDS_PER_ATTEMPT, _SECONDS = 6.0, 15.0
_BETWEEN = 0.1  # seconds; not documented
_KEPT = 1_000
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost"})


class Webhooks:
    """The webhooks of an app, and what became of each event that was sent to one."""

    def __init__(self, api_key: str, secret: str, app: Callable[[], AppSettings]) -> None:
        self._api_key, self._secret, self._app = api_key, secret, app
        self._running: set[asyncio.Task[None]] = set()
        self.deliveries: list[Json] = []
        self.resolved: dict[str, str] = {}  # address on this machine, by the address that a hook names

    def clear(self) -> None:
        """Forget all deliveries; those that are under way go on."""
        self.deliveries = []

    def send(self, event: Json) -> None:
        """Send an event to each webhook that wants its type, without waiting for an answer."""
        values = self._app().values
        for hook in values["event_hooks"]:
            if _wants(hook, event["type"]):
                content = encoded(event).encode()
                packed = bool(values["enable_hook_payload_compression"])
                task = asyncio.get_running_loop().create_task(
                    self._deliver(hook["webhook_url"], event["type"], content, packed=packed)
                )
                self._running.add(task)
                task.add_done_callback(self._running.discard)

    async def _deliver(self, url: str, kind: str, content: bytes, *, packed: bool) -> None:
        hook_id, loop = str(uuid.uuid4()), asyncio.get_running_loop()
        here = self._resolve(url)
        if here is None:
            self._note({"type": kind, "id": hook_id, "attempt": 1, "outcome": "unresolved"})
            return
        ends, number, most = loop.time() + _SECONDS, 0, _ATTEMPTS
        headers = {
            "Content-Type": "application/json",
            "X-Api-Key": self._api_key,
            "X-Signature": hmac.new(self._secret.encode(), content, hashlib.sha256).hexdigest(),
            "X-Webhook-Id": hook_id,
        } | ({"Content-Encoding": "gzip"} if packed else {})
        body = gzip.compress(content) if packed else content
        timeout = aiohttp.ClientTimeout(total=_SECONDS_PER_ATTEMPT)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while number < most and loop.time() < ends:
                number += 1
                outcome: int | str
                try:
                    numbered = headers | {"X-Webhook-Attempt": str(number)}
                    async with session.post(here, data=body, headers=numbered) as answer:
                        outcome = answer.status
                except TimeoutError:
                    outcome = "timeout"
                except aiohttp.ClientError:
                    outcome, most = "no_connection", _AFTER_NO_CONNECTION
                self._note({"type": kind, "id": hook_id, "attempt": number, "outcome": outcome})
                if isinstance(outcome, int) and outcome not in {408, 429} and outcome < 500:
                    return
                await asyncio.sleep(_BETWEEN)

    def _resolve(self, url: str) -> str | None:
        for named, here in self.resolved.items():
            if url.startswith(f"{named}/"):
                return here + url.removeprefix(named)
        return url if urlsplit(url).hostname in _THIS_MACHINE else None

    def _note(self, delivery: Json) -> None:
        self.deliveries = [*self.deliveries, delivery][-_KEPT:]


def _wants(hook: Json, kind: str) -> bool:
    """Whether a hook is an enabled webhook for a type; no types means all of them."""
    types = hook.get("event_types") or []
    return hook["hook_type"] == "webhook" and hook.get("enabled", True) and (not types or kind in types)


def refuse_unfit_hooks(hooks: list[object]) -> None:
    """Refuse hooks that PATCH /app must not have.

    Raises:
        StreamError: one of another kind, or a webhook without a URL.
    """
    for hook in hooks:
        if not isinstance(hook, dict) or hook.get("hook_type") not in KINDS:
            raise bad_input(f"hook_type must be one of {KINDS}")
        if hook["hook_type"] == "webhook" and not str(hook.get("webhook_url", "")).startswith("http"):
            raise bad_input("a webhook needs a webhook_url")
        if not isinstance(hook.get("event_types", []), list):
            raise bad_input("event_types must be a list")
