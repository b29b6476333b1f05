"""Verifies the evidence of a report in the Ledger, with the permissions of the caller (ADR 19, ADR 53).

It reads the checkpoints from the first one that covers the period to the newest, and the chains of the purge
and of requests. The number of requests is bounded, because each costs a query. If there are more, it takes
every n-th of them in the order of receipt, so that the choice is not the caller's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.core import chain, clock
from chalicelib.core.aws import AwsBug
from chalicelib.core.chain import Chain, PublicKeys
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.table import TableBug
from chalicelib.retention.purge.evidence import HISTORY as PURGE
from chalicelib.rights.request.evidence import history_of
from infra.deployment.account import AwsAccount
from infra.ops import standing_in
from infra.ops.ledger import described
from infra.ops.refused import CommandRefused

_DENIED = ("AccessDenied", "AccessDeniedException")
_POLICY = (
    "AWS denies to read the Ledger. Your role needs the policy that the output ReportPolicyArn of the stack "
    "ru4m-<stage>-service names."
)


class LedgerDenied(CommandRefused):
    """The caller may not read the Ledger; the text names the policy."""


def verified(
    account: AwsAccount, stage: str, since: datetime, until: datetime, requests: Sequence[str], maximum: int
) -> dict[str, Any]:
    """Verify the chains of a period; return what was verified, and the findings in words.

    Args:
        account: the account of the stage.
        stage: the stage.
        since: the first instant of the period.
        until: the first instant after it.
        requests: the requests of the period, in the order of receipt.
        maximum: the most requests whose chains are read.

    Raises:
        LedgerDenied: the caller may not read it.
    """
    with as_reader(account, stage):
        first, newest = chain.first_checkpoint(since), chain.newest_checkpoint()
        step = max(1, -(-len(requests) // maximum))
        chosen = requests[::step]
        chains = [
            *_days(since, min(until, clock.now())),
            *(history_of(RightsRequestId(one)) for one in chosen),
        ]
        keys, findings, covered = PublicKeys(chain.current_signer().pem), dict[str, None](), 0
        for _, verdict in chain.verify_each(chains, first, keys):
            covered += verdict.covered > 0
            findings |= dict.fromkeys(map(described, verdict.findings))
        statement = newest.statement if newest else None
        return {
            "verified_at": clock.to_text(clock.now()),
            "checkpoints": {"from": first, "to": statement.number if statement else 0},
            "newest_checkpoint": {
                "number": statement.number,
                "sha256": statement.digest,
                "covers_until": clock.to_text(clock.from_epoch(statement.until)),
                "key": statement.key,
            }
            if statement
            else None,
            "requests": {"in_period": len(requests), "verified": len(chosen), "every": step},
            "chains": {"verified": len(chains), "covered_by_a_checkpoint": covered},
            "findings": list(findings),
        }


def _days(since: datetime, until: datetime) -> Iterator[Chain]:
    """Yield the chains of the purge of each day (UTC) that a period touches."""
    day = since.astimezone(UTC).replace(hour=0, minute=0, second=0)
    while day < until:
        yield PURGE.chain_of(day)
        day += DAY


@contextmanager
def as_reader(account: AwsAccount, stage: str) -> Iterator[None]:
    """Adopt the settings of the function that signs the Ledger, with the permissions of the caller.

    Raises:
        LedgerDenied: the caller may not read the Ledger.
    """
    try:
        standing_in.act_as(account, stage, "checkpoint_ledger")
        yield
    except (ClientError, AwsBug, TableBug) as error:
        if any(code in str(error) for code in _DENIED):
            raise LedgerDenied(_POLICY) from None
        raise
