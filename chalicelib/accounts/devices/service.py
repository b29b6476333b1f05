"""The devices that an account knows (ADR 25).

A device is known from its first session until 90 days after the last day on which the session was refreshed.
It is found by number and device id together, so a client that knows only the number finds nothing: device ids
are random.
"""

from datetime import datetime
from uuid import UUID

from chalicelib.accounts.devices import store
from chalicelib.accounts.devices.model import Device, KnownDevice
from chalicelib.core import clock
from chalicelib.core.ids import AccountId
from chalicelib.core.transactions import Write


def recognition(account_id: AccountId, phone: str, device: Device) -> Write:
    """The write by which the account knows the device, for the transaction of its session."""
    return store.recognition(account_id, phone, device.id, clock.now())


def find_known(owner: AccountId | None, phone: str, device: Device) -> KnownDevice | None:
    """The device, if the number's owner knows it.

    For a number without an owner, the same read is made under a random account id. So neither the result nor
    its cost reveals whether a number is registered.
    """
    return store.find(owner or AccountId.new(), phone, device.id)


def is_known(owner: AccountId, phone: str, device_id: UUID) -> bool:
    """Return whether an account with this number knows a device."""
    return store.find(owner, phone, device_id) is not None


def last_seen(account_id: AccountId) -> datetime | None:
    """When a device of the account was last seen, by the day; None if it knows no device any more.

    An account without a session for the period of a known device gets None.
    """
    return max((device.seen_at for device in store.of_account(account_id)), default=None)
