"""The lookup key, under whose HMAC numbers and user ids are claimed: a new version, claims moved to it.

1. rotate   the new version is known to every function first, then claims are made under it
2. rekey    every claim under an older version is moved: made and deleted in one transaction
3. retire   the older versions are forgotten, once no claim stands under them

At every moment every container looks for a claim under each version under which another may make one, so
a number never gets a second account (ACC-1). Configuration names the versions, hence a change of it starts
new containers; after it, whatever the old ones had in hand is waited for.

Each is safe to stop and to run again: what has been done is seen from the secret, the configuration and the
claims. Counters of limits stand under the lookup key too and start anew with it; they end by themselves.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from infra.deployment.account import Account
from infra.deployment.stacks import Report, Stacks, stack_name
from infra.deployment.vault import Document, new_mac_key, read, versions_of, write
from infra.ops.standing_in import as_signup

Rekey = Callable[[Sequence[str]], int]

# Seconds. No function runs longer than 29.
LONGEST_INVOCATION = 30
# Accounts that are opened together: with profile and data key each takes three of the hundred keys of a read.
_TOGETHER = 33


class Unfinished(RuntimeError):
    """A rotation stopped half-way: not every function knows what the others may do."""


class ClaimsLeft(RuntimeError):
    """Claims stand under an older version yet; the text says how many."""


@dataclass(frozen=True)
class LookupKeys:
    """The versions of the lookup key in the vault, in the functions' configuration, and in the claims."""

    account: Account
    arn: str
    claims_table: str
    configured: Callable[[], str]
    configure: Callable[[str], object]
    settle: Callable[[], None]

    @classmethod
    def of(
        cls,
        account: Account,
        stage: str,
        report: Report,
        settle: Callable[[], None] = lambda: time.sleep(LONGEST_INVOCATION),
    ) -> Self:
        """Those of a deployed stage; `settle` waits for what containers of the old configuration do."""
        stacks, service = Stacks(account, report), stack_name(stage, "service")
        return cls(
            account,
            stacks.outputs(stack_name(stage, "vault"))["LookupSecretArn"],
            stacks.outputs(stack_name(stage, "data"))["ClaimsTableName"],
            lambda: stacks.parameter(service, "LookupVersions"),
            lambda versions: stacks.reconfigure(service, {"LookupVersions": versions}),
            settle,
        )

    def rotate(self) -> str:
        """Make a new version current; takes up a rotation that stopped. Returns the version."""
        secret = self._secret()
        newest: str = max(secret["versions"], key=int)
        if newest == secret["current"] and self.configured() == versions_of(secret):
            newest = str(int(newest) + 1)
            secret["versions"][newest] = new_mac_key()
            self._write(secret)
        self._configure(secret)  # every function looks there before any claims there
        if secret["current"] != newest:
            secret["current"] = newest
            self._write(secret)
            self._configure(secret)
        return newest

    def rekey(self, rekey: Rekey) -> int:
        """Move every claim under the current version; returns how many were not.

        Goes by the claims that are left, so a run that was killed goes on where it stopped. One page of
        claims is in memory at a time.

        Args:
            rekey: moves the claims of at most 33 accounts, returns how many it moved.

        Raises:
            Unfinished: a function may not know the current version yet.
        """
        current = self._current()
        moved = 0
        for page in self._pages():
            owners = {
                claim["account_id"]["S"]: None for claim in _older(page, current) if "account_id" in claim
            }
            listed = list(owners)
            for start in range(0, len(listed), _TOGETHER):
                moved += rekey(listed[start : start + _TOGETHER])
        return moved

    def retire(self) -> list[str]:
        """Forget every version but the current one; returns those.

        Raises:
            Unfinished: a function may still claim under an older version.
            ClaimsLeft: something stands under one.
        """
        current = self._current()
        if left := sum(len(_older(page, current)) for page in self._pages()):
            raise ClaimsLeft(
                f"{left} claims stand under older versions; `lookup-key rekey` moves those of accounts"
            )
        secret = self._secret()
        old = sorted(secret["versions"].keys() - {current}, key=int)
        secret["versions"] = {current: secret["versions"][current]}
        self._configure(secret)  # nobody asks for the others before they are gone from the vault
        self._write(secret)
        return old

    def _current(self) -> str:
        """The current version, once every function knows that it is.

        A retirement that stopped before the vault was written is as good: nobody uses the others.
        """
        secret, configured = self._secret(), self.configured()
        current = str(secret["current"])
        if configured not in {versions_of(secret), current}:
            raise Unfinished("`lookup-key rotate` stopped half-way; run it again")
        return current

    def _pages(self) -> Iterator[list[dict[str, Any]]]:
        pages = self.account.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=self.claims_table, ConsistentRead=True):
            yield page["Items"]

    def _configure(self, secret: Document) -> None:
        wanted = versions_of(secret)
        if self.configured() != wanted:
            self.configure(wanted)
        self.settle()

    def _secret(self) -> Document:
        secret = read(self.account.client("secretsmanager"), self.arn)
        if secret is None:
            raise LookupError("there is no lookup key yet: deploy first")
        return secret

    def _write(self, secret: Document) -> None:
        write(self.account.client("secretsmanager"), self.arn, secret)


def _older(claims: list[dict[str, Any]], current: str) -> list[dict[str, Any]]:
    """The claims whose key, `<kind>#<version>#<hash>`, is under another version."""
    return [claim for claim in claims if claim["pk"]["S"].split("#")[1] != current]


def service_rekey(account: Account, stage: str) -> Rekey:
    """Moving claims as the service itself makes them, with the settings of its signup function."""
    as_signup(account, stage)

    from chalicelib.core.ids import AccountId
    from chalicelib.profiles import service as profiles

    return lambda owners: profiles.rekey_claims([AccountId(owner) for owner in owners])
