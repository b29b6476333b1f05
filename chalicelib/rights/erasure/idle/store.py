"""All DynamoDB access of the job that closes accounts, except the records of use (accounts/last_use).

idle, state           in Rights: the state of the job
"""

from chalicelib.core import clock
from chalicelib.core.table import Key, Table
from chalicelib.privacy.leases import LeasedState
from chalicelib.retention.model import IdleState

STATE = LeasedState(Key(Table.RIGHTS, "idle", "state"), lambda: IdleState(touched_at=clock.now()))
