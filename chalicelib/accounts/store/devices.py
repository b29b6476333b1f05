"""All DynamoDB access of known devices: an item per account, device and lookup key version (ADR 25).

A device is known from its first session until 90 days after the last day on which the session was refreshed.
It is found by account and device id together, so a client that knows only the number finds nothing: device
ids are random. It stays known if the number of the account changes.
"""

from datetime import datetime
from uuid import UUID

from chalicelib.accounts.model import Device, KnownDevice
from chalicelib.core import clock, keyring, table
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.needs import Several
from chalicelib.core.settings import Secret
from chalicelib.core.table import ALWAYS, Change, Item, Key, Prefix, Query, Table, partition_of
from chalicelib.privacy import codec

_KIND = "known_device"


def recognition(account_id: AccountId, device: Device, session_id: SessionId) -> Change:
    """The write by which the account knows the device, for the transaction of its session.

    It never conflicts.
    """
    current, *_ = _keys(account_id, device.device_id)
    known = KnownDevice(account_id=account_id, session_id=session_id, seen_at=clock.now())
    return Change(current, put=codec.to_item(known, current), only_if=ALWAYS)


def find_known(owner: AccountId | None, device: Device) -> KnownDevice | None:
    """The device, if the number's owner knows it; one read under any version of the lookup key.

    For a number without an owner, the same read is made under a random account id. So neither the result nor
    its cost reveals whether a number is registered.
    """
    return find(owner or AccountId.new(), device.device_id)


def known(device: Device) -> Several[KnownDevice | None]:
    """The need of the record by which an account knows a device, under any version of the lookup key."""

    def opened(items: tuple[Item | None, ...]) -> KnownDevice | None:
        return next((codec.opened(KnownDevice, item) for item in items if item), None)

    return Several(lambda account_id: tuple(_keys(account_id, device.device_id)), opened)


def labels(device_id: UUID | str) -> list[str]:
    """The keyed hashes of a device's id under all versions of the lookup key, the current one first.

    In a dispute about a number, a request of an account's owner has the place of a device.
    """
    return list(keyring.mac_keys(Secret.LOOKUP).lookup_keys(_KIND, str(device_id)))


def find(account_id: AccountId, device_id: UUID) -> KnownDevice | None:
    """The device with an id, if an account knows it; one read under any version of the lookup key."""
    found = table.batch_get(_keys(account_id, device_id))
    return next((codec.opened(KnownDevice, item) for item in found.values()), None)


def last_seen(account_id: AccountId) -> datetime | None:
    """When a device of the account was last seen, by the day; None if it knows no device any more.

    An account without a session for the period of a known device gets None. The limits on codes bound the
    number of devices that are read: a device becomes known by a code.
    """
    found = table.query(Query(Table.ACCOUNTS, partition_of(account_id), Prefix(f"{_KIND}#")))
    return max((codec.opened(KnownDevice, item).seen_at for item in found), default=None)


def _keys(account_id: AccountId, device_id: UUID) -> list[Key]:
    """The keys of a known device under all versions of the lookup key, the current one first."""
    return [Key(Table.ACCOUNTS, partition_of(account_id), label) for label in labels(device_id)]
