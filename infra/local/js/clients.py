"""Chat clients in a Node process; every call blocks until its answer or a deadline."""

from __future__ import annotations

import itertools
import json
import queue
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from infra.local.children import wait_or_kill

TokenProvider = Callable[[], str]

_HERE = Path(__file__).parent
_TIMEOUT = 15.0


class ChatError(Exception):
    """The SDK's call failed.

    `code` is Stream's error code and `status` the HTTP status, if Stream answered.
    """

    def __init__(self, message: str, code: int | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status


@dataclass(frozen=True)
class ChatClient:
    """One connected user."""

    name: str
    user_id: str
    _driver: ChatClients = field(repr=False)

    def watch(self, cid: str, *, presence: bool = False) -> dict[str, Any]:
        """Open a channel: `{cid, members, online, messages, unread, own_capabilities}`.

        With `presence`, the client also gets events of members who come online or go.
        """
        return self._call("watch", cid=cid, presence=presence)

    def send(self, cid: str, text: str) -> dict[str, Any]:
        """Send a message: `{id, text, type, shadowed, user_id, user_name, created_at}`."""
        return self._call("send", cid=cid, text=text)

    def wait_for_event(self, *types: str, timeout: float = _TIMEOUT, **fields: object) -> dict[str, Any]:
        """Wait for an event of one of these types, and return the first that no other call returned.

        Args:
            types: e.g. message.new, or notification.message_new in a channel not watched.
            timeout: in seconds.
            fields: further fields that the event must have; `text` is that of the message.

        Raises:
            ChatError: no such event came in time.
        """
        args = {"types": types, "fields": fields, "timeout_ms": int(timeout * 1000)}
        found: dict[str, Any] = self._driver.call(
            self.name, "wait_for_event", args, timeout=timeout + _TIMEOUT
        )
        return found

    def events(self) -> list[dict[str, Any]]:
        """Return the events that no call returned before, oldest first."""
        return self._list("events")

    def query_channels(self, conditions: dict[str, Any]) -> list[dict[str, Any]]:
        """Find channels and watch them."""
        return self._list("query_channels", filter=conditions)

    def query_users(self, conditions: dict[str, Any]) -> list[dict[str, Any]]:
        """Search for people."""
        return self._list("query_users", filter=conditions)

    def update_self(self, **fields: object) -> dict[str, Any]:
        """Replace the own profile."""
        return self._call("update_self", fields=fields)

    def set_self(self, **fields: object) -> dict[str, Any]:
        """Set single fields of the own profile."""
        return self._call("set_self", set=fields)

    def create_channel(
        self,
        channel_type: str,
        members: Sequence[str],
        channel_id: str | None = None,
    ) -> dict[str, Any]:
        """Create a channel; without an id, the one that these members share."""
        return self._call("create_channel", type=channel_type, id=channel_id, members=members)

    def add_members(self, cid: str, *members: str) -> None:
        """Add people to a channel."""
        self.call("add_members", cid=cid, members=members)

    def remove_members(self, cid: str, *members: str) -> None:
        """Remove people from a channel."""
        self.call("remove_members", cid=cid, members=members)

    def mark_read(self, cid: str) -> dict[str, Any]:
        """Mark a watched channel as read."""
        return self._call("mark_read", cid=cid)

    def sdk(self, method: str, *args: object, cid: str | None = None) -> Any:  # noqa: ANN401 - the SDK's answer
        """Call any method of the SDK's client, or with `cid` of that channel."""
        return self.call("sdk", method=method, args=args, cid=cid)

    def disconnect(self) -> None:
        """Close the connection; the name may be connected again."""
        self.call("disconnect")

    def call(self, call: str, **args: object) -> Any:  # noqa: ANN401 - each call's own answer
        """Make any call of driver.mjs, by its name.

        Raises:
            ChatError: the call failed, or no answer came in time.
        """
        return self._driver.call(self.name, call, args)

    def _call(self, call: str, **args: object) -> dict[str, Any]:
        found: dict[str, Any] = self.call(call, **args)
        return found

    def _list(self, call: str, **args: object) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call(call, **args)
        return found


class ChatClients:
    """A Node process with any number of chat clients; it ends with the `with` block."""

    def __init__(self, url: str, api_key: str) -> None:
        """Use the `url` and `api_key` that the backend returns with a chat token."""
        self._app = {"url": url, "api_key": api_key}
        self._numbers = itertools.count(1)
        self._answers: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self._providers: dict[str, TokenProvider] = {}
        self._writing = threading.Lock()
        self._over = False

    def __enter__(self) -> Self:
        if not (_HERE / "node_modules" / "stream-chat").exists():
            raise RuntimeError("the npm packages are missing: npm ci --prefix infra/local/js")
        self._child = subprocess.Popen(
            ["node", str(_HERE / "driver.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, name="chat-clients", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        child = self._child
        with self._writing:
            if child.stdin:
                child.stdin.close()
        wait_or_kill(child, _TIMEOUT)
        self._reader.join(_TIMEOUT)
        if child.stdout:
            child.stdout.close()

    @property
    def has_ended(self) -> bool:
        """Return whether the Node process has ended."""
        return self._child.poll() is not None

    def connect(
        self,
        user_id: str,
        token: str | TokenProvider,
        *,
        name: str | None = None,
        profile: dict[str, object] | None = None,
    ) -> ChatClient:
        """Connect a user as the app does: with the id alone.

        Args:
            user_id: the user's id at Stream.
            token: a fixed token, or a function that the SDK calls whenever it needs one.
            name: the name of the client here, if a user connects more than once.
            profile: fields that a badly behaved app would send along.

        Raises:
            ChatError: Stream refused, or a token provider failed.
        """
        client = ChatClient(name or user_id, user_id, self)
        user = {"id": user_id, **(profile or {})}
        args: dict[str, object] = {**self._app, "user": user}
        if callable(token):
            self._providers[client.name] = token
        else:
            args["token"] = token
        self.call(client.name, "connect", args)
        return client

    def call(self, client: str, call: str, args: dict[str, Any], *, timeout: float = _TIMEOUT) -> Any:  # noqa: ANN401 - each call's own answer
        """Send one command and wait for its answer.

        Raises:
            ChatError: the call failed, or no answer came within `timeout` seconds.
        """
        number = next(self._numbers)
        answers = self._answers[number] = queue.SimpleQueue()
        try:
            self._write({"id": number, "client": client, "call": call, "args": args})
            answer = answers.get(timeout=timeout)
        except queue.Empty:
            raise ChatError(f"no answer to {call} within {timeout} s") from None
        finally:
            del self._answers[number]
        if "error" in answer:
            failure = answer["error"]
            raise ChatError(str(failure["message"]), failure.get("code"), failure.get("status"))
        return answer["ok"]

    def _write(self, line: dict[str, Any]) -> None:
        with self._writing:
            if self._over or self._child.stdin is None or self._child.stdin.closed:
                raise ChatError("the chat clients have ended")
            self._child.stdin.write(json.dumps(line) + "\n")
            self._child.stdin.flush()

    def _read(self) -> None:
        for text in self._child.stdout or ():
            line = json.loads(text)
            if "ask" in line:
                threading.Thread(target=self._give_token, args=[line], daemon=True).start()
            elif line["id"] in self._answers:
                self._answers[line["id"]].put(line)
        self._over = True
        for answers in list(self._answers.values()):
            answers.put({"error": {"message": "the chat clients have ended"}})

    def _give_token(self, line: dict[str, Any]) -> None:
        answer: dict[str, Any] = {"answer": line["ask"]}
        try:
            answer["token"] = self._providers[line["client"]]()
        except Exception as error:  # noqa: BLE001 - the SDK has to get every error
            answer["error"] = str(error) or type(error).__name__
        try:
            self._write(answer)
        except ChatError:
            return
