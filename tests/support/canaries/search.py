"""Searches all places for canaries, also all that Stream stores of the app and every request to it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import requests

from infra.local.cloud import LocalCloud
from tests.support.canaries.places import Content, Where, sent_messages, stored_at_aws
from tests.support.canaries.sealed import acting_as_the_service
from tests.support.canaries.values import CanarySet


def stored_at_stream(cloud: LocalCloud) -> Iterator[Content]:
    """Users, channels, messages, files and exports of the emulated app, and the rest of its state."""
    state = cloud.stream.state()
    for user_id, user in state.pop("users").items():
        yield Content(Where.STREAM_USER, user_id, _json(user))
    for cid, channel in state.pop("channels").items():
        for message in channel.pop("messages"):
            yield from _message(message)
        yield Content(Where.STREAM_CHANNEL, cid, _json(channel))
    for url, file in state.pop("files").items():
        content = requests.get(url, timeout=10).content
        yield Content(Where.STREAM_FILE, f"of {file['user_id']}", _json(file) + b"\n" + content)
    for task, text in cloud.stream.exports().items():
        yield Content(Where.STREAM_EXPORT, task, text.encode())
    for name, value in state.items():
        yield Content(Where.STREAM_REST, name, _json(value))


def requests_to_stream(cloud: LocalCloud) -> Iterator[Content]:
    """All requests, by principal and operation; of a file the journal has the name only."""
    for request in cloud.stream.requests():
        sent = {name: request.get(name) for name in ("raw_path", "path", "query", "body")}
        yield Content(Where.STREAM_REQUEST, f"{request['principal']} {request['operation']}", _json(sent))


def _message(message: dict[str, Any]) -> Iterator[Content]:
    author = message["user"]["id"]
    quoted = {name: message.pop(name) for name in ("quoted_message_id", "quoted_message") if name in message}
    yield Content(Where.STREAM_MESSAGE, f"by {author}", _json(message))
    if quoted:
        yield Content(Where.STREAM_QUOTE, f"by {author}", _json(quoted))


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode()


@dataclass(frozen=True, order=True)
class Sighting:
    """A canary in a place. `key` has `<name>` where it contains a canary, so no value is reported."""

    where: Where
    key: str
    canary: str
    kind: str = ""
    field: str = ""


def stored(cloud: LocalCloud, canaries: CanarySet) -> set[Sighting]:
    """Search what the service, its AWS account and Stream store."""
    with acting_as_the_service(cloud):
        return {*_seen(stored_at_aws(cloud), canaries), *_seen(stored_at_stream(cloud), canaries)}


def sent(cloud: LocalCloud, canaries: CanarySet) -> set[Sighting]:
    """Search what left the account: mails, texts, requests to Stream."""
    return {*_seen(sent_messages(cloud), canaries), *_seen(requests_to_stream(cloud), canaries)}


def _seen(contents: Iterable[Content], canaries: CanarySet) -> Iterator[Sighting]:
    for content in contents:
        found = canaries.names_in(content.data)
        key = canaries.redacted(content.key) if found else ""
        for name in found:
            yield Sighting(content.where, key, name, content.kind, content.field)
