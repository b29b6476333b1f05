"""Which sessions are live, for rooms that issue no tokens: this module loads no library of theirs."""

from collections.abc import Iterable

from chalicelib.accounts.service import ACCOUNT
from chalicelib.accounts.sessions.store import OPEN_SESSION, SESSION, NoSuchSession, live
from chalicelib.core import needs
from chalicelib.core.batches import batched
from chalicelib.core.ids import SessionId
from chalicelib.core.needs import Claims

__all__ = ["OPEN_SESSION", "SESSION", "NoSuchSession", "live", "live_among"]

_NEEDS = (SESSION, ACCOUNT)


def live_among(wanted: Iterable[Claims]) -> set[SessionId]:
    """The ids of those of some sessions that have not ended, by a consistent read per 50 of them."""
    rows = (row for some in batched(wanted, 50) for row in needs.read_each((one, _NEEDS) for one in some))
    return {
        session.session_id
        for session, account in ((row[SESSION], row[ACCOUNT]) for row in rows)
        if session and account and not session.has_ended_with(account)
    }
