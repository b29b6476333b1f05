"""All DynamoDB access of known devices: an item per account, device and lookup key version."""

from datetime import datetime
from uuid import UUID

from chalicelib.core import keyring, table
from chalicelib.core.ids import AccountId
from chalicelib.core.settings import Secret
from chalicelib.core.table import ALWAYS, Change, Key, Table, partition_of
from chalicelib.devices.model import KnownDevice
from chalicelib.privacy import codec


def recognition(account_id: AccountId, phone: str, device_id: UUID, now: datetime) -> Change:
    """The write by which the account knows the device as of this instant; it never conflicts."""
    current, *_ = _keys(account_id, phone, device_id)
    known = codec.to_item(KnownDevice(account_id=account_id, seen_at=now), current)
    return Change(current, put=known, only_if=ALWAYS)


def find(account_id: AccountId, phone: str, device_id: UUID) -> KnownDevice | None:
    """The known device under any version of the lookup key, by one read."""
    found = table.batch_get(_keys(account_id, phone, device_id))
    return next((codec.opened(KnownDevice, item) for item in found.values()), None)


def _keys(account_id: AccountId, phone: str, device_id: UUID) -> list[Key]:
    """The keys of a known device under all versions of the lookup key, the current one first."""
    labels = keyring.mac_keys(Secret.LOOKUP).lookup_keys("known_device", f"{phone} {device_id}")
    return [Key(Table.ACCOUNTS, partition_of(account_id), label) for label in labels]
