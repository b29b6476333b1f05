"""The state of the job that reports the inbox."""

from chalicelib.core import clock
from chalicelib.core.table import Key
from chalicelib.core.table_names import Table
from chalicelib.operations.inbox.model import InboxState
from chalicelib.privacy.leases import LeasedState

STATE = LeasedState(Key(Table.RIGHTS, "inbox", "state"), lambda: InboxState(touched_at=clock.now()))
