"""What a container knows about the credentials that it shows to Stream (ADR 23).

Stream answers 401 to credentials that it does not accept, and 403 to a call that they do not permit. A 403
can concern one user, so `GET /app` decides whether it concerns the credentials: a server may always read its
app.

Invariants:

- Refused credentials are no reason to give a call up: the call waits, and an alarm rings.
- A refusal drops the cached secret, so the next call reads the vault and a rotated secret heals by itself.
- A 403 counts as being about one user only if Stream accepted the credentials after it. An answer from before
  the call does not show that the app was not suspended in between.
- The vault is read at most once a minute for this. Stream is asked for the app at most once a minute for each
  secret that it refuses, and otherwise once for each 403, at most a hundred times a minute. A 403 beyond that
  waits, as in an outage.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock, keyring, metrics
from chalicelib.core.clock import MINUTE
from chalicelib.core.metrics import Metric

# A batch of 33 accounts has at most 68 refused calls, so each minute brings one to its end. Stream answers
# 10,000 such calls a minute.
_MOST_ASKED = 100


@dataclass
class Credentials:
    """When Stream last refused the cached secret, when it was asked, and when a secret was last dropped."""

    _refused_at: datetime | None = None
    _dropped_at: datetime | None = None
    _asked_since: datetime | None = None
    _asked: int = 0

    def are_accepted(self, read_app: Callable[[], bool]) -> bool | None:
        """Whether Stream accepts them now; `read_app` asks it. None if it was asked too often for that."""
        if not _is_over(self._refused_at):
            return False
        if _is_over(self._asked_since):
            self._asked_since, self._asked = clock.now(), 0
        if self._asked >= _MOST_ASKED:
            return None
        self._asked += 1
        accepted = read_app()
        self._refused_at = None if accepted else clock.now()
        return accepted

    def record_refusal(self) -> bool:
        """Count a refusal, and drop the secret unless one was dropped in the last minute.

        Returns:
            Whether it was dropped: a client that holds it has to be made anew.
        """
        metrics.count(Metric.STREAM_CREDENTIALS_REFUSED)
        if not _is_over(self._dropped_at):
            return False
        keyring.forget_stream_secret()
        self._dropped_at, self._refused_at = clock.now(), None
        return True


def _is_over(since: datetime | None) -> bool:
    """Whether a minute has passed since then."""
    return since is None or clock.now() >= since + MINUTE
