"""Holding the Ledger against its checkpoints, with the code that the functions run (docs/adr/0007).

Needs Query on the Ledger and its index, the two reads of the bucket and kms:GetPublicKey; changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields

from chalicelib.core import chain
from chalicelib.core.chain import Chain, Finding, PublicKeys, Verdict


def verdicts(names: Iterable[str], since: int) -> Iterator[tuple[str, Verdict]]:
    """What is found of each chain, by the checkpoints from number `since` on.

    Raises:
        ValueError: a name is not that of a chain.
    """
    keys = PublicKeys(chain.current_signer().pem)
    for one, verdict in chain.verify_each(map(Chain.parse, names), since, keys):
        yield one.name, verdict


def report(names: Iterable[str], since: int, say: Callable[[str], object]) -> int:
    """Say of each chain how far it is vouched for and what is wrong with it; how many findings there are.

    Raises:
        ValueError: a name is not that of a chain.
    """
    wrong = 0
    for name, verdict in verdicts(names, since):
        say(f"{name}: covered up to {verdict.covered}, {len(verdict.findings)} findings")
        for finding in verdict.findings:
            say(f"  {described(finding)}")
        wrong += len(verdict.findings)
    return wrong


def described(finding: Finding) -> str:
    """One line: what it is, and where."""
    told = ((field.name, getattr(finding, field.name)) for field in fields(finding))
    places = (f"{name} {value.name if isinstance(value, Chain) else value}" for name, value in told)
    return f"{type(finding).__name__}: {', '.join(places)}"
