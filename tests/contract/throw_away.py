"""The contract tests on an app at Stream: which app is admitted, and how each test finds it empty.

Two variables name the app. Stream never gives an id of a deleted user again, and the tests use few ids again
and again. So a relay on this machine stands between the SDKs and Stream: in all requests it appends to these
ids what is theirs in one test (`mila` becomes `mila-5f1c0003`), and removes that from all answers. Tokens are
signed anew, for the longer id, if their signature is valid.

A test that uses a control of the emulator is skipped, since Stream has none. A change of the app's settings
is refused by the relay, because it could not be undone for the next test, and its test is skipped. So is a
test whose calls Stream limited. Deletions are made at the end, and before the few tests that list everything.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

import jwt
import pytest
from aiohttp import ClientSession, WSMsgType, web
from stream_chat import StreamChat
from stream_chat.base.exceptions import StreamAPIException
from yarl import URL

from chalicelib.core.periods import DEFAULTS
from chalicelib.stream.model import AppAccess
from chalicelib.stream.settings import baseline
from infra.deployment import chat_settings
from infra.local.waiting import until
from infra.stream_emulator import Emulator

KEY, SECRET = "RU4M_CONTRACT_STREAM_KEY", "RU4M_CONTRACT_STREAM_SECRET"
ADDRESS = "RU4M_CONTRACT_STREAM_URL"  # another address than Stream's, such as that of an emulator
STREAM = "https://chat.stream-io-api.com"

# They test settings of the app, which all tests share, or rules that only our emulator has.
LEFT_OUT = (
    "chat_settings",
    "grants",
    "house_rules",
    "limits_and_faults",
    "message_retention",
    "process",
    "settings",
    "throw_away",
    "webhooks",
)

# Files with tests that list all users, channels, bans or flags.
LISTING = ("bans", "channels", "flags", "user_queries", "v2")

_USERS = r"system|mila|vera|zoe|jovan|unknown|u\d+|[a-d]"
_CHANNELS = "talk|other|group|mine|trip|owned|square"
_OURS = re.compile(rf"({_USERS})-[0-9a-f]{{8}}")
_NAMED = re.compile(rf"(?<![A-Za-z0-9_-])({_USERS}|{_CHANNELS})(?![A-Za-z0-9_-])")
_HOOKS = (
    "webhook_url",
    "sqs_url",
    "sns_topic_arn",
    "custom_action_handler_url",
    "before_message_send_hook_url",
)
_SETTINGS = re.compile(r"/(app|channeltypes(/[^/]*)?|roles|permissions|retention_policy.*|import.*)")
_TOO_MANY = 429
_STAGE_ONLY = {baseline.EVENT_HOOKS, baseline.SYSTEM_USER_STATE}
_PATIENCE = 60.0


class AppRefused(Exception):
    """The app is not a throw-away app; the text says what shows it."""


def is_named(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether both variables name an app."""
    return bool(environment.get(KEY) and environment.get(SECRET))


@dataclass(frozen=True)
class ThrowAwayApp(Emulator):
    """An app at Stream in the place of the emulator; `url` is that of the relay."""

    direct: StreamChat = field(kw_only=True)
    names: Names = field(kw_only=True)

    def reset(self) -> None:
        """Give the next test ids of its own."""
        self.names.change()

    def _ask(self, method: str, order: str, body: object = None) -> NoReturn:  # noqa: ARG002 - as there
        pytest.skip(f"Stream has no control like the emulator's {method} {order}")


class Names:
    """What is appended to the ids of users in the current test."""

    def __init__(self) -> None:
        self._run, self._number = secrets.token_hex(2), 0
        self.change()

    def change(self) -> None:
        """Begin another test."""
        self._number += 1
        self.ending = f"-{self._run}{self._number:04x}"
        self.excuse = ""  # why a test that fails is skipped

    def lengthen(self, text: str) -> str:
        """The text of a request as Stream gets it."""
        return _NAMED.sub(rf"\1{self.ending}", text)

    def shorten(self, text: str) -> str:
        """The text of an answer as the test gets it."""
        return text.replace(self.ending, "")


def admit(app: StreamChat) -> None:
    """Refuse an app that a stage or a person uses.

    Raises:
        AppRefused: it has a webhook, or users that these tests did not make.
    """
    shown = app.get_app_settings()["app"]
    if hooks := [name for name in ("event_hooks", *_HOOKS) if shown.get(name)]:
        raise AppRefused(f"the app has {', '.join(hooks)}, so a stage uses it")
    if others := [user for user in _user_ids(app) if not _OURS.fullmatch(user)]:
        raise AppRefused(f"the app has {len(others)} users that these tests did not make")


def apply_baseline(access: AppAccess) -> None:
    """Apply our settings but the webhook, which would point to nothing, and the user of the service."""
    chosen = chat_settings.choices(DEFAULTS, "https://contract.ru4m.example", "staging")
    checked = chat_settings.read(access, chosen, None)
    list(chat_settings.send(access, [one for one in checked if one.setting.name not in _STAGE_ONLY]))


def clear(app: StreamChat) -> None:
    """Lift all bans, and delete all channels and users."""
    for ban in _patiently(lambda: app.query_banned_users({"filter_conditions": {}, "limit": 100}))["bans"]:
        place = {name: ban["channel"][name] for name in ("type", "id")} if ban.get("channel") else {}
        _patiently(partial(app.unban_user, ban["user"]["id"], **place))
    made = {"last_updated": {"$gt": "2020-01-01T00:00:00Z"}}
    while found := _patiently(lambda: app.query_channels(made, limit=30))["channels"]:
        names = [one["channel"]["cid"] for one in found]
        _finish(app, _patiently(partial(app.delete_channels, names, hard_delete=True)))
    while users := _user_ids(app):
        how = {"messages": "hard", "conversations": "hard"}
        _finish(app, _patiently(partial(app.delete_users, users, "hard", **how)))


