"""Verifies the Ledger against its checkpoints, with the functions' code (docs/adr/0007-hash-chains.md).

Changes nothing. Requires Query on the Ledger and its index, the two reads of the bucket, and
kms:GetPublicKey.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from chalicelib.core import chain
from chalicelib.core.chain import Chain, ChainVerdict, Finding, PublicKeys
from infra.deployment.account import AwsAccount
from infra.ops import standing_in
from infra.ops.operator_console import emit, note
from infra.ops.refused import NOT_IN_ORDER, CommandRefused


class UnknownChain(CommandRefused):
    """The chain does not exist, or the text is not the name of one."""


@dataclass(frozen=True)
class VerifiedChain:
    """A chain, the number of its last entry that a checkpoint covers, and its findings in words."""

    chain: str
    covered: int
    findings: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield the report of the chain."""
        yield f"{self.chain}: covered up to {self.covered}, {len(self.findings)} findings"
        yield from (f"  {finding}" for finding in self.findings)


def verdicts(names: Iterable[str], since: int) -> Iterator[tuple[str, ChainVerdict]]:
    """Verify each chain against the checkpoints from number `since` on.

    Raises:
        ValueError: a name is not the name of a chain.
    """
    for verified, verdict in chain.verify_each(map(Chain.parse, names), since, _keys()):
        yield verified.name, verdict


def report(names: Iterable[str] | None, since: int) -> list[VerifiedChain]:
    """Verify chains, by default all that changed since a checkpoint; return their findings.

    Raises:
        UnknownChain: a name is not the name of a chain, or the chain does not exist.
    """
    found = []
    try:
        touched = chain.touched_chains(since) if names is None else names
        for name, verdict in verdicts(touched, since):
            if not verdict.known:
                where = f" from number {since} on" if since > 1 else ""
                raise UnknownChain(
                    f"{name} does not exist: it has no entry, and no checkpoint{where} names it"
                )
            found.append(VerifiedChain(name, verdict.covered, tuple(map(described, verdict.findings))))
    except ValueError as error:
        raise UnknownChain(f"{error}; a name is <kind>#<id>, such as rights#r_...") from None
    except LookupError as error:  # a checkpoint that does not exist
        raise UnknownChain(str(error)) from None
    return found


def verify(account: AwsAccount, stage: str, names: Iterable[str] | None, since: int) -> int:
    """Verify chains of a stage, print the report, and return the exit status.

    Raises:
        UnknownChain: as for `report`.
    """
    standing_in.act_as(account, stage, "checkpoint_ledger")
    if chain.is_archive_empty():
        note("nothing is signed yet: there is no checkpoint")
    # Who verifies some chains may not read which others there are.
    beginning = [described(finding) for finding in chain.verify_beginning(_keys())] if names is None else []
    found = report(names, since)
    lines = (line for one in found for line in one.lines())
    emit({"findings": beginning, "chains": [vars(one) for one in found]}, *beginning, *lines)
    return NOT_IN_ORDER if beginning or any(one.findings for one in found) else 0


def _keys() -> PublicKeys:
    return PublicKeys(chain.current_signer().pem)


def described(finding: Finding) -> str:
    """Return a finding and its location in one line."""
    located = ((field.name, getattr(finding, field.name)) for field in fields(finding))
    places = (f"{name} {value.name if isinstance(value, Chain) else value}" for name, value in located)
    return f"{type(finding).__name__}: {', '.join(places)}"
