"""The state of Stream's credentials, as one container knows it (ADR 23).

Stream answers 401 to credentials that it does not accept, and 403 to a call that they do not permit. A 403
can concern a single user. `GET /app` shows whether it concerns the credentials, because a server may always
read its app.

Invariants:

- A call whose credentials were refused does not fail permanently: it waits, and an alarm fires.
- A refusal drops the cached secret, so the next call reads the vault and picks up a rotated secret.
- A 403 counts as concerning one user only if Stream accepted the credentials after it. An earlier answer does
  not exclude that the app was suspended in between.
- After refusals, the vault is read at most once a minute. `GET /app` is called at most once a minute for a
  secret that Stream refuses, and otherwise once for each 403, at most a hundred times a minute. Further calls
  with a 403 wait, as in an outage.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import clock, keyring, metrics
from chalicelib.core.clock import MINUTE
from chalicelib.core.metrics import Metric

# A batch of 33 accounts has at most 68 refused calls, so a batch completes in each minute. Stream answers
# 10,000 such calls a minute.
_MAX_CHECKS = 100


@dataclass
class Credentials:
    """The times of the last refusal, of recent checks, and of the last dropped secret."""

    _refused_at: datetime | None = None
    _dropped_at: datetime | None = None
    _asked_since: datetime | None = None
    _asked: int = 0

    def are_accepted(self, read_app: Callable[[], bool]) -> bool | None:
        """Check with `read_app` whether Stream accepts them; return None above the limit of checks."""
        if not _is_over(self._refused_at):
            return False
        if _is_over(self._asked_since):
            self._asked_since, self._asked = clock.now(), 0
        if self._asked >= _MAX_CHECKS:
            return None
        self._asked += 1
        accepted = read_app()
        self._refused_at = None if accepted else clock.now()
        return accepted

    def record_refusal(self) -> bool:
        """Count a refusal, and drop the secret unless one was dropped in the last minute.

        Returns:
            Whether the secret was dropped; the caller then has to replace a client that holds it.
        """
        metrics.count(Metric.STREAM_CREDENTIALS_REFUSED)
        if not _is_over(self._dropped_at):
            return False
        keyring.forget_stream_secret()
        self._dropped_at, self._refused_at = clock.now(), None
        return True


def _is_over(since: datetime | None) -> bool:
    """Return whether a minute has passed since then."""
    return since is None or clock.now() >= since + MINUTE
