"""Replaces work of moto that no test needs and that took longer than the code under test.

Each of these replaces a part of moto, which is pinned. tests/unit/test_moto_costs.py compares the outcomes.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest import mock

from botocore.model import StructureShape
from moto.core.serialize import BaseJSONSerializer
from moto.core.utils import method_names_from_class
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.kms.utils import generate_private_key

_plain_serialize_type_structure = BaseJSONSerializer._serialize_type_structure
_plain_transact_write_items = DynamoDBBackend.transact_write_items


@contextmanager
def left_out() -> Iterator[None]:
    """Leave out that work in this block."""
    with ExitStack() as block:
        for target, replacement in _REPLACED.items():
            block.enter_context(mock.patch(target, replacement))
        yield


def _generate_private_key(spec: str) -> Any:
    """Make a key pair for asymmetric keys only; moto makes unused ones for symmetric keys too."""
    return None if spec == "SYMMETRIC_DEFAULT" else generate_private_key(spec)


def _serialize_type_structure(
    self: Any, serialized: Any, value: Any, shape: StructureShape, key: str
) -> None:
    """Serialize only the member that an attribute has; moto tries ten under five names each."""
    if shape.name != "AttributeValue" or type(value) is not dict:
        _plain_serialize_type_structure(self, serialized, value, shape, key)
        return
    attribute = self.MAP_TYPE()
    for member, inner in value.items():
        if inner is not None:
            self._serialize(attribute, inner, shape.members[member], member)
    self._default_serialize(serialized, attribute, shape, key)


class _Transaction(threading.local):
    """The tables that this thread's transaction has copied, by identity; None outside of one."""

    copies: dict[int, Table] | None = None


_transaction = _Transaction()


def _transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    """Copy each table once for a rollback; moto copies it with its items for each operation."""
    _transaction.copies = {}
    try:
        _plain_transact_write_items(self, transact_items)
    finally:
        _transaction.copies = None


def _deepcopy(thing: Any) -> Any:
    if _transaction.copies is None or not isinstance(thing, Table):
        return copy.deepcopy(thing)
    if id(thing) not in _transaction.copies:
        _transaction.copies[id(thing)] = copy.deepcopy(thing)
    return _transaction.copies[id(thing)]


_REPLACED = {
    # Paths to moto without botocore, for each method and service; no test uses them.
    "moto.core.models.RESPONSES_METHODS": [],
    "moto.kms.models.generate_private_key": _generate_private_key,
    "moto.core.responses.method_names_from_class": cache(method_names_from_class),
    "moto.core.serialize.BaseJSONSerializer._serialize_type_structure": _serialize_type_structure,
    "moto.dynamodb.models.DynamoDBBackend.transact_write_items": _transact_write_items,
    "moto.dynamodb.models.copy": SimpleNamespace(deepcopy=_deepcopy),
}
