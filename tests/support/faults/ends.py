"""Describes the final state of a flow in lines that can be compared.

Two runs of a flow differ in random ids and perhaps in times. So each id is replaced by a name that shows its
kind and its relations (`a1` owns `s1`), and random texts and bytes are replaced by marks. Sealed fields are
opened, which also checks that every record opens.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from chalicelib.core import aws
from chalicelib.core.ids import AccountId, Id
from chalicelib.core.table import Item
from chalicelib.core.table.items import plain
from chalicelib.privacy import codec, subject_keys
from chalicelib.privacy.personal import Record
from chalicelib.privacy.register import records
from chalicelib.privacy.subject_keys import SubjectKeys

# Random values, or values that depend on them, such as a shard, which is a hash of an id.
_RANDOM = frozenset(
    {
        "live",
        "renewal",
        "hour",
        "ends",
        "last_batch",
        "touched",
        "nonce",
        "salt",
        "previous",
        "hash",
        "fingerprint",
        "number",
        "number_key",
        "owner_key",
        "device_digest",
        "due",
        "received",
        "open",
        "stream_task",
        "token",
        "mails",
        "sha256",
        "size",
    }
)
# The keys of a claim on a user id and of a contact code, and the sort key of events, which depends on ids.
_KEY_WITH_A_RANDOM_ID = re.compile(
    r"\b(user#\d+#|contact_code#|\d{4}-\d\d-\d\dT\d\d#)(?:[0-9a-f]{64}|[0-9a-f]{32})\b"
)
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ID = re.compile("|".join([*(kind.pattern.pattern for kind in Id.__subclasses__()), _UUID]))
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_EPOCH_SECONDS = range(1_500_000_000, 3_000_000_000)


def rows() -> list[Item]:
    """Return every item of every table, with the name of its table and its sealed fields opened."""
    found = [
        {"table": name.rsplit("-", 1)[-1], **plain(raw)}
        for name in aws.client("dynamodb").list_tables()["TableNames"]
        for raw in _all_of(name)
    ]
    kinds = {kind.declaration.kind: kind for kind in records()}
    keys = {item["pk"]: _keys(item) for item in found if item.get("kind") == "data_key"}
    opened = (_opened(item, kinds[item["kind"]], keys) if "sealed" in item else item for item in found)
    return [item | {"payload": json.loads(item["payload"])} if "payload" in item else item for item in opened]


def _opened(item: Item, kind: type[Record], keys: dict[str, SubjectKeys]) -> Item:
    stored = {name: value for name, value in item.items() if name != "table"}
    fields = codec.opened(kind, stored, keys.get(item["pk"])).model_dump(mode="json", exclude_none=True)
    return {name: value for name, value in (item | fields).items() if name != "sealed"}


def _all_of(name: str) -> list[dict[str, Any]]:
    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=name)
    return [item for page in pages for item in page["Items"]]


def _keys(item: Item) -> SubjectKeys:
    stored = {name: value for name, value in item.items() if name != "table"}
    return subject_keys.from_item(AccountId(item["pk"].removeprefix("A#")), stored)


def lines(things: Iterable[Any]) -> list[str]:
    """Return one line for each thing, equal in two runs with the same outcome."""
    texts = [json.dumps(_marked(thing), sort_keys=True) for thing in things]
    return _named([_KEY_WITH_A_RANDOM_ID.sub(r"\1<random>", text) for text in texts])


def timeless(thing: Any) -> Any:
    """Replace the times in a value by marks, to compare runs of different duration."""
    match thing:
        case dict():
            return {timeless(name): timeless(inner) for name, inner in thing.items()}
        case list() | tuple():
            return [timeless(inner) for inner in thing]
        case str():
            return _TIME.sub("<time>", thing)
        case int() if thing in _EPOCH_SECONDS:
            return "<time>"
        case _:
            return thing


def _marked(value: Any, name: str = "") -> Any:
    if name in _RANDOM and value is not None:
        return "<random>"
    match value:
        case dict():
            return {str(key): _marked(inner, str(key)) for key, inner in value.items()}
        case list() | tuple():
            return [_marked(inner) for inner in value]
        case str() | int() | float() | None:
            return value
        case _:
            return "<bytes>"


def _named(texts: list[str]) -> list[str]:
    """Replace each id by a name that depends on the lines that contain it, not on its value.

    Ids of one kind are numbered by their lines, and then by the names of the other ids in these lines.
    """
    places: dict[str, set[int]] = defaultdict(set)
    for number, text in enumerate(texts):
        for found in _ID.finditer(text):
            places[found[0]].add(number)
    names = {found_id: _kind(found_id) for found_id in places}
    for _ in range(3):
        views = {
            found_id: _view(found_id, [texts[place] for place in places[found_id]], names)
            for found_id in places
        }
        of_kind: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for one, view in views.items():
            of_kind[_kind(one)].append(view)
        ranks = {kind: sorted(set(seen)) for kind, seen in of_kind.items()}
        names = {one: f"{_kind(one)}{ranks[_kind(one)].index(view) + 1}" for one, view in views.items()}
    return sorted(_ID.sub(lambda found: names[found[0]], text) for text in texts)


def _kind(one: str) -> str:
    return one.split("_", maxsplit=1)[0] if "_" in one else "uuid"


def _view(one: str, texts: list[str], names: dict[str, str]) -> tuple[str, ...]:
    return tuple(sorted(_ID.sub(lambda m: "ITSELF" if m[0] == one else names[m[0]], text) for text in texts))
