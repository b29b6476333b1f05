"""The response and the problem of letting in a session that waits."""

from chalicelib.accounts.sessions.model import SessionView
from chalicelib.core.errors import ConflictingRequest
from chalicelib.core.http import View
from chalicelib.core.ids import UserId


class NotWaiting(ConflictingRequest):
    """The session does not wait: it was let in before, or never had to wait."""

    title = "This session does not wait"


class LetIn(View):
    """The user, and the session with the scope that it has now."""

    user_id: UserId
    session: SessionView
