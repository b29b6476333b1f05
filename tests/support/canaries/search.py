"""Searches all places for canaries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from infra.local.cloud import LocalCloud
from tests.support.canaries.places import Content, Where, sent_messages, stored_at_aws
from tests.support.canaries.sealed import acting_as_the_service
from tests.support.canaries.stream import requests_to_stream, stored_at_stream
from tests.support.canaries.values import CanarySet


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
