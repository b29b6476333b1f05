"""Tests that no request fails while a key is rotated."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import jwt
import pytest

from infra.local.cloud import LocalCloud, local_cloud
from infra.local.tour.phone import Phone
from infra.local.waiting import until
from infra.ops.keys.token_key import SigningKeys


@pytest.fixture(scope="module")
def own_cloud() -> Iterator[LocalCloud]:
    """Run a cloud of this file's own, since the test reconfigures its functions."""
    with local_cloud() as running:
        yield running


def kid_of(phone: Phone) -> str:
    return str(jwt.get_unverified_header(phone.access_token)["kid"])


@dataclass
class Traffic:
    """Clients that send requests, and the number of their responses so far."""

    answers: Counter[str] = field(default_factory=Counter)
    kids: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)

    def send_requests(self, phone: Phone) -> None:
        """Refresh, then read with the new token, which no cache contains; repeat until the end."""
        while not self.over.is_set():
            held = {"refresh_token": phone.session["refresh_token"], "device_id": phone.device_id}
            refreshed = phone.call("POST", "/v1/sessions/refresh", held)
            if refreshed.problem == "unavailable":
                # New workers start while both cores are busy, so a call to the emulated vault or table may
                # time out. This response does not depend on a key, and the contract requires a retry.
                continue
            self.answers[f"refresh {refreshed.status} {refreshed.problem}"] += 1
            if refreshed.status != 200:
                continue
            phone.session = refreshed.body
            self.kids[kid_of(phone)] += 1
            read = phone.call("GET", "/v1/profile")
            if read.problem == "unavailable":
                continue
            self.answers[f"read {read.status} {read.problem}"] += 1

    def wait_for_use_of(self, phones: list[Phone], kid: str) -> None:
        """Wait until all clients have a token of a key and have sent requests with it."""
        until(lambda: all(kid_of(phone) == kid for phone in phones), "all clients to refresh", seconds=60)
        seen = self.kids[kid]
        until(lambda: self.kids[kid] >= seen + 10, "traffic", seconds=60)


@contextmanager
def traffic_of(phones: list[Phone]) -> Iterator[Traffic]:
    traffic = Traffic()
    with ThreadPoolExecutor(len(phones)) as pool:
        clients = [pool.submit(traffic.send_requests, phone) for phone in phones]
        try:
            yield traffic
        finally:
            traffic.over.set()
    for client in clients:
        client.result()


@pytest.fixture
def phones(own_cloud: LocalCloud, numbers: Iterator[str]) -> list[Phone]:
    people = [Phone(own_cloud.state.api_url, next(numbers), own_cloud.texts_to) for _ in range(3)]
    for person in people:
        person.sign_up()
    return people


@pytest.mark.proof
@pytest.mark.promise("ACC-5")
def test_signing_key_is_rotated_and_retired_with_no_request_refused(
    own_cloud: LocalCloud, phones: list[Phone]
) -> None:
    keys = SigningKeys.of(own_cloud.account, "local", lambda _: None)
    old = kid_of(phones[0])
    with traffic_of(phones) as traffic:
        traffic.wait_for_use_of(phones, old)
        new = keys.rotate()
        traffic.wait_for_use_of(phones, new)
        keys.retire(wait=0)
        traffic.wait_for_use_of(phones, new)
    assert traffic.answers.keys() == {"refresh 200 None", "read 200 None"}
