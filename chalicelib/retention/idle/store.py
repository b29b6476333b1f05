"""All DynamoDB access of the job that closes accounts, except the records of use (accounts/last_use).

idle, state           in Rights: the state of the job
warning#<mail>        in Challenges: the account that a mail warns
"""

from datetime import datetime

from chalicelib.core import clock, table
from chalicelib.core.ids import MailId
from chalicelib.core.table import Create, Key, Table
from chalicelib.privacy import codec, leases
from chalicelib.retention.model import IdleState, WarningDelivery

_STATE = Key(Table.RIGHTS, "idle", "state")


def keeping_delivery(delivery: WarningDelivery) -> Create:
    """The write that records which account a mail warns; for a transaction."""
    place = _delivery_key(delivery.mail_id)
    return Create(place, codec.to_item(delivery, place))


def delivery(mail_id: MailId) -> WarningDelivery | None:
    """The warning that a mail is; None if it is another mail."""
    item = table.get(_delivery_key(mail_id))
    return codec.opened(WarningDelivery, item) if item else None


def read_state() -> IdleState:
    """The state of the job; a new one if there is none."""
    return leases.read(_STATE, _fresh())


def lease(until: datetime) -> IdleState:
    """Lease the job.

    Raises:
        LeaseTaken: another run has it.
    """
    return leases.acquire(_STATE, _fresh(), until)


def save(leased: IdleState, **changes: object) -> IdleState:
    """Change the state of the job, and keep the lease.

    Raises:
        LeaseTaken: the lease expired, and another run has it.
    """
    return leases.save(_STATE, leased, **changes)


def release(leased: IdleState, **changes: object) -> None:
    """Release the job together with a change of its state.

    Raises:
        LeaseTaken: as for `save`.
    """
    leases.release(_STATE, leased, **changes)


def _fresh() -> IdleState:
    return IdleState(touched_at=clock.now())


def _delivery_key(mail_id: MailId) -> Key:
    return Key(Table.CHALLENGES, f"warning#{mail_id}")
