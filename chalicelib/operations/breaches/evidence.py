"""Evidence of breaches in the Ledger (SEC-4).

It holds fixed words, countries, counts, instants and pseudonyms of staff, under the random id of the breach.
"""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.core.chain import Chain, NewEntry
from chalicelib.core.ids import BreachId, StaffId
from chalicelib.privacy.periods import Period

CHAIN = "breach"  # the kind of the chains


def history_of(breach_id: BreachId) -> Chain:
    """The history of a breach; its id is random, and names no person."""
    return Chain(CHAIN, breach_id)


def entry(opened_at: datetime, event: str, by: StaffId | None, said: Mapping[str, object]) -> NewEntry:
    """An entry for a breach's history, kept as long as the breach; `by` None: a job."""
    actor = {"by": by} if by else {}
    return NewEntry(event, {**actor, **said}, Period.BREACH.ends(opened_at))
