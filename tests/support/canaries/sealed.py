"""Opens sealed records whose key still exists: what a key opens counts as readable."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from chalicelib.core import keyring
from chalicelib.core.ids import AccountId
from chalicelib.core.sealing import Place, SealingError, SealingKeys
from chalicelib.core.table_names import Table
from chalicelib.people.conversations import store
from chalicelib.privacy import register, subject_keys
from infra.local.cloud import STAGE, LocalCloud
from infra.ops.standing_in import act_as_signup
from tests.support.clouds.cloud import restored_process

RawItem = Mapping[str, Any]


@contextmanager
def acting_as_the_service(cloud: LocalCloud) -> Iterator[None]:
    """Run the service's code against the cloud with the permissions of root."""
    with restored_process():
        act_as_signup(cloud.account, STAGE)
        yield


class SealedRecords:
    """Opens records under the keys of the stage and of every subject. Make it within the block above."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._wrapped = {item["pk"]["S"]: _plain(item) for item in cloud.items(Table.KEYS)}
        self._kinds = [record.declaration.kind for record in register.records()]

    def fields(self, item: RawItem) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the JSON of each sealed field that can be opened."""
        if item.get("kind", {}).get("S") == store.KIND and "name" in item:
            yield from self._group_name(item)
        blob = item.get("sealed", {}).get("B")
        if blob is None:
            return
        place = Place(item["kind"]["S"], item["pk"]["S"], item.get("sk", {}).get("S"))
        for keys in self._candidates(item):
            try:
                opened = json.loads(keys.open(bytes(blob), place))
            except SealingError:
                continue
            for name, value in opened.items():
                yield name, json.dumps(value, ensure_ascii=False).encode()
            return

    def _group_name(self, item: RawItem) -> Iterator[tuple[str, bytes]]:
        name, place = _plain(item)["name"], Place("conversation_name", item["pk"]["S"], item["sk"]["S"])
        owner = AccountId(name["account_id"])
        keys = subject_keys.from_item(owner, self._wrapped.get(f"A#{owner}"))
        with suppress(SealingError):
            yield "name", keys.open(b64decode(name["sealed"]), place)

    def _candidates(self, item: RawItem) -> Iterator[SealingKeys]:
        yield keyring.transient_key()
        yield from (keyring.retained_key(kind) for kind in {item["kind"]["S"], *self._kinds})
        pk = item["pk"]["S"]
        if pk in self._wrapped:
            yield subject_keys.from_item(AccountId(pk.removeprefix("A#")), self._wrapped[pk])


def _plain(item: RawItem) -> dict[str, Any]:
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}
