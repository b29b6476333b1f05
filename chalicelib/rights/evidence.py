"""What the Ledger says of a request: words and numbers of ours, under the request's random id (RGT-10)."""

from collections.abc import Mapping, Sequence

from chalicelib.core import clock
from chalicelib.core.chain import NewEntry
from chalicelib.privacy.periods import Period
from chalicelib.rights.model import OwedEntry


def entry(event: str, said: Mapping[str, object]) -> NewEntry:
    """Something for a request's history. It is kept as long as the request would be if it closed now."""
    return NewEntry(event, said, delete_at=Period.RIGHTS_EVIDENCE.ends(clock.now()))


def with_owed(new: NewEntry, owed: Sequence[OwedEntry]) -> NewEntry:
    """The same entry, preceded by the evidence that the history could not take before."""
    if not owed:
        return new
    earlier = [one.model_dump(mode="json") for one in owed]
    return NewEntry(new.event, {**new.payload, "owed": earlier}, delete_at=new.delete_at)


def as_owed(new: NewEntry) -> OwedEntry:
    """An entry that stays on the request until its history takes it."""
    return OwedEntry(event=new.event, at=clock.now(), said=new.payload)
