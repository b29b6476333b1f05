"""Evidence of disclosures in the Ledger (NOT-3).

It holds fixed words, instants and pseudonyms of staff, under the random id of the disclosure. `by` names the
actor.
"""

from collections.abc import Mapping

from chalicelib.core.chain import Chain, NewEntry
from chalicelib.core.ids import DisclosureId, StaffId
from chalicelib.privacy.periods import Period
from chalicelib.staff.disclosures.model import Disclosure

CHAIN = "disclosure"  # the kind of the chains


def history_of(disclosure_id: DisclosureId) -> Chain:
    """The history of a disclosure; its id is random, and names no person."""
    return Chain(CHAIN, disclosure_id)


def entry(disclosure: Disclosure, event: str, by: StaffId, said: Mapping[str, object]) -> NewEntry:
    """An entry for a disclosure's history, kept as long as the disclosure."""
    delete_at = Period.DISCLOSURE.ends(disclosure.proposed_at)
    return NewEntry(event, {"by": by, **said}, delete_at)
