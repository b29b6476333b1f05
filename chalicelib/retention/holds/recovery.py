"""Holds in a restored table: what the Ledger says of them after the backup (ADR 32).

A confirmation or a lifting after the backup is applied again. A hold that was placed after the backup is
lost: the Ledger has neither its account nor its texts, so operators place it again.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from functools import partial

from chalicelib.core import chain, clock
from chalicelib.core.chain import ChainEntry, Unreadable
from chalicelib.core.ids import HoldId, StaffId
from chalicelib.core.sealing import SealingError
from chalicelib.core.transactions import Perform, commit
from chalicelib.retention.holds import store
from chalicelib.retention.model import Hold


class HoldOutcome(StrEnum):
    """What was done with a hold after a restore."""

    UNCHANGED = "unchanged"
    CHANGED = "confirmed or lifted as the Ledger says"
    LOST = "lost: place it again"
    DOUBTFUL = "in doubt"


def holds_since(since: datetime) -> Iterator[HoldId]:
    """The holds with entries in the Ledger since an instant, each once."""
    for touched in chain.chains_touched_since(since, Hold.declaration.kind):
        yield HoldId(touched.pseudonym)


def recover(hold_id: HoldId, perform: Perform) -> HoldOutcome:
    """Bring a hold to the state that its history proves.

    Raises:
        Unavailable: a table does not answer.
        CaseChanged: another writer changed the hold.
    """
    try:
        entries = {entry.event: entry for entry in chain.entries(store.HOLDS.history_of(hold_id))}
        hold = store.HOLDS.read(hold_id)
    except (Unreadable, SealingError):
        return HoldOutcome.DOUBTFUL
    if hold is None:
        return HoldOutcome.UNCHANGED if _is_over(entries) else HoldOutcome.LOST
    after = _as_recorded(hold, entries)
    if after == hold:
        return HoldOutcome.UNCHANGED
    perform(partial(commit, store.HOLDS.replacement(after.model_copy(update={"version": hold.version + 1}))))
    return HoldOutcome.CHANGED


def _is_over(entries: dict[str, ChainEntry]) -> bool:
    untils = [datetime.fromisoformat(str(entry.data["until"])) for entry in entries.values()]
    return "lifted" in entries or max(untils, default=clock.now()) < clock.now()


def _as_recorded(hold: Hold, entries: dict[str, ChainEntry]) -> Hold:
    confirmed, lifted = entries.get("confirmed"), entries.get("lifted")
    if confirmed and hold.confirmed_by is None:
        began = hold.in_force_from or confirmed.at
        by = StaffId(str(confirmed.data["by"]))
        hold = hold.model_copy(update={"confirmed_by": by, "in_force_from": began, "ends_at": hold.until})
    if lifted and hold.lifted_by is None:
        by = StaffId(str(lifted.data["by"]))
        hold = hold.model_copy(update={"lifted_by": by, "ends_at": min(lifted.at, hold.ends_at)})
    return hold
