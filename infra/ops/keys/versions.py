"""Rotation of a key whose versions are part of every function's configuration.

rotate   every function gets the new version first; then it becomes the version in use
retire   the other versions are deleted, once no data uses them

At any time, every container knows each version that another container may use. A change of the configuration
starts new containers; after each change, the rotation waits until the old containers have finished. `retire`
also waits before it checks whether an old version is in use: `rotate` may have been interrupted in its last
wait, and data that an old container writes after the check would be lost with the key. A wait ends a quarter
of an hour after the last change of a function, so there is none if that is long ago.

Both are safe to stop and run again: the secret and the configuration show the progress.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from infra.deployment.account import AwsAccount
from infra.deployment.vault import Document, stored, write
from infra.ops.operator_console import count_down
from infra.ops.refused import CommandRefused

# Seconds, after which Lambda ends every run. All functions count: jobs open records, and the worker of rights
# requests reads claims. Without the new version it would miss moved claims in a copy.
LONGEST_RUN = 15 * 60
# Seconds, after which AWS starts no run with the configuration from before a change.
_UNTIL_APPLIED = 2 * 60
_INTERRUPTED = "`rotate` was interrupted; run it again"


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
            raise Unfinished(_INTERRUPTED)
        return str(secret["current"])

    def retire(self, refuse_if_used: Callable[[str], None]) -> list[str]:
        """Delete every version but the current one; return the deleted versions.

        Args:
            refuse_if_used: raises if any data uses another version than this one.

        Raises:
            Unfinished: a function may still use an older version, or a newer one is not current yet.
        """
        current = self.current()
        secret = self._secret()
        if secret == _only_current(secret) and self.configured() == self.spelled(secret):
            return []  # nothing was rotated, so nothing has to be waited for
        older = self._older(current)
        self.settle()
        refuse_if_used(current)
        secret = self._secret()
        self._configure(_only_current(secret))  # functions stop using the others before they are deleted
        self._write(_only_current(secret))
        return older

    def retirable(self, refuse_if_used: Callable[[str], None]) -> list[str]:
        """Return the versions that `retire` would delete now; nothing is changed or waited for.

        Raises:
            Unfinished: as for `retire`.
        """
        older = self.older()
        if older:
            refuse_if_used(self.current())
        return older

    def older(self) -> list[str]:
        """Return the versions before the current one, whether data uses them or not.

        Raises:
            Unfinished: as for `current`.
        """
        return self._older(self.current())

    def _older(self, current: str) -> list[str]:
        others = sorted(self._secret()["versions"].keys() - {current}, key=int)
        if others and int(others[-1]) > int(current):
            raise Unfinished(_INTERRUPTED)
        return others

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


def waiting(account: AwsAccount, stage: str) -> Callable[[], None]:
    """Return a `settle` that waits until each run of a function with an older configuration has ended."""

    def settle() -> None:
        left = seconds_left(account, stage)
        count_down(
            left,
            "Functions may run with an older configuration. Interrupt at will; a later run continues.",
        )

    return settle


def seconds_left(account: AwsAccount, stage: str) -> int:
    """Return for how long a run with an older configuration may last, from the last change of a function.

    Both instants are AWS's, so the clock of this computer does not matter. If AWS does not state one of them,
    it is the longest run.
    """
    changed, now = list[datetime](), None
    try:
        for page in account.client("lambda").get_paginator("list_functions").paginate():
            now = parsedate_to_datetime(page["ResponseMetadata"]["HTTPHeaders"]["date"])
            own = (one for one in page["Functions"] if one["FunctionName"].startswith(f"ru4m-{stage}-"))
            changed += [datetime.fromisoformat(one["LastModified"]) for one in own]
        since = (now - max(changed)).total_seconds() if now else 0
    except (KeyError, ValueError, TypeError):  # an emulator states less
        return LONGEST_RUN
    return min(LONGEST_RUN, LONGEST_RUN + _UNTIL_APPLIED - int(since))
