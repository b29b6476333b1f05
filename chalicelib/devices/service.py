"""Which devices an account knows (ADR 25).

A device is known from its session on, until 90 days after the last day on which that was refreshed. It is
found by the number and the device's id alone, so who knows the number and not the random id finds nothing.
"""

from chalicelib.core import clock
from chalicelib.core.ids import AccountId
from chalicelib.core.table import Change
from chalicelib.devices import store
from chalicelib.devices.model import Device, KnownDevice


def recognition(account_id: AccountId, phone: str, device: Device) -> Change:
    """The write after which the account knows the device; goes with what opens or refreshes its session."""
    return store.recognition(account_id, phone, device.id, clock.now())


def find_known(owner: AccountId | None, phone: str, device: Device) -> KnownDevice | None:
    """The device, if the number's owner knows it.

    A number that nobody owns costs the same read, at an account that is not there: neither the answer nor
    its cost shows whether a number is registered.
    """
    return store.find(owner or AccountId.new(), phone, device.id)
