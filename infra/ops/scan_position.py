"""The position of a scan that stopped, as a text that the next command continues after."""

from __future__ import annotations

import base64
import binascii
import json

from chalicelib.core.table import Key, Table
from infra.ops.refused import WrongCall


class BadPosition(WrongCall):
    """The text is not the position of a scan."""


def text_of(key: Key) -> str:
    """The position after an item."""
    return base64.urlsafe_b64encode(json.dumps([key.pk, key.sk]).encode()).decode()


def read(text: str, in_table: Table) -> Key:
    """The item after which a scan continues.

    Raises:
        BadPosition: no command printed this text.
    """
    try:
        pk, sk = json.loads(base64.urlsafe_b64decode(text))
    except (binascii.Error, UnicodeDecodeError, ValueError, TypeError):
        raise BadPosition("--after must be a position printed by an earlier run") from None
    return Key(in_table, pk, sk)
