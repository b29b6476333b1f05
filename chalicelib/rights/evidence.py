"""What the Ledger says of a request: words and numbers of ours, under the request's random id (RGT-10).

`by` says who acted: the subject, the engine, or a member of staff under a pseudonym.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.core import clock
from chalicelib.core.chain import NewEntry
from chalicelib.core.ids import StaffId
from chalicelib.privacy.periods import Period
from chalicelib.rights.model import OwedEntry

SUBJECT = "subject"
STAFF = "staff"  # what a subject reads in the place of a pseudonym


def entry(event: str, said: Mapping[str, object], closed_at: datetime | None = None) -> NewEntry:
    """Something for a request's history, kept as long as the request; one that is open may close now."""
    return NewEntry(event, said, delete_at=Period.RIGHTS_EVIDENCE.ends(closed_at or clock.now()))


def with_owed(new: NewEntry, owed: Sequence[OwedEntry]) -> NewEntry:
    """The same entry, preceded by the evidence that the history could not take before."""
    if not owed:
        return new
    earlier = [one.model_dump(mode="json") for one in owed]
    return NewEntry(new.event, {**new.payload, "owed": earlier}, delete_at=new.delete_at)


def as_owed(new: NewEntry) -> OwedEntry:
    """An entry that stays on the request until its history takes it."""
    return OwedEntry(event=new.event, at=clock.now(), said=new.payload)


def staff_in(said: object) -> Iterator[StaffId]:
    """The pseudonyms of staff that an entry names, also in what was owed before it."""
    match said:
        case str():
            yield from filter(None, [StaffId.parse(said)])
        case dict():
            for value in said.values():
                yield from staff_in(value)
        case list():
            for value in said:
                yield from staff_in(value)


def without_staff(said: Any) -> Any:  # noqa: ANN401 - a value of JSON
    """The same with a role in the place of each member of staff."""
    match said:
        case str():
            return STAFF if StaffId.parse(said) else said
        case dict():
            return {name: without_staff(value) for name, value in said.items()}
        case list():
            return [without_staff(value) for value in said]
        case _:
            return said
