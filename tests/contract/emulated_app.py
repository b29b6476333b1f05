"""The Stream app of the contract tests: emulator, official server SDK, the service's tokens."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import requests
from stream_chat.base.exceptions import StreamAPIException

from infra.local.js import ChatError

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream_chat import StreamChat

    from infra.stream_emulator import Emulator

HOUR = 3600
ERASE = {"messages": "hard", "conversations": "hard", "calls": "hard", "files": True}


@dataclass(frozen=True)
class Refused:
    """A refusal by Stream."""

    status: int
    code: int


@dataclass(frozen=True)
class Phone:
    """A client of one user over bare HTTP, without the checks of an SDK."""

    emulator: Emulator
    token: str

    def ask(self, method: str, path: str, body: object = None, **query: str) -> requests.Response:
        return requests.request(
            method,
            self.emulator.url + path,
            params={"api_key": self.emulator.api_key, **query},
            json=body,
            headers={"Authorization": self.token, "stream-auth-type": "jwt"},
            timeout=10,
        )

    def upload(self, path: str, name: str, content: bytes) -> str:
        answer = requests.post(
            self.emulator.url + path,
            params={"api_key": self.emulator.api_key},
            files={"file": (name, content, "text/plain")},
            headers={"Authorization": self.token, "stream-auth-type": "jwt"},
            timeout=10,
        )
        found: str = answer.json()["file"]
        return found

    def refused(self, method: str, path: str, body: object = None, **query: str) -> Refused:
        answer = self.ask(method, path, body, **query)
        problem = answer.json()
        assert answer.status_code >= 400, problem
        assert {"message", "StatusCode", "duration", "more_info", "details"} <= set(problem)
        assert problem["StatusCode"] == answer.status_code
        return Refused(answer.status_code, problem["code"])


@dataclass(frozen=True)
class App:
    """One freshly reset app at the emulator."""

    emulator: Emulator
    server: StreamChat

    def token(self, user_id: str, *, age: int = 5, life: int = HOUR, **claims: object) -> str:
        now = int(time.time())
        payload = {"user_id": user_id, "iat": now - age, "exp": now + life, **claims}
        kept = {name: value for name, value in payload.items() if value is not None}
        return jwt.encode(kept, self.emulator.secret, algorithm="HS256")

    def phone(self, user_id: str, **claims: Any) -> Phone:
        return Phone(self.emulator, self.token(user_id, **claims))

    def backend(self) -> Phone:
        """Return the server over bare HTTP, for requests that the SDK does not send."""
        return Phone(self.emulator, jwt.encode({"server": True}, self.emulator.secret))

    def people(self, *ids: str) -> None:
        self.server.upsert_users([{"id": user_id, "name": user_id.capitalize()} for user_id in ids])

    def talk(self, *members: str, id: str = "talk", type: str = "messaging") -> str:  # noqa: A002
        """Create a channel of these users by a system user, as the backend does."""
        self.people("system", *members)
        self.server.channel(type, id, {"members": list(members)}).create("system")
        return f"{type}:{id}"

    def grants_mutes(self) -> None:
        """Let clients mute users and channels, which the baseline does not."""
        self.server.update_app_settings(grants={"user": ["flag-user", "mute-user"]})
        member = self.server.get_channel_type("messaging")["grants"]["channel_member"]
        self.server.update_channel_type("messaging", grants={"channel_member": [*member, "mute-channel"]})

    def says(self, user_id: str, text: str, *, cid: str = "messaging:talk") -> str:
        channel_type, channel_id = cid.split(":")
        channel = self.server.channel(channel_type, channel_id)
        answer = channel.send_message({"text": text}, user_id)
        found: str = answer["message"]["id"]
        return found

    def erase(self, *ids: str) -> str:
        """Start a hard deletion as the backend does; returns the task's id."""
        found: str = self.server.delete_users(list(ids), "hard", **ERASE)["task_id"]
        return found

    def finish(self, task_id: str) -> dict[str, Any]:
        """Poll until the task has ended."""
        for _ in range(5):
            task: dict[str, Any] = self.server.get_task(task_id)
            if task["status"] in ("completed", "failed"):
                return task
        raise AssertionError(task)

    def fetch(self, url: str) -> requests.Response:
        """Return the response to a link without a token."""
        return requests.get(url, timeout=10)

    def refused(self, call: Callable[[], object]) -> Refused:
        try:
            answer = call()
        except StreamAPIException as error:
            return Refused(error.status_code, error.error_code)
        raise AssertionError(answer)


def phone_refused(call: Callable[[], object]) -> Refused:
    """Expect a refusal by Stream to the JavaScript SDK."""
    with pytest.raises(ChatError) as raised:
        call()
    assert raised.value.status is not None, raised.value.message
    assert raised.value.code is not None
    return Refused(raised.value.status, raised.value.code)
