"""Rotation of the lookup key, under whose HMAC numbers, addresses and user ids are claimed.

1. rotate   every function gets the new version first; then claims are made under it
2. rekey    every claim under an older version is moved: created and deleted in one transaction
3. retire   the older versions are deleted, once no claim and no suppression is left under them

At any time, every container looks for a claim under each version under which another container may create
one, so a number never gets a second account (ACC-1). `versions` describes how. Each step is safe to stop and
run again.

A suppression of an erased person cannot be moved, since its address is not known. It moves when the person
returns, or ends; until then `retire` refuses (ADR 47).

Counters of limits also use the lookup key: they restart with a new version, and the old ones expire. Known
devices use it too. They are written under the new version at their first refresh of a day, so `retire` loses
those that were not used since `rotate` (ADR 25). Claims on push tokens move when their app registers again;
after `retire` the others are not found any more, and their tokens are free (ADR 109).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from chalicelib.accounts.bars.model import BARRED, BarredNumber
from chalicelib.accounts.discovery.model import DiscoverableNumber
from chalicelib.accounts.model import ClaimKind
from chalicelib.core import clock
from chalicelib.core.batches import batched
from chalicelib.core.table_names import Table
from chalicelib.messages.suppressions.model import Suppression
from infra.deployment import tables
from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Report, Stacks
from infra.ops.keys.versions import VersionedKeys, Versions
from infra.ops.refused import CommandRefused
from infra.ops.standing_in import act_as_signup

Rekey = Callable[[Sequence[str]], int]
Tidy = Callable[[dict[str, str]], None]

# Accounts per read: with profile and data key, each takes three of the hundred keys of a BatchGetItem.
_TOGETHER = 33


_FOUND, _ROWS_AT_ONCE = DiscoverableNumber.declaration.kind, 100
_HASHES = {Suppression.declaration.kind, BarredNumber.declaration.kind}  # their values are not known


class ClaimsLeft(CommandRefused):
    """Claims are still under an older version; the text says how many."""


class SuppressionsLeft(CommandRefused):
    """Suppressions are still under an older version; the text says how many, and when the last one ends."""


@dataclass(frozen=True)
class LookupKeys(VersionedKeys):
    """The versions of the lookup key, and the claims under them."""

    claims_table: str

    @classmethod
    def of(
        cls, account: AwsAccount, stage: str, report: Report, settle: Callable[[], None] | None = None
    ) -> Self:
        """Return those of a deployed stage; `settle` waits until old containers have finished."""
        stacks = Stacks(account, report)
        versions = Versions.of_mac(stacks, stage, "Lookup", settle)
        return cls(versions, tables.names_in_use(stacks, stage)[Table.CLAIMS])

    def rekey(self, rekey: Rekey, tidy: Tidy) -> int:
        """Move every claim to the current version; return how many were moved.

        It selects the claims that are left, so a repeated run continues where a killed one stopped. One page
        of claims is in memory at a time.

        Args:
            rekey: moves the claims of at most 33 accounts, and returns how many it moved.
            tidy: deletes those of at most 100 rows, by which users are found, that no account names.

        Raises:
            Unfinished: a function may not know the current version yet.
        """
        current, moved = self.current(), 0
        for page in self._pages():
            claims = (claim for claim in _older(page, current) if "account_id" in claim)
            owners = dict.fromkeys(claim["account_id"]["S"] for claim in claims)
            moved += sum(map(rekey, batched(owners, _TOGETHER)))
            found = [one for one in _older(page, current) if one["kind"]["S"] == _FOUND]
            for some in batched(found, _ROWS_AT_ONCE):
                tidy({one["pk"]["S"]: one["account_id"]["S"] for one in some})
        return moved

    def count_older(self) -> int:
        """Return the number of claims and objections that are under an older version."""
        current = self.current()
        return sum(len(_older(page, current)) for page in self._pages())

    def refuse_if_used(self, current: str) -> None:
        """Refuse to delete a version under which data was claimed or suppressed.

        Raises:
            ClaimsLeft: a claim is still under an older version.
            SuppressionsLeft: a suppression is still under an older version.
        """
        claims, suppressions = 0, Counter[str]()
        for page in self._pages():
            older = _older(page, current)
            found = [item for item in older if item["kind"]["S"] in _HASHES]
            claims += len(older) - len(found)
            suppressions.update(_end_of(item) for item in found if not _has_ended(item))
        if claims:
            raise ClaimsLeft(
                f"{claims} claims are under older versions; `keys lookup rekey` moves those of accounts"
            )
        if suppressions:
            raise SuppressionsLeft(
                f"{suppressions.total()} objections to marketing and barred numbers are under older "
                "versions, as hashes that nothing can move without their number or mailbox. Their last end: "
                f"{max(suppressions)}"
            )

    def _pages(self) -> Iterator[list[dict[str, Any]]]:
        return self.versions.account.scan(self.claims_table)


def _older(claims: list[dict[str, Any]], current: str) -> list[dict[str, Any]]:
    """Return the claims whose key, `<kind>#<version>#<hash>`, has another version.

    Claims in quarantine are not among them, since nothing can move them: their values are erased. Those on
    numbers and mailboxes block nothing. Those on user ids are a second safeguard: ids have 130 random bits.
    Neither are those on former numbers, which end by themselves within days (ADR 43).
    """
    return [claim for claim in claims if "released_at" not in claim and _has_to_move(claim, current)]


def _has_to_move(claim: dict[str, Any], current: str) -> bool:
    kind, version, _ = str(claim["pk"]["S"]).removeprefix(BARRED).split("#", 2)
    return version != current and kind != ClaimKind.FORMER_PHONE


def _end_of(suppression: dict[str, Any]) -> str:
    """The day on which a suppression ends, or words that sort after each day."""
    end = suppression.get("expires_at")
    return clock.day_of(clock.from_epoch(int(end["N"]))).isoformat() if end else "when its account is erased"


def _has_ended(suppression: dict[str, Any]) -> bool:
    """Return whether it has expired; DynamoDB deletes it within days."""
    end = suppression.get("expires_at")
    return end is not None and int(end["N"]) <= clock.to_epoch(clock.now())


def service_rekey(account: AwsAccount, stage: str) -> tuple[Rekey, Tidy]:
    """Return a `Rekey` and a `Tidy` of the service's code, with the settings of its signup function."""
    act_as_signup(account, stage)

    from chalicelib.accounts import service as accounts
    from chalicelib.accounts.profiles import service as profiles
    from chalicelib.core.ids import AccountId

    return (
        lambda owners: profiles.rekey_claims([AccountId(owner) for owner in owners]),
        lambda rows: accounts.tidy_found({name: AccountId(owner) for name, owner in rows.items()}),
    )
