"""Webhooks of the emulated app: events, signature, compression and retries, as Stream documents them."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import stream_chat.webhook

from tests.contract.emulated_app import ERASE, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.conftest import Phones
    from tests.contract.emulated_app import App

BAD = Refused(400, 4)


@dataclass
class Receiver:
    """A server that receives hooks, and answers each with the next status, or 204."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def wait_for(self, number: int) -> list[tuple[dict[str, str], bytes]]:
        deadline = time.monotonic() + 10
        while len(self.received) < number and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.received) == number
        return self.received

    def events(self, number: int) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.wait_for(number)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.received.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()
    thread.join()


def subscribe(app: App, url: str, *types: str, **more: object) -> None:
    hook = {"enabled": True, "hook_type": "webhook", "webhook_url": url, "event_types": [*types], **more}
    app.server.update_app_settings(event_hooks=[hook])


def attempts(app: App, number: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 10
    while len(found := app.emulator.hooks()) < number and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def test_changes_of_users_are_reported(app: App, receiver: Receiver) -> None:
    app.server.upsert_user({"id": "vera", "name": "Vera"})
    subscribe(app, receiver.url)
    app.server.upsert_user({"id": "mila", "name": "Mila"})
    app.server.deactivate_user("mila")
    app.server.reactivate_user("mila")
    app.server.delete_users(["mila"], "hard", **ERASE)
    app.server.delete_users(["vera"], "soft")
    for task_id in app.emulator.state()["tasks"]:
        app.finish(task_id)
    events = receiver.events(5)
    assert Counter((event["type"], event["user"]["id"]) for event in events) == Counter(
        [
            ("user.updated", "mila"),
            ("user.deactivated", "mila"),
            ("user.reactivated", "mila"),
            ("user.deleted", "mila"),
            ("user.deleted", "vera"),
        ]
    )


def test_deletion_of_a_message_is_reported_with_its_kind(app: App, receiver: Receiver) -> None:
    app.server.upsert_user({"id": "mila", "name": "Mila"})
    channel = app.server.channel("messaging", "trip", {"members": ["mila"]})
    channel.create("mila")
    ids = [channel.send_message({"text": "hello"}, "mila")["message"]["id"] for _ in range(2)]
    subscribe(app, receiver.url, "message.deleted")
    app.server.delete_message(ids[0])
    app.server.delete_message(ids[1], hard=True)
    events = sorted(receiver.events(2), key=lambda event: bool(event["hard_delete"]))
    assert [(event["message"]["id"], event["hard_delete"]) for event in events] == [
        (ids[0], False),
        (ids[1], True),
    ]
    assert {event["cid"] for event in events} == {"messaging:trip"}


@pytest.mark.parametrize("packed", [False, True])
def test_hook_is_verified_by_streams_own_sdk(app: App, receiver: Receiver, *, packed: bool) -> None:
    app.server.update_app_settings(enable_hook_payload_compression=packed)
    subscribe(app, receiver.url, "user.updated")
    app.server.upsert_user({"id": "mila", "name": "Mila"})
    ((headers, body),) = receiver.wait_for(1)
    assert (headers.get("content-encoding") == "gzip") is packed
    assert body.startswith(b"\x1f\x8b") is packed
    content = gzip.decompress(body) if packed else body
    assert stream_chat.webhook.verify_signature(content, headers["x-signature"], app.emulator.secret)
    assert headers["x-api-key"] == app.emulator.api_key


@pytest.mark.parametrize(("status", "sent"), [(204, 1), (400, 1), (404, 1), (408, 3), (429, 3), (503, 3)])
def test_hook_is_sent_up_to_three_times_under_the_same_id(
    app: App, receiver: Receiver, status: int, sent: int
) -> None:
    receiver.statuses = [status] * 4
    subscribe(app, receiver.url, "user.updated")
    app.server.upsert_user({"id": "mila", "name": "Mila"})
    received = receiver.wait_for(sent)
    assert {headers["x-webhook-id"] for headers, _ in received} == {received[0][0]["x-webhook-id"]}
    assert [headers["x-webhook-attempt"] for headers, _ in received] == [str(n + 1) for n in range(sent)]
    assert {body for _, body in received} == {received[0][1]}
    assert [attempt["outcome"] for attempt in attempts(app, sent)] == [status] * sent


def test_hook_is_not_sent_again_once_it_was_received(app: App, receiver: Receiver) -> None:
    receiver.statuses = [503]
    subscribe(app, receiver.url, "user.updated")
    app.server.upsert_user({"id": "mila", "name": "Mila"})
    receiver.wait_for(2)
    assert [attempt["outcome"] for attempt in attempts(app, 2)] == [503, 204]


def test_hook_to_an_unreachable_receiver_is_lost_after_two_attempts(app: App) -> None:
    subscribe(app, "http://127.0.0.1:9/hook", "user.updated")
    app.server.upsert_user({"id": "mila", "name": "Mila"})
    assert [attempt["outcome"] for attempt in attempts(app, 2)] == ["no_connection"] * 2


def test_hook_for_another_machine_is_sent_to_where_its_address_is_resolved(
    app: App, receiver: Receiver
) -> None:
    app.emulator.resolve("https://api.example", receiver.url.removesuffix("/hook"))
    subscribe(app, "https://api.example/hook", "user.updated")
    app.server.upsert_user({"id": "mila", "name": "Mila"})
    receiver.wait_for(1)


def test_hook_for_another_machine_never_leaves_this_one(app: App) -> None:
    subscribe(app, "https://elsewhere.example/hook", "user.updated")
    app.server.upsert_user({"id": "mila", "name": "Mila"})
    assert [attempt["outcome"] for attempt in attempts(app, 1)] == ["unresolved"]


@pytest.mark.parametrize(
    "change",
    [
        lambda app, url: subscribe(app, url, "message.new"),
        lambda app, url: subscribe(app, url, enabled=False),
        lambda app, _: app.server.update_app_settings(
            event_hooks=[{"hook_type": "sqs", "sqs_queue_url": "https://queue.example"}]
        ),
        lambda app, _: app.server.update_app_settings(event_hooks=[]),
    ],
)
def test_no_hook_is_sent_without_a_subscription(
    app: App, receiver: Receiver, change: Callable[[App, str], object]
) -> None:
    change(app, receiver.url)
    app.server.upsert_user({"id": "mila", "name": "Mila"})
    subscribe(app, receiver.url, "user.updated")
    app.server.upsert_user({"id": "mila", "name": "Mila again"})
    assert [event["user"]["name"] for event in receiver.events(1)] == ["Mila again"]


@pytest.mark.parametrize(
    "hook",
    [
        {"hook_type": "pigeon"},
        {"hook_type": "webhook"},
        {"hook_type": "webhook", "webhook_url": "ftp://x"},
        {"hook_type": "webhook", "webhook_url": "https://x.example", "event_types": "user.updated"},
        {},
        "webhook",
    ],
)
def test_unfit_hook_is_refused_and_the_old_ones_stay(app: App, hook: object) -> None:
    subscribe(app, "https://hook.example", "user.updated")
    before = app.server.get_app_settings()["app"]["event_hooks"]
    assert app.refused(lambda: app.server.update_app_settings(event_hooks=[hook])) == BAD
    assert app.server.get_app_settings()["app"]["event_hooks"] == before


@pytest.mark.node
@pytest.mark.parametrize("shown", [True, False])
def test_hook_of_a_new_message_lists_members_with_their_status_by_option(
    app: App, phones: Phones, receiver: Receiver, *, shown: bool
) -> None:
    app.emulator.choose(hooks_show_hidden=shown)
    app.talk("mila", "vera", "zoe")
    app.server.upsert_user({"id": "mila", "name": "Mila", "invisible": True})
    phones.of("mila")
    phones.of("vera")
    subscribe(app, receiver.url, "message.new")
    app.says("zoe", "hello")
    (event,) = receiver.events(1)
    online = {one["user"]["id"]: one["user"]["online"] for one in event["members"]}
    assert online == {"mila": shown, "vera": True, "zoe": False}
