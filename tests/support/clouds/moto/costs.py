"""Replaces slow parts of moto that no test needs.

Each of these replaces a part of moto, which is pinned. tests/unit/test_moto_costs.py compares the outcomes.
"""

from __future__ import annotations

import copy
import string
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pkgutil import resolve_name
from types import SimpleNamespace
from typing import Any

from moto.core.utils import camelcase_to_underscores, method_names_from_class
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.kms.utils import generate_private_key
from moto.moto_api._internal import mock_random

from tests.support.clouds.moto import calls, expressions, items

_plain_transact_write_items = DynamoDBBackend.transact_write_items


@contextmanager
def left_out() -> Iterator[None]:
    """Replace those parts of moto in this block."""
    before = [(owner, name, vars(owner)[name]) for owner, name, _ in _replacements()]
    for owner, name, replacement in _replacements():
        setattr(owner, name, replacement)
    try:
        yield
    finally:
        for owner, name, plain in before:
            setattr(owner, name, plain)


@cache
def _replacements() -> list[tuple[Any, str, Any]]:
    """What is replaced, found once: an owner, the name of its attribute, and the replacement."""
    replaced = _REPLACED | calls.REPLACED | expressions.REPLACED | items.REPLACED
    return [
        (resolve_name(target.rpartition(".")[0]), target.rpartition(".")[2], replacement)
        for target, replacement in replaced.items()
    ]


def _generate_private_key(spec: str) -> Any:
    """Make a key pair for asymmetric keys only; moto makes unused ones for symmetric keys too."""
    return None if spec == "SYMMETRIC_DEFAULT" else generate_private_key(spec)


def _gen_amzn_requestid_long(headers: dict[str, Any]) -> str:
    """Draw the characters of a response's id at once; moto draws each."""
    drawn = "".join(mock_random.choices(string.ascii_letters + string.digits, k=52))
    headers["x-amzn-requestid"] = drawn
    return drawn


class _Transaction(threading.local):
    """The operations of this thread's transaction and its copies of tables, by identity."""

    operations: list[dict[str, Any]] | None = None
    copies: dict[int, Table]


_transaction = _Transaction()


def _transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    """Copy each table once for a rollback; moto copies it with its items for each operation."""
    _transaction.operations = [operation for item in transact_items for operation in item.values()]
    _transaction.copies = {}
    try:
        _plain_transact_write_items(self, transact_items)
    finally:
        _transaction.operations = None


def _deepcopy(thing: Any) -> Any:
    if _transaction.operations is None or not isinstance(thing, Table):
        return copy.deepcopy(thing)
    if id(thing) not in _transaction.copies:
        _transaction.copies[id(thing)] = _copy_for_rollback(thing, _transaction.operations)
    return _transaction.copies[id(thing)]


def _copy_for_rollback(table: Table, operations: list[dict[str, Any]]) -> Table:
    """Copy a table; share what a transaction does not change: items with other keys, and the history."""
    copied = copy.copy(table)
    copied.items = copy.copy(table.items)
    for operation in operations:
        key = operation.get("Key") or operation["Item"]
        if table.hash_key_attr in key:
            _copy_item(table, copied, key)
    if table.stream_shard:
        copied.stream_shard = shard = copy.copy(table.stream_shard)
        shard.table, shard.items = copied, shard.items.copy()
    return copied


def _copy_item(table: Table, copied: Table, key: dict[str, Any]) -> None:
    partition, under = DynamoType(key[table.hash_key_attr]), table.range_key_attr
    if partition not in table.items:
        return
    if not under:
        copied.items[partition] = copy.deepcopy(table.items[partition])
        return
    if copied.items[partition] is table.items[partition]:
        copied.items[partition] = copy.copy(table.items[partition])
    items, sort = copied.items[partition], DynamoType(key[under]) if under in key else None
    if sort in items:
        items[sort] = copy.deepcopy(items[sort])


_REPLACED = {
    "moto.core.responses.gen_amzn_requestid_long": _gen_amzn_requestid_long,
    # Paths to moto without botocore, for each method and service; no test uses them.
    "moto.core.models.RESPONSES_METHODS": [],
    "moto.kms.models.generate_private_key": _generate_private_key,
    "moto.core.responses.camelcase_to_underscores": cache(camelcase_to_underscores),
    "moto.core.responses.method_names_from_class": cache(method_names_from_class),
    # For each message of a queue at each call; time-machine sets this clock too.
    "moto.sqs.models.unix_time_millis": lambda: time.time() * 1000,
    "moto.dynamodb.models.DynamoDBBackend.transact_write_items": _transact_write_items,
    "moto.dynamodb.models.copy": SimpleNamespace(deepcopy=_deepcopy),
}
