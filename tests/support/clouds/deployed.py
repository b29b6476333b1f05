"""Readers of the deployed local cloud, and a pause of its worker."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from chalicelib.core.table_names import Table
from infra.local.cloud import LocalCloud


def history(cloud: LocalCloud, request_id: str) -> list[str]:
    """Return the events in a rights request's history in the Ledger, oldest first."""
    entries: list[dict[str, Any]] = cloud.items(Table.LEDGER)
    own = [entry for entry in entries if entry["pk"]["S"] == f"rights#{request_id}" and "event" in entry]
    return [entry["event"]["S"] for entry in sorted(own, key=lambda entry: str(entry["sk"]["S"]))]


@contextmanager
def pause_worker(cloud: LocalCloud) -> Iterator[None]:
    """Keep messages in the queue, as during a deployment of the worker or an outage of Lambda."""
    functions = cloud.account.client("lambda")
    (source,) = functions.list_event_source_mappings(FunctionName="ru4m-local-work_rights")[
        "EventSourceMappings"
    ]
    functions.update_event_source_mapping(UUID=source["UUID"], Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=source["UUID"], Enabled=True)


class StoredItems:
    """Every table of the emulator, read as root."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.dynamodb = cloud.account.client("dynamodb")

    def tables(self) -> list[str]:
        pages = self.dynamodb.get_paginator("list_tables").paginate()
        return [name for page in pages for name in page["TableNames"]]

    def keys_with(self, value: str) -> list[str]:
        """Return table and key of each item that shows a value, plain or in one of its encodings."""
        return [
            f"{table} {item['pk']['S']} {item.get('sk', {}).get('S', '')}".strip()
            for table in self.tables()
            for page in self.dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
            for item in page["Items"]
            if any(spelling in raw for raw in raw_values(item) for spelling in spellings(value))
        ]


def spellings(value: str) -> set[bytes]:
    """Return a text in UTF-8, escaped as in JSON, in lower case, and in hexadecimal."""
    escaped = json.dumps(value)[1:-1]
    return {spelling.encode() for spelling in (value, value.lower(), escaped, value.encode().hex())}


def raw_values(attribute: Any) -> Iterator[bytes]:
    """Yield all values of an item, including names and numbers; base64 text also decoded."""
    if isinstance(attribute, Mapping):
        for name, value in attribute.items():
            yield str(name).encode()
            yield from raw_values(value)
    elif isinstance(attribute, (bytes, bytearray)):
        yield from (bytes(attribute), bytes(attribute).lower())
        yield from decoded(bytes(attribute))
    elif isinstance(attribute, (list, tuple, set)):
        for value in attribute:
            yield from raw_values(value)
    else:
        text = str(attribute).encode()
        yield from (text, text.lower())
        yield from decoded(text)


def decoded(text: bytes) -> Iterator[bytes]:
    for alphabet in (base64.b64decode, base64.urlsafe_b64decode):
        try:
            yield alphabet(text + b"=" * (-len(text) % 4))
        except ValueError:
            continue
