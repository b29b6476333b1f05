"""Ends all sessions of the restored accounts."""

from functools import partial

from chalicelib.accounts.sessions import logout
from chalicelib.core.transactions import Perform
from chalicelib.operations.restore.scanning import Workers


def end_sessions(workers: Workers, perform: Perform) -> int:
    """End the sessions of all accounts, and revoke their chat tokens; returns how many sessions.

    A restored table contains sessions that ended after the backup, and the nonces of refresh tokens that were
    used since. All users sign in again.
    """
    return sum(workers.on_segments(partial(logout.end_stored, perform=perform)))
