"""Clients that send requests while something changes: a key is rotated, or another version is deployed.

Each refreshes its session, reads the profile with the new token, which no cache contains, and changes it. A
change that was answered must be there at the next read.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import jwt

from infra.local.tour.phone import MERGE_PATCH, Phone, PhoneAnswer
from infra.local.waiting import until

# What a client gets if nothing goes wrong.
GOOD = frozenset({"refresh 200", "read 200", "change 200"})

_SECONDS = 60.0


@dataclass
class Traffic:
    """Clients that send requests until the end, and the number of their responses so far.

    Attributes:
        answers: by request, status and problem; a change that is not there later counts as `lost`.
        put_off: how often the service answered `unavailable`, by which the contract requires a retry.
        kids: of the new tokens.
    """

    answers: Counter[str] = field(default_factory=Counter)
    put_off: int = 0
    kids: Counter[str] = field(default_factory=Counter)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def failures(self) -> dict[str, int]:
        """The responses that a client should not get."""
        return {answer: number for answer, number in self.answers.items() if answer not in GOOD}

    def send_requests(self, phone: Phone) -> None:
        """Send requests until the end."""
        name = ""
        for number in itertools.count():
            if self._over.is_set():
                return
            if not self._refresh(phone):
                continue
            read = self._sent("read", phone.call("GET", "/v1/profile"))
            if not read:
                continue
            if name and read.body.get("display_name") != name:
                self.answers["change lost"] += 1
            headers = {"If-Match": read.headers["etag"], "Content-Type": MERGE_PATCH}
            wanted = {"display_name": f"Client {number}"}
            changed = self._sent("change", phone.call("PATCH", "/v1/profile", wanted, headers=headers))
            name = wanted["display_name"] if changed else ""  # unknown after a refusal

    def _refresh(self, phone: Phone) -> bool:
        held = {"refresh_token": phone.session["refresh_token"], "device_id": phone.device_id}
        answer = self._sent("refresh", phone.call("POST", "/v1/sessions/refresh", held))
        if answer:
            phone.session = answer.body
            self.kids[kid_of(phone)] += 1
        return answer is not None

    def _sent(self, what: str, answer: PhoneAnswer) -> PhoneAnswer | None:
        """Count a response; return it if it is a good one."""
        if answer.problem == "unavailable":
            # New workers start while both cores are busy, so a call to the emulated vault or table may time
            # out. The caller sends the request again.
            self.put_off += 1
            return None
        self.answers[" ".join(filter(None, (what, str(answer.status), answer.problem)))] += 1
        return answer if answer.status == 200 else None

    def wait_for(self, number: int) -> None:
        """Wait until so many further changes were answered."""
        seen = self.answers["change 200"]
        until(lambda: self.answers["change 200"] >= seen + number or self.failures, "traffic", _SECONDS)

    def wait_for_use_of(self, phones: list[Phone], kid: str) -> None:
        """Wait until all clients have a token of a key and have sent requests with it."""
        until(lambda: all(kid_of(phone) == kid for phone in phones), "all clients to refresh", _SECONDS)
        seen = self.kids[kid]
        until(lambda: self.kids[kid] >= seen + 10, "traffic", _SECONDS)

    def stop(self) -> None:
        """Let each client end after its current request."""
        self._over.set()


@contextmanager
def traffic_of(phones: list[Phone]) -> Iterator[Traffic]:
    """Let clients send requests during a block.

    Raises:
        requests.RequestException: a request got no response.
    """
    traffic = Traffic()
    with ThreadPoolExecutor(len(phones)) as pool:
        clients = [pool.submit(traffic.send_requests, phone) for phone in phones]
        try:
            yield traffic
        finally:
            traffic.stop()
    for client in clients:
        client.result()


def kid_of(phone: Phone) -> str:
    """Return the id of the key that signed the access token of a phone."""
    return str(jwt.get_unverified_header(phone.access_token)["kid"])
