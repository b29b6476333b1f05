"""What the Ledger says of a request: words and numbers of ours, under the request's random id (RGT-10)."""

from collections.abc import Mapping

from chalicelib.core import clock
from chalicelib.core.chain import NewEntry
from chalicelib.privacy.periods import Period


def entry(event: str, said: Mapping[str, object]) -> NewEntry:
    """Something for a request's history. It is kept as long as the request would be if it closed now."""
    return NewEntry(event, said, delete_at=Period.RIGHTS_EVIDENCE.ends(clock.now()))
