"""All DynamoDB access of known devices: an item per account, device and lookup key version."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from chalicelib.accounts.devices.model import KnownDevice
from chalicelib.core import keyring, table
from chalicelib.core.ids import AccountId
from chalicelib.core.settings import Secret
from chalicelib.core.table import ALWAYS, Change, Key, Prefix, Query, Table, partition_of
from chalicelib.privacy import codec

_KIND = "known_device"


def recognition(account_id: AccountId, phone: str, device_id: UUID, now: datetime) -> Change:
    """The write by which the account knows the device as of this instant; it never conflicts."""
    current, *_ = _keys(account_id, phone, device_id)
    known = codec.to_item(KnownDevice(account_id=account_id, seen_at=now), current)
    return Change(current, put=known, only_if=ALWAYS)


def find(account_id: AccountId, phone: str, device_id: UUID) -> KnownDevice | None:
    """The known device under any version of the lookup key, by one read."""
    found = table.batch_get(_keys(account_id, phone, device_id))
    return next((codec.opened(KnownDevice, item) for item in found.values()), None)


def of_account(account_id: AccountId) -> Iterator[KnownDevice]:
    """Yield the known devices of an account, under every version of the lookup key that they ever had.

    The limits on codes bound their number: a device becomes known by a code.
    """
    found = table.query(Query(Table.ACCOUNTS, partition_of(account_id), Prefix(f"{_KIND}#")))
    return (codec.opened(KnownDevice, item) for item in found)


def _keys(account_id: AccountId, phone: str, device_id: UUID) -> list[Key]:
    """The keys of a known device under all versions of the lookup key, the current one first."""
    labels = keyring.mac_keys(Secret.LOOKUP).lookup_keys(_KIND, f"{phone} {device_id}")
    return [Key(Table.ACCOUNTS, partition_of(account_id), label) for label in labels]
