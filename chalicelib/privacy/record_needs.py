"""Needs whose value is a record: one item of an account, or None if there is no such item."""

from collections.abc import Callable

from chalicelib.core.needs import Claims, Found, Need
from chalicelib.core.table import Item, Key
from chalicelib.privacy import codec
from chalicelib.privacy.codec import AnyRecord
from chalicelib.privacy.personal import KeyClass
from chalicelib.privacy.subject_keys import DATA_KEY


def glanced(kind: type[AnyRecord], key: Callable[[Claims], Key]) -> Need[AnyRecord | None]:
    """The clear fields of a record, which need no key."""

    def read(item: Item | None, _: Found) -> AnyRecord | None:
        return codec.glance(kind, item) if item else None

    return Need(key, read)


def opened(kind: type[AnyRecord], key: Callable[[Claims], Key]) -> Need[AnyRecord | None]:
    """All fields of a record. One that is sealed for its subject needs DATA_KEY too."""
    is_sealed_for_subject = kind.declaration.key_class is KeyClass.SUBJECT

    def read(item: Item | None, found: Found) -> AnyRecord | None:
        if item is None:
            return None
        return codec.opened(kind, item, found[DATA_KEY] if is_sealed_for_subject else None)

    return Need(key, read)
