"""Pushes on the deployed stack: Stream's hook, the queue, the worker, and what Google gets (CALL-2)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from chalicelib.core.table_names import Table
from infra.local.cloud import LocalCloud
from infra.local.js import ChatClients
from infra.local.tour.phone import Phone
from infra.local.tour.receipt import ReceiptLink
from infra.local.waiting import until

pytestmark = [pytest.mark.node, pytest.mark.promise("CALL-2")]

SECONDS = 60.0
CANARY = "the-key-is-under-the-green-flowerpot"


@pytest.fixture
def clients(cloud: LocalCloud) -> Iterator[ChatClients]:
    with ChatClients(cloud.stream.url, cloud.stream.api_key) as clients:
        yield clients


@pytest.fixture
def people(cloud: LocalCloud, a_phone: Callable[[], Phone]) -> list[Phone]:
    """Return contacts with push tokens: who writes, a reader, and a reader whose push ends the wait."""
    phones = [a_phone() for _ in range(3)]
    for phone, name in zip(phones, ("Mila", "Vera", "Ana"), strict=True):
        phone.sign_up(name)
        registers(phone)
    code = phones[0].make_contact_code()
    for phone in phones[1:]:
        assert phone.add_contact(code).status == 201
    for phone in phones:
        until(partial(cloud.sent_to_stream, phone.user_id), "the user at Stream", SECONDS)
    return phones


def token_of(phone: Phone) -> str:
    return f"{phone.device_id}:APA91b" + "x" * 110  # as long as Google's


def registers(phone: Phone) -> None:
    body = {"platform": "android", "environment": "production", "token": token_of(phone)}
    answer = phone.call("PUT", "/v1/devices/push", body)
    assert (answer.status, answer.body["state"]) == (200, "registered"), answer.body


def arrived(cloud: LocalCloud, phone: Phone, kind: str = "message") -> list[dict[str, Any]]:
    """Return the data of what Google got for a phone."""
    mine = [one for one in cloud.pushes.phones.arrived if one["token"] == token_of(phone)]
    data = [one["body"]["data"] for one in mine]
    return [one for one in data if one["kind"] == kind]


def writes(clients: ChatClients, phone: Phone, cid: str) -> None:
    client = clients.connect(phone.user_id, phone.chat_token)
    client.send(cid, CANARY)
    client.disconnect()


def test_message_reaches_a_sleeping_phone_without_its_content(
    cloud: LocalCloud, clients: ChatClients, people: list[Phone]
) -> None:
    mila, vera, _ = people
    pair = mila.open_conversation(vera)
    writes(clients, mila, pair["cid"])
    (data,) = until(lambda: arrived(cloud, vera), "the push", SECONDS)
    seen = vera.call("GET", f"/v1/conversations/{pair['conversation_id']}").body
    assert data == {"kind": "message", "id": seen["push_id"], "line": "New message"}
    sent = json.dumps(cloud.pushes.phones.arrived)
    secret = (CANARY, "Mila", "Vera", mila.number, vera.number, mila.user_id, vera.user_id, pair["cid"])
    assert [word for word in secret if word in sent] == []
    assert arrived(cloud, mila) == []


@pytest.mark.parametrize("reason", ["online", "muted", "blocked", "restricted"])
def test_phone_of_a_member_who_must_get_none_stays_silent(
    cloud: LocalCloud, clients: ChatClients, people: list[Phone], reason: str
) -> None:
    mila, vera, ana = people
    body = {"members": [vera.user_id, ana.user_id], "name": "Trip"}
    group = mila.call("POST", "/v1/conversations", body).body
    if reason == "online":
        vera.change_profile(online_visible=True)
        shown = {"invisible": False}.items()
        until(lambda: shown <= cloud.stream.user(vera.user_id).items(), "the status at Stream", SECONDS)
        clients.connect(vera.user_id, vera.chat_token).watch(group["cid"])
    elif reason == "muted":
        muted = {"muted_conversations": [{"conversation_id": group["conversation_id"]}]}
        tag = {"If-Match": vera.call("GET", "/v1/notifications").headers["etag"]}
        assert vera.call("PUT", "/v1/notifications", muted, headers=tag).status == 200
    elif reason == "blocked":
        vera.block(mila)
    else:
        asked = {"right": "restriction", "ground": "a", "reason": "My name is wrong"}
        assert vera.call("POST", "/v1/rights-requests", asked).status == 202
        until(lambda: vera.call("GET", "/v1/profile").problem == "restricted", "the restriction", SECONDS)
    writes(clients, mila, group["cid"])
    until(lambda: arrived(cloud, ana), "the push to another member", SECONDS)
    assert arrived(cloud, vera) == []


def test_tokens_of_an_erased_account_are_gone(cloud: LocalCloud, a_phone: Callable[[], Phone]) -> None:
    mila = a_phone()
    mila.sign_up("Mila")
    registers(mila)
    account_id = mila.account_id
    assert stored(cloud, account_id) == ["push_claim", "push_devices"]
    mila.step_up()
    asked = mila.call("POST", "/v1/rights-requests", {"right": "erasure", "waive_grace": True}).body
    link = ReceiptLink(mila, asked["rights_request_id"], asked["receipt"])
    assert link.wait_for_answer() == "completed"
    assert stored(cloud, account_id) == []


def stored(cloud: LocalCloud, account_id: str) -> list[str]:
    """Return the kinds of rows about tokens of an account."""
    rows = [*cloud.items(Table.ACCOUNTS), *cloud.items(Table.CLAIMS)]
    kinds = (row["kind"]["S"] for row in rows if account_id in json.dumps(row, default=str))
    return sorted(kind for kind in kinds if kind.startswith("push_"))


def test_phone_of_another_account_is_taken_only_by_the_nonce_pushed_to_it(
    cloud: LocalCloud, a_phone: Callable[[], Phone]
) -> None:
    mila, stranger = a_phone(), a_phone()
    for phone in (mila, stranger):
        phone.sign_up()
    registers(mila)
    body = {"platform": "android", "environment": "production", "token": token_of(mila)}
    assert stranger.call("PUT", "/v1/devices/push", body).status == 202
    (proof,) = until(lambda: arrived(cloud, mila, "proof"), "the nonce", SECONDS)
    guess = body | {"nonce": secrets.token_urlsafe(32)}
    assert stranger.call("PUT", "/v1/devices/push", guess).status != 200
    answer = stranger.call("PUT", "/v1/devices/push", body | {"nonce": proof["nonce"]})
    assert (answer.status, answer.body["state"]) == (200, "registered")