def _user_ids(app: StreamChat) -> list[str]:
    found = _patiently(lambda: app.query_users({}, limit=100, include_deactivated_users=True))["users"]
    return [str(user["id"]) for user in found]


def _finish(app: StreamChat, asked: Mapping[str, Any]) -> None:
    def has_ended() -> bool:
        return _patiently(lambda: app.get_task(asked["task_id"]))["status"] in {"completed", "failed"}

    until(has_ended, "a deletion at Stream", _PATIENCE)


def _patiently(call: Callable[[], Any]) -> Any:
    """Make a call again for as long as Stream limits it."""

    def answer() -> Any:
        try:
            return call()
        except StreamAPIException as error:
            if error.status_code != _TOO_MANY:
                raise
            time.sleep(1)  # limits count by the minute
            return None

    return until(answer, "a call that Stream limits", 2 * _PATIENCE)


@contextmanager
def throw_away_app(environment: Mapping[str, str] = os.environ) -> Iterator[ThrowAwayApp]:
    """Admit the app that the variables name, and relay to it; at the end delete what was made.

    Raises:
        AppRefused: it is not a throw-away app.
    """
    key, secret = environment[KEY], environment[SECRET]
    url = environment.get(ADDRESS, STREAM)
    direct, names = StreamChat(key, secret, base_url=url), Names()
    with direct.session:
        admit(direct)
        apply_baseline(AppAccess(key, secret, url))
        with _relay(Relay(url, secret, names)) as here:
            try:
                yield ThrowAwayApp(here, key, secret, direct=direct, names=names)
            finally:
                clear(direct)


@dataclass
class Relay:
    """Passes requests and events on, with other ids of users."""

    url: str
    secret: str = field(repr=False)
    names: Names
    here: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Pass a request on, and its answer back."""
        query = [(name, self._lengthen(name, value)) for name, value in request.query.items()]
        url = URL(self.url + self.names.lengthen(request.path)).with_query(query)
        headers = {
            name: self._lengthen(name, value)
            for name, value in request.headers.items()
            if name.lower() not in {"host", "content-length", "connection", "accept-encoding"}
        }
        async with ClientSession() as session:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._converse(request, session, url)
            if _changes_settings(request):
                self.names.excuse = "it changes settings of the app"
                problem = {"code": 17, "StatusCode": 403, "message": "the relay lets no test change settings",
                           "duration": "0ms", "more_info": "", "details": []}  # fmt: skip
                return web.json_response(problem, status=403)
            body = self._lengthen_bytes(await request.read())
            async with session.request(request.method, url, headers=headers, data=body) as answer:
                if answer.status == _TOO_MANY:
                    self.names.excuse = "Stream limited its calls"
                passed = {
                    name: value
                    for name, value in answer.headers.items()
                    if name.lower()
                    not in {"content-length", "content-encoding", "transfer-encoding", "connection"}
                }
                text = self._shorten((await answer.read()).decode("latin-1"))
                return web.Response(status=answer.status, headers=passed, body=text.encode("latin-1"))

    async def _converse(
        self, request: web.Request, session: ClientSession, url: URL
    ) -> web.WebSocketResponse:
        client = web.WebSocketResponse()
        async with session.ws_connect(url) as server:
            await client.prepare(request)

            async def pass_on() -> None:
                async for message in client:
                    if message.type is WSMsgType.TEXT:
                        await server.send_str(self.names.lengthen(message.data))
                await server.close()

            upwards = asyncio.create_task(pass_on())
            async for message in server:
                if message.type is WSMsgType.TEXT:
                    await client.send_str(self._shorten(message.data))
            await client.close(code=server.close_code or 1000)
            upwards.cancel()
        return client

    def _shorten(self, text: str) -> str:
        return self.names.shorten(text).replace(self.url, self.here)

    def _lengthen_bytes(self, body: bytes) -> bytes:
        return self._lengthen("", body.decode("latin-1")).encode("latin-1")

    def _lengthen(self, name: str, value: str) -> str:
        if name.lower() == "authorization":
            return self._sign_again(value)
        return self.names.lengthen(value.replace(self.here, self.url))

    def _sign_again(self, token: str) -> str:
        """The same token for the longer id; one that is not valid stays as it is."""
        try:
            claims = jwt.decode(token, self.secret, ["HS256"], options=_UNCHECKED)
        except jwt.InvalidTokenError:
            return token
        if not isinstance(claims.get("user_id"), str):
            return token
        return jwt.encode(claims | {"user_id": self.names.lengthen(claims["user_id"])}, self.secret, "HS256")


_UNCHECKED: Any = {f"verify_{name}": False for name in ("exp", "iat", "nbf", "aud", "iss", "sub", "jti")}


def _changes_settings(request: web.Request) -> bool:
    return request.method not in {"GET", "HEAD"} and bool(
        _SETTINGS.fullmatch(request.path.removeprefix("/api/v2"))
    )


@contextmanager
def _relay(relay: Relay) -> Iterator[str]:
    """Serve a relay in a thread of this process; yields its URL."""
    up: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        application = web.Application(client_max_size=200 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", relay.answer)
        runner, stop = web.AppRunner(application, access_log=None, shutdown_timeout=1), asyncio.Event()
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            relay.here = f"http://127.0.0.1:{runner.addresses[0][1]}"
            up.set_result((asyncio.get_running_loop(), stop))
            await stop.wait()
        finally:
            await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="relay", daemon=True)
    thread.start()
    loop, stop = up.result(_PATIENCE)
    try:
        yield relay.here
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_PATIENCE)
