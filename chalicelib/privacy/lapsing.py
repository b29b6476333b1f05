"""What rested on a consent is deleted once that is withdrawn (RGT-7, ADR 28).

Generic: the records of a purpose are those whose class line names it, so a new record class goes with its
consent the moment it is defined. Pinned records are deleted too: a pin keeps data for a copy, and the copy
does not show these any more.

A run stops at its deadline, and says that it did. What it deleted is gone, so each run begins where the last
one ended, and a run that is killed anywhere has lost nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId
from chalicelib.core.table import AT_ONCE, Expired, Key, Query
from chalicelib.privacy import register
from chalicelib.privacy.periods import After
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.whereabouts import partition


@dataclass(frozen=True)
class Deleted:
    """How many items a run deleted, and whether nothing is left."""

    items: int
    complete: bool


def delete(account_id: AccountId, purpose: Purpose, before: datetime, deadline: datetime) -> Deleted:
    """Delete what is stored of a subject for a purpose from before an instant, as far as a run gets.

    It may be done again, by several at once.

    Args:
        account_id: the subject's.
        purpose: one that waits for consent.
        before: what has begun by then is kept; an item of several records began with its oldest.
        deadline: when this run stops; the call that is under way then is done.

    Raises:
        Unavailable: a table does not answer; what was deleted by then stays so.
    """
    items, older = 0, _older(account_id, purpose, before)
    while keys := list(islice(older, AT_ONCE)):
        table.delete_all(keys)
        items += len(keys)
        if clock.now() >= deadline:
            return Deleted(items, complete=False)
    return Deleted(items, complete=True)


def _older(account_id: AccountId, purpose: Purpose, before: datetime) -> Iterator[Key]:
    """Places of the records of a purpose, table by table; those that have expired are among them."""
    resting = [r.declaration for r in register.records() if r.declaration.purpose is purpose]
    begins = {d.kind: d.retention.since for d in resting if isinstance(d.retention, After)}
    attributes = ("kind", *dict.fromkeys(begins.values()))
    for place in dict.fromkeys(declaration.table for declaration in resting):
        stored = Query(place, partition(account_id), expired=Expired.INCLUDED, attributes=attributes)
        for item in table.query(stored):
            began = begins.get(item.get("kind", ""))
            if began and str(item.get(began, "")) < clock.to_text(before):
                yield Key(place, item["pk"], item["sk"])
