"""A client of the emulator's own routes, for tests and the tour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from infra.stream_emulator.wire import Json

_PATIENCE = 10


@dataclass(frozen=True)
class Emulator:
    """A running emulator, in this process or another."""

    url: str
    api_key: str
    secret: str = field(repr=False)

    def state(self) -> Json:
        """Users, channels, tasks, calls, files, app, violations."""
        return self._ask("GET", "state")

    def user(self, user_id: str) -> Json:
        """One user as the emulator stores it.

        Raises:
            KeyError: the id was never used.
        """
        found: Json = self.state()["users"][user_id]
        return found

    def hooks(self, kind: str = "") -> list[Json]:
        """The attempts to send events of a type to webhooks, oldest first."""
        found: list[Json] = self.state()["hooks"]
        return [attempt for attempt in found if kind in ("", attempt["type"])]

    def violations(self) -> list[Json]:
        """Data that the backend sent and that must not reach Stream."""
        found: list[Json] = self.state()["violations"]
        return found

    def requests(self, *, principal: str | None = None, path: str = "") -> list[Json]:
        """The requests of a principal below a path, oldest first."""
        kept: list[Json] = self._ask("GET", "requests")["requests"]
        return [
            request
            for request in kept
            if principal in (None, request["principal"]) and request["path"].startswith(path)
        ]

    def exports(self) -> dict[str, str]:
        """The files of exports that Stream keeps, by task."""
        found: dict[str, str] = self._ask("GET", "exports")["exports"]
        return found

    def fault(self, **fault: Any) -> None:  # noqa: ANN401 - the fields of faults.Fault
        """Inject a fault into the next matching request."""
        self._ask("POST", "faults", [fault])

    def clear_faults(self) -> None:
        """Drop all pending faults."""
        self._ask("DELETE", "faults")

    def spoil_tasks(
        self, times: int = 1, *, failure: Json | None = None, results: Json | None = None
    ) -> None:
        """Let the next tasks fail with this error, or complete with these results for some ids."""
        self._ask("POST", "tasks", {"times": times, "failure": failure, "results": results})

    def plant(self, user_id: str, **held: Any) -> None:  # noqa: ANN401 - Stream's JSON
        """Add to a user's exports: fields of `user`, fields of each `message`, a list of `calls`."""
        self._ask("POST", "plant", {"user_id": user_id, **held})

    def choose(self, **options: Any) -> None:  # noqa: ANN401 - the fields of options.Options
        """Change options until the next reset."""
        self._ask("POST", "options", options)

    def advance(self, seconds: float) -> None:
        """Advance the emulator's clock."""
        self._ask("POST", "clock", {"advance_seconds": seconds})

    def resolve(self, named: str, here: str) -> None:
        """Send hooks for an address to another one on this machine, as a name server would."""
        self._ask("POST", "hosts", {named: here})

    def make_older(
        self, seconds: float, *, messages: Sequence[str] = (), policies: Sequence[str] = ()
    ) -> None:
        """Move the instants of messages and of retention policies back."""
        self._ask("POST", "age", {"seconds": seconds, "messages": [*messages], "policies": [*policies]})

    def clean_up(self) -> None:
        """Run Stream's clean-up by the policy on old messages now."""
        self._ask("POST", "cleanup")

    def reset(self) -> None:
        """Reset everything but the key and the secret."""
        self._ask("POST", "reset")

    def _ask(self, method: str, order: str, body: object = None) -> Json:
        answer = requests.request(method, f"{self.url}/_emulator/{order}", json=body, timeout=_PATIENCE)
        answer.raise_for_status()
        parsed: Json = answer.json()
        return parsed
