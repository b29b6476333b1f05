"""A key whose versions every function is told in its configuration: a new one, then none but that one.

rotate   the new version is known to every function first, then it is the one that is used
retire   the others are forgotten, once nothing stands under them

At every moment every container knows each version that another may use. A change of the configuration
starts new containers; after each, what the old ones have in hand is waited for. Before it is looked whether
anything stands under an old version, it is waited for too: `rotate` may have been stopped in its last wait,
and what an old container writes a moment after the look would be lost with the key.

Each is safe to stop and to run again: how far it came is seen from the secret and the configuration.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Report
from infra.deployment.vault import Document, read, write


class Unfinished(RuntimeError):
    """A rotation stopped half-way: not every function knows what the others may do."""


@dataclass(frozen=True)
class Versions:
    """The versions of a key: in the vault, and as the functions are told them."""

    account: AwsAccount
    arn: str
    spelled: Callable[[Document], str]  # a secret as functions are told of it
    new: Callable[[], str]
    configured: Callable[[], str]
    configure: Callable[[str], object]
    settle: Callable[[], None]  # waits for what containers of the old configuration do

    def rotate(self) -> str:
        """Make a new version current; takes up a rotation that stopped. Returns the version."""
        secret = self._secret()
        newest: str = max(secret["versions"], key=int)
        if newest == secret["current"] and self.configured() == self.spelled(secret):
            newest = str(int(newest) + 1)
            secret["versions"][newest] = self.new()
            self._write(secret)
        self._configure(secret)  # every function can read it before any uses it
        if secret["current"] != newest:
            secret["current"] = newest
            self._write(secret)
            self._configure(secret)
        return newest

    def current(self) -> str:
        """The current version, once every function knows that it is.

        A retirement that stopped before the vault was written is as good: nobody uses the others.

        Raises:
            Unfinished: a function may not know it yet, or not use it yet.
        """
        secret = self._secret()
        if self.configured() not in {self.spelled(secret), self.spelled(_only_current(secret))}:
            raise Unfinished("`rotate` stopped half-way; run it again")
        return str(secret["current"])

    def retire(self, refuse_if_used: Callable[[str], None]) -> list[str]:
        """Forget every version but the current one; returns those.

        Args:
            refuse_if_used: raises if anything stands under another version than this one.

        Raises:
            Unfinished: a function may still use an older version.
        """
        current = self.current()
        self.settle()
        refuse_if_used(current)
        secret = self._secret()
        self._configure(_only_current(secret))  # nobody asks for the others before they are gone
        self._write(_only_current(secret))
        return sorted(secret["versions"].keys() - {current}, key=int)

    def _configure(self, secret: Document) -> None:
        wanted = self.spelled(secret)
        if self.configured() != wanted:
            self.configure(wanted)
        self.settle()

    def _secret(self) -> Document:
        secret = read(self.account.client("secretsmanager"), self.arn)
        if secret is None:
            raise LookupError("there is no such key yet: deploy first")
        return secret

    def _write(self, secret: Document) -> None:
        write(self.account.client("secretsmanager"), self.arn, secret)


def _only_current(secret: Document) -> Document:
    current = secret["current"]
    return secret | {"versions": {current: secret["versions"][current]}}


def waiting(seconds: int, report: Report) -> Callable[[], None]:
    """A `settle` that waits as long as a function may run that is told of the key."""

    def settle() -> None:
        report(f"waiting {seconds} s for what runs under the old configuration")
        time.sleep(seconds)

    return settle
