"""All DynamoDB access of the job that closes accounts, except the records of use (accounts/last_use).

idle, state           in Rights: the state of the job
warning#<mail>        in Challenges: the account that a mail warns
"""

from chalicelib.core import clock, table
from chalicelib.core.ids import MailId
from chalicelib.core.table import Create, Key, Table
from chalicelib.privacy import codec
from chalicelib.privacy.leases import LeasedState
from chalicelib.retention.model import IdleState, WarningDelivery

STATE = LeasedState(Key(Table.RIGHTS, "idle", "state"), lambda: IdleState(touched_at=clock.now()))


def keeping_delivery(delivery: WarningDelivery) -> Create:
    """The write that records which account a mail warns; for a transaction."""
    place = _delivery_key(delivery.mail_id)
    return Create(place, codec.to_item(delivery, place))


def delivery(mail_id: MailId) -> WarningDelivery | None:
    """The warning that a mail is; None if it is another mail."""
    item = table.get(_delivery_key(mail_id))
    return codec.opened(WarningDelivery, item) if item else None


def _delivery_key(mail_id: MailId) -> Key:
    return Key(Table.CHALLENGES, f"warning#{mail_id}")
