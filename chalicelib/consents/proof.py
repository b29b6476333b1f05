"""Verifies that the history of a subject proves each decision, for operators (RGT-7, ADR 52).

It reads the entries without their signatures: each has to be unaltered, to follow the one before, and the
event of each decision has to be among them. `ledger verify` compares all chains with the signed checkpoints.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.accounts.model import Account
from chalicelib.consents import evidence
from chalicelib.consents.model import Consent, Purposes
from chalicelib.core import chain
from chalicelib.core.chain import ChainEntry, Unreadable
from chalicelib.core.ids import ConsentRecordId
from chalicelib.privacy.purposes import Purpose

_MOST_ENTRIES = 5_000  # years of decisions of most subjects; a call of the API lasts 29 seconds


class DecisionProof(StrEnum):
    """What the history says about a decision."""

    PROVEN = "proven"
    OWED = "owed"  # the history was altered, so the decision could not be recorded in it so far
    MISSING = "missing"  # the history does not have it: expired, or lost
    UNCERTAIN = "uncertain"  # not found; the history was altered, or is longer than what was read


@dataclass(frozen=True)
class ProvenDecision:
    """The current decision about a purpose, and whether the history proves it."""

    purpose: Purpose
    consent: Consent
    proof: DecisionProof


@dataclass(frozen=True)
class ConsentProof:
    """All decisions of a subject, the number of entries that were read, and whether they are intact."""

    decisions: tuple[ProvenDecision, ...]
    entries: int
    intact: bool


def verify(account: Account, purposes: Purposes | None) -> ConsentProof:
    """Verify the decisions of a subject against the history in the Ledger.

    Args:
        account: the opened account, for its pseudonym.
        purposes: its decisions; None if there are none.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    found, count, intact = set[ConsentRecordId](), 0, True
    newest_first = chain.newest_first(evidence.chain_of(account.pseudonym), maximum=_MOST_ENTRIES)
    try:
        for entry in _linked(newest_first):
            count += 1
            found |= {event["record_id"] for event in entry.data.get("events", ())}
    except Unreadable:
        intact = False
    owed = {event["record_id"] for event in purposes.owed} if purposes else set[ConsentRecordId]()
    consents = purposes.consents if purposes else {}
    is_whole = intact and count < _MOST_ENTRIES
    otherwise = DecisionProof.MISSING if is_whole else DecisionProof.UNCERTAIN
    decisions = tuple(
        ProvenDecision(purpose, consent, _proof(consent.record_id, found, owed, otherwise))
        for purpose, consent in consents.items()
    )
    return ConsentProof(decisions, count, intact)


def _linked(newest_first: Iterable[ChainEntry]) -> Iterator[ChainEntry]:
    """The same entries.

    Raises:
        Unreadable: one was altered, is missing, or does not follow the one before.
    """
    later: ChainEntry | None = None
    for entry in newest_first:
        if later and (later.seq, later.previous) != (entry.seq + 1, entry.hash):
            raise Unreadable("an entry does not follow the one before")
        yield entry
        later = entry


def _proof(
    record_id: ConsentRecordId,
    found: set[ConsentRecordId],
    owed: set[ConsentRecordId],
    otherwise: DecisionProof,
) -> DecisionProof:
    if record_id in found:
        return DecisionProof.PROVEN
    return DecisionProof.OWED if record_id in owed else otherwise
