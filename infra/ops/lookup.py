"""The lookup key, under whose HMAC numbers and user ids are claimed: a new version, claims moved to it.

1. rotate   the new version is known to every function first, then claims are made under it
2. rekey    every claim under an older version is moved: made and deleted in one transaction
3. retire   the older versions are forgotten, once no claim stands under them

At every moment every container looks for a claim under each version under which another may make one, so
a number never gets a second account (ACC-1). `rotating` says how; each step is safe to stop and to run
again. Counters of limits stand under the lookup key too and start anew with it; they end by themselves.
Known devices do as well, and are written under the new version at their first refresh of a day: `retire`
forgets those that were not used since `rotate` (ADR 25).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Report, Stacks, stack_name
from infra.deployment.vault import new_mac_key, versions_of
from infra.ops.rotating import Versions, waiting
from infra.ops.standing_in import as_signup

Rekey = Callable[[Sequence[str]], int]

# Seconds. Only requests claim, but the worker of rights looks for claims as well: one that does not know the
# new version would leave moved claims out of a copy. Lambda ends every run by then.
LONGEST_RUN = 15 * 60
# Accounts that are opened together: with profile and data key each takes three of the hundred keys of a read.
_TOGETHER = 33


class ClaimsLeft(RuntimeError):
    """Claims stand under an older version yet; the text says how many."""


@dataclass(frozen=True)
class LookupKeys:
    """The versions of the lookup key, and the claims that stand under them."""

    versions: Versions
    claims_table: str

    @classmethod
    def of(
        cls, account: AwsAccount, stage: str, report: Report, settle: Callable[[], None] | None = None
    ) -> Self:
        """Those of a deployed stage; `settle` waits for what containers of the old configuration do."""
        stacks, service = Stacks(account, report), stack_name(stage, "service")
        versions = Versions(
            account,
            stacks.outputs(stack_name(stage, "vault"))["LookupSecretArn"],
            versions_of,
            new_mac_key,
            lambda: stacks.parameter(service, "LookupVersions"),
            lambda versions: stacks.reconfigure(service, {"LookupVersions": versions}),
            settle or waiting(LONGEST_RUN, report),
        )
        return cls(versions, stacks.outputs(stack_name(stage, "data"))["ClaimsTableName"])

    def rotate(self) -> str:
        """Make a new version current; takes up a rotation that stopped. Returns the version."""
        return self.versions.rotate()

    def rekey(self, rekey: Rekey) -> int:
        """Move every claim under the current version; returns how many were not.

        Goes by the claims that are left, so a run that was killed goes on where it stopped. One page of
        claims is in memory at a time.

        Args:
            rekey: moves the claims of at most 33 accounts, returns how many it moved.

        Raises:
            Unfinished: a function may not know the current version yet.
        """
        current, moved = self.versions.current(), 0
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
        return self.versions.retire(self._refuse_if_claimed)

    def _refuse_if_claimed(self, current: str) -> None:
        if left := sum(len(_older(page, current)) for page in self._pages()):
            raise ClaimsLeft(
                f"{left} claims stand under older versions; `lookup-key rekey` moves those of accounts"
            )

    def _pages(self) -> Iterator[list[dict[str, Any]]]:
        pages = self.versions.account.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=self.claims_table, ConsistentRead=True):
            yield page["Items"]


def _older(claims: list[dict[str, Any]], current: str) -> list[dict[str, Any]]:
    """The claims whose key, `<kind>#<version>#<hash>`, is under another version."""
    return [claim for claim in claims if claim["pk"]["S"].split("#")[1] != current]


def service_rekey(account: AwsAccount, stage: str) -> Rekey:
    """Moving claims as the service itself makes them, with the settings of its signup function."""
    as_signup(account, stage)

    from chalicelib.core.ids import AccountId
    from chalicelib.profiles import service as profiles

    return lambda owners: profiles.rekey_claims([AccountId(owner) for owner in owners])
