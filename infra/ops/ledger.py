"""Holding the Ledger against its checkpoints, with the code that the functions run (docs/adr/0007).

Needs Query on the Ledger and its index, the two reads of the bucket and kms:GetPublicKey; changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields

from chalicelib.core import chain
from chalicelib.core.chain import Chain, ChainVerdict, Finding, PublicKeys


def verdicts(names: Iterable[str], since: int) -> Iterator[tuple[str, ChainVerdict]]:
    """What is found of each chain, by the checkpoints from number `since` on.

    Raises:
        ValueError: a name is not that of a chain.
    """
    keys = PublicKeys(chain.current_signer().pem)
    for one, verdict in chain.verify_each(map(Chain.parse, names), since, keys):
        yield one.name, verdict


def report(names: Iterable[str], since: int, say: Callable[[str], object]) -> int:
    """Print how far each chain is signed and what is wrong with it; return the number of findings.

    Raises:
        ValueError: a name is not that of a chain.
        LookupError: there is no such chain.
    """
    wrong = 0
    if chain.is_archive_empty():
        say("nothing is signed yet: there is no checkpoint")
    for name, verdict in verdicts(names, since):
        if not verdict.known:
            where = f" from number {since} on" if since > 1 else ""
            raise LookupError(f"{name} does not exist: no entry is stored, no checkpoint{where} names it")
        say(f"{name}: covered up to {verdict.covered}, {len(verdict.findings)} findings")
        for finding in verdict.findings:
            say(f"  {described(finding)}")
        wrong += len(verdict.findings)
    return wrong


def exit_status(names: Iterable[str], since: int, say: Callable[[str], object]) -> int:
    """Print the report; return 0 if nothing is wrong, 1 with findings, 2 if the question is refused."""
    try:
        return 1 if report(names, since, say) else 0
    except (ValueError, LookupError) as error:
        say(f"refused: {error}")
        return 2


def described(finding: Finding) -> str:
    """One line: what it is, and where."""
    told = ((field.name, getattr(finding, field.name)) for field in fields(finding))
    places = (f"{name} {value.name if isinstance(value, Chain) else value}" for name, value in told)
    return f"{type(finding).__name__}: {', '.join(places)}"
