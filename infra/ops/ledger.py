"""Verifies the Ledger against its checkpoints, with the functions' code (docs/adr/0007).

Changes nothing. Requires Query on the Ledger and its index, the two reads of the bucket, and
kms:GetPublicKey.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields

from chalicelib.core import chain
from chalicelib.core.chain import Chain, ChainVerdict, Finding, PublicKeys
from infra.deployment.account import AwsAccount
from infra.ops import standing_in


def verdicts(names: Iterable[str], since: int) -> Iterator[tuple[str, ChainVerdict]]:
    """Verify each chain against the checkpoints from number `since` on.

    Raises:
        ValueError: a name is not the name of a chain.
    """
    keys = PublicKeys(chain.current_signer().pem)
    for verified, verdict in chain.verify_each(map(Chain.parse, names), since, keys):
        yield verified.name, verdict


def report(names: Iterable[str], since: int, say: Callable[[str], object]) -> int:
    """Print how far each chain is signed, and its findings; return the number of findings.

    Raises:
        ValueError: a name is not the name of a chain.
        LookupError: a chain does not exist.
    """
    wrong = 0
    if chain.is_archive_empty():
        say("nothing is signed yet: there is no checkpoint")
    for name, verdict in verdicts(names, since):
        if not verdict.known:
            where = f" from number {since} on" if since > 1 else ""
            raise LookupError(f"{name} does not exist: it has no entry, and no checkpoint{where} names it")
        say(f"{name}: covered up to {verdict.covered}, {len(verdict.findings)} findings")
        for finding in verdict.findings:
            say(f"  {described(finding)}")
        wrong += len(verdict.findings)
    return wrong


def verify(
    account: AwsAccount, stage: str, names: Iterable[str] | None, since: int, say: Callable[[str], object]
) -> int:
    """Verify chains of a stage, by default all that changed since a checkpoint; return the exit status."""
    standing_in.act_as(account, stage, "checkpoint_ledger")
    return exit_status(chain.touched_chains(since) if names is None else names, since, say)


def exit_status(names: Iterable[str], since: int, say: Callable[[str], object]) -> int:
    """Print the report; return 0: no findings, 1: findings, 2: invalid or unknown chain."""
    try:
        return 1 if report(names, since, say) else 0
    except (ValueError, LookupError) as error:
        say(f"refused: {error}")
        return 2


def described(finding: Finding) -> str:
    """Return a finding and its location in one line."""
    located = ((field.name, getattr(finding, field.name)) for field in fields(finding))
    places = (f"{name} {value.name if isinstance(value, Chain) else value}" for name, value in located)
    return f"{type(finding).__name__}: {', '.join(places)}"
