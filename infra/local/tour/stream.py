"""The chapters about Stream: its events have an effect here, a setting is set back, old messages go."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

import requests

from chalicelib.core import clock
from chalicelib.core.table_names import Table
from chalicelib.privacy import words
from chalicelib.reconciliation.cases.model import StreamCase
from infra.deployment import chat_settings
from infra.local.tour.narration import Tour
from infra.local.tour.phone import Phone
from infra.local.waiting import until
from infra.stream_emulator.routes.retention import OLD_MESSAGES

_SECONDS = 60.0


def receive_events(tour: Tour) -> None:
    """Stream reports a hidden message, and a user who was deleted in its dashboard."""
    vuk = tour.someone("Vuk", "1234599")
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
    channel = sdk.channel("messaging", f"hidden-{tour.number}", {"members": [vuk.user_id]})
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


_DAY = 24 * 3600


def keep_settings(tour: Tour) -> None:
    """A setting that a person changed in Stream's dashboard is found and set back."""
    checked = tour.cloud.run("check_chat_settings")
    tour.say(f"check_chat_settings: {checked['checked']} settings at Stream compared with the baseline")
    tour.check("all are as declared, since the start of the cloud applied them", checked["drifted"] == 0)
    tour.stream_api().update_channel_type("livestream", grants={"user": ["read-channel"]})
    tour.say("an administrator lets every user read livestreams, in Stream's dashboard")
    tour.check("the next check finds it", tour.cloud.run("check_chat_settings")["drifted"] == 1)
    target = tour.cloud.target
    chosen = chat_settings.choices(target.periods, target.issuer, target.stage)
    applied = chat_settings.apply_baseline(target.stream_access(tour.cloud.account), chosen)
    tour.say(f"ops chat-settings apply changes: {', '.join(one.checked.name for one in applied)}")
    tour.check(
        "nothing differs any more, and the alarm ends", tour.cloud.run("check_chat_settings")["drifted"] == 0
    )


def delete_old_messages(tour: Tour) -> None:
    """A message past its period is gone at Stream."""
    jovan, stream = tour.phones["Jovan"], tour.cloud.stream
    channel = tour.stream_api().channel("messaging", "old", {"members": [jovan.user_id]})
    channel.create(jovan.user_id)
    old, young = (
        channel.send_message({"text": text}, jovan.user_id)["message"]["id"] for text in ("Zdravo", "Ćao")
    )
    age = stream.state()["retention"][OLD_MESSAGES]["config"]["max_age_hours"]
    tour.say(
        f"Stream deletes messages after {age} hours, as the baseline wants; 31 days and a clean-up later:"
    )
    stream.make_older(31 * _DAY, messages=[old], policies=[OLD_MESSAGES])
    stream.clean_up()
    left = [message["id"] for message in channel.query(messages={"limit": 10})["messages"]]
    tour.check("the old message is gone, the young one is there", left == [young])
    kept = jovan.call("GET", "/v1/controller").body["retention"]
    (stated,) = (one["kept"] for one in kept if one["what"] == words.title("chat_message"))
    tour.say(f"the service states: kept {stated}")
