"""The chapter about Stream's events: what is deleted or written at Stream has an effect here."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

import requests

from chalicelib.core import clock
from chalicelib.core.table_names import Table
from chalicelib.reconciliation.cases.model import StreamCase
from infra.local.tour.narration import Tour
from infra.local.tour.phone import Phone
from infra.local.waiting import until

_SECONDS = 60.0


def receive_events(tour: Tour) -> None:
    """Stream reports a hidden message, and a user who was deleted in its dashboard."""
    vuk = tour.someone("Vuk", "+381601234599")
    vuk.sign_up("Vuk")
    until(lambda: tour.name_at_stream(vuk) == "Vuk", "Vuk at Stream", _SECONDS)
    _refuse_and_repeat(tour, vuk)
    _hide_a_message(tour, vuk)
    _delete_at_stream(tour, vuk)


def _refuse_and_repeat(tour: Tour, vuk: Phone) -> None:
    user = {"id": vuk.user_id, "name": "Vuk", "shoe_size": "42"}
    event = {"type": "user.updated", "created_at": clock.to_text(clock.now()), "user": user}
    forged = _send(tour, event, "a guess")
    tour.check("a forged event is refused", forged == 401)
    sent = [_send(tour, event, tour.cloud.stream.secret) for _ in range(2)]
    tour.check("a genuine one is received, and once more without another effect", sent == [204, 204])


def _send(tour: Tour, event: Mapping[str, object], secret: str) -> int:
    content = json.dumps(event).encode()
    signature = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Api-Key": tour.cloud.stream.api_key,
        "X-Signature": signature,
    }
    url = f"{tour.cloud.state.api_url}/v1/hooks/stream"
    return requests.post(url, data=content, headers=headers, timeout=30).status_code


def _hide_a_message(tour: Tour, vuk: Phone) -> None:
    sdk = tour.stream_api()
    channel = sdk.channel("messaging", "hidden", {"members": [vuk.user_id]})
    channel.create(vuk.user_id)
    message = channel.send_message({"text": "Oops"}, vuk.user_id)["message"]["id"]
    sdk.delete_message(message)
    tour.say("an administrator deletes a message of Vuk in Stream's dashboard, which only hides it")

    def is_gone() -> bool:
        return not tour.cloud.stream.state()["channels"][channel.cid]["messages"]

    tour.wait_for("Stream reports it, and the service deletes it for good", is_gone, _SECONDS)


def _delete_at_stream(tour: Tour, vuk: Phone) -> None:
    sdk = tour.stream_api()
    task = sdk.delete_users([vuk.user_id], "hard", messages="hard", conversations="hard")["task_id"]
    until(lambda: sdk.get_task(task)["status"] == "completed", "the deletion at Stream")

    def has_case() -> bool:
        kind = {"S": StreamCase.declaration.kind}
        return any(item.get("kind") == kind for item in tour.cloud.items(Table.ACCOUNTS))

    tour.wait_for("a deletion in Stream's dashboard opens a case for operators", has_case, _SECONDS)
