"""What a container knows about the credentials that it shows to Stream (ADR 23).

Stream answers 401 to credentials that it does not accept, and 403 to a call that they do not permit. A 403
can concern one user, so `GET /app` decides whether it concerns the credentials: a server may always read its
app.

Invariants:

- Refused credentials are no reason to give a call up: the call waits, and an alarm rings.
- A refusal drops the cached secret, so the next call reads the vault and a rotated secret heals by itself.
- The vault is read at most once a minute for this. Stream is asked for the app at most once a minute while it
  refuses, and at most every five seconds while it does not, whatever the number of refused calls: an app that
  is suspended right after a 403 about one user must not take every change for that user's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.core import clock, keyring, metrics
from chalicelib.core.clock import MINUTE
from chalicelib.core.metrics import Metric

# Long enough for the calls of one delivery that is sent user by user.
_ACCEPTED_FOR = timedelta(seconds=5)


@dataclass
class Credentials:
    """The verdict on the cached secret, and when a secret was last dropped."""

    _judged_at: datetime | None = None
    _accepted: bool = False
    _dropped_at: datetime | None = None

    def are_accepted(self, read_app: Callable[[], bool]) -> bool:
        """Whether Stream accepts them for reading the app; `read_app` asks it, if it was not just asked."""
        if _is_over(self._judged_at, _ACCEPTED_FOR if self._accepted else MINUTE):
            self._accepted = read_app()
            self._judged_at = clock.now()
        return self._accepted

    def record_refusal(self) -> bool:
        """Count a refusal, and drop the secret unless one was dropped in the last minute.

        Returns:
            Whether it was dropped: a client that holds it has to be made anew.
        """
        metrics.count(Metric.STREAM_CREDENTIALS_REFUSED)
        if not _is_over(self._dropped_at):
            return False
        keyring.forget_stream_secret()
        self._dropped_at, self._judged_at = clock.now(), None
        return True


def _is_over(since: datetime | None, length: timedelta = MINUTE) -> bool:
    return since is None or clock.now() >= since + length
