"""Rotation of a key whose versions are part of every function's configuration.

rotate   every function gets the new version first; then it becomes the version in use
retire   the other versions are deleted, once no data uses them

At any time, every container knows each version that another container may use. A change of the configuration
starts new containers; after each change, the rotation waits until the old containers have finished. `retire`
also waits before it checks whether an old version is in use: `rotate` may have been interrupted in its last
wait, and data that an old container writes after the check would be lost with the key.

Both are safe to stop and run again: the secret and the configuration show the progress.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Report
from infra.deployment.vault import Document, stored, write
from infra.ops.refused import CommandRefused

# Seconds, after which Lambda ends every run. All functions count: jobs open records, and the worker of rights
# requests reads claims. Without the new version it would miss moved claims in a copy.
LONGEST_RUN = 15 * 60
_REPORTED = 30  # seconds between reports of a wait


class Unfinished(CommandRefused):
    """A rotation is incomplete: a function may not know a version that others use."""


@dataclass(frozen=True)
class Versions:
    """The versions of a key: in the vault, and in the configuration of the functions."""

    account: AwsAccount
    arn: str
    spelled: Callable[[Document], str]  # the secret as it is written in the configuration
    new: Callable[[], str]
    configured: Callable[[], str]
    configure: Callable[[str], object]
    settle: Callable[[], None]  # waits until containers of the old configuration have finished

    def rotate(self) -> str:
        """Make a new version current, or continue an interrupted rotation; return the version."""
        secret = self._secret()
        newest: str = max(secret["versions"], key=int)
        if newest == secret["current"] and self.configured() == self.spelled(secret):
            newest = str(int(newest) + 1)
            secret["versions"][newest] = self.new()
            self._write(secret)
        self._configure(secret)  # every function gets the version before any uses it
        if secret["current"] != newest:
            secret["current"] = newest
            self._write(secret)
            self._configure(secret)
        return newest

    def current(self) -> str:
        """Return the current version, if every function knows that it is current.

        This includes a retirement that was interrupted before the vault was written: no function uses the
        other versions any more.

        Raises:
            Unfinished: a function may not know the version yet, or not use it yet.
        """
        secret = self._secret()
        if self.configured() not in {self.spelled(secret), self.spelled(_only_current(secret))}:
            raise Unfinished("`rotate` was interrupted; run it again")
        return str(secret["current"])

    def retire(self, refuse_if_used: Callable[[str], None]) -> list[str]:
        """Delete every version but the current one; return the deleted versions.

        Args:
            refuse_if_used: raises if any data uses another version than this one.

        Raises:
            Unfinished: a function may still use an older version.
        """
        current = self.current()
        secret = self._secret()
        if secret == _only_current(secret) and self.configured() == self.spelled(secret):
            return []  # nothing was rotated, so nothing has to be waited for
        self.settle()
        refuse_if_used(current)
        secret = self._secret()
        self._configure(_only_current(secret))  # functions stop using the others before they are deleted
        self._write(_only_current(secret))
        return sorted(secret["versions"].keys() - {current}, key=int)

    def _configure(self, secret: Document) -> None:
        wanted = self.spelled(secret)
        if self.configured() != wanted:
            self.configure(wanted)
        self.settle()

    def _secret(self) -> Document:
        return stored(self.account.client("secretsmanager"), self.arn)

    def _write(self, secret: Document) -> None:
        write(self.account.client("secretsmanager"), self.arn, secret)


def _only_current(secret: Document) -> Document:
    current = secret["current"]
    return secret | {"versions": {current: secret["versions"][current]}}


def waiting(report: Report) -> Callable[[], None]:
    """Return a `settle` that waits for the longest run of a function, and reports what is left."""

    def settle() -> None:
        report("Functions may run with the old configuration. Interrupt at will; a later run continues.")
        for left in range(LONGEST_RUN, 0, -_REPORTED):
            report(f"{left // 60} min {left % 60:02} s left to wait")
            time.sleep(min(left, _REPORTED))

    return settle
