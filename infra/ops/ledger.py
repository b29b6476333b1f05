"""Holding the Ledger against its checkpoints, with the code that the functions run (docs/adr/0007).

Needs Query on the Ledger and its index, the two reads of the bucket and kms:GetPublicKey; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


def described(finding: Finding) -> str:
    """One line: what it is, and where."""
    told = ((field.name, getattr(finding, field.name)) for field in fields(finding))
    places = (f"{name} {value.name if isinstance(value, Chain) else value}" for name, value in told)
    return f"{type(finding).__name__}: {', '.join(places)}"
