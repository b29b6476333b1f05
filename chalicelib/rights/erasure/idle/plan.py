"""What is due for an account, decided from its record of use alone, without I/O.

Invariants:

- A use ends all warnings: they stand only for the use for which they were sent. Clocks are not compared.
- An account is closed only after a first warning at least 60 days before and, if it has an address, a second
  one at least 14 days before. If the closing is a month late, or warnings were restored from a backup,
  warnings begin anew.
- A late job makes every date later, never a warning shorter.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from chalicelib.accounts.model import WARNED_BEFORE, LastUse, WarningStage
from chalicelib.accounts.service import Placed, UseList
from chalicelib.core.clock import DAY

WARNED_AGAIN_BEFORE = 14 * DAY
UNDELIVERED_ADDS = 60 * DAY
_CLOSED_WITHIN = 30 * DAY  # after the day that the warnings named, or they are forgotten


class DueAction(Enum):
    """What a run has to do about an account."""

    MOVE = auto()  # nothing is due; the row moves to where it belongs
    WARN = auto()
    CLOSE = auto()


@dataclass(frozen=True)
class Plan:
    """What is due, and the record without warnings that do not stand any more."""

    action: DueAction
    use: LastUse


def plan(use: LastUse, now: datetime, warnings_from: datetime | None = None) -> Plan:
    """Decide what is due for an account. Warnings from before `warnings_from` do not stand."""
    if use.stage is WarningStage.CLOSING:
        return Plan(DueAction.MOVE, use)
    stands = not use.was_used_since_warned and not _is_outdated(use, now, warnings_from)
    current = use if stands else fresh(use)
    if now < max(place(current).due_at, current.warnable_from):
        return Plan(DueAction.MOVE, fresh(current) if current.stage is None else current)
    return Plan(DueAction.CLOSE if current.stage is WarningStage.LAST else DueAction.WARN, current)


def _is_outdated(use: LastUse, now: datetime, warnings_from: datetime | None) -> bool:
    """Return whether the warnings are too old: the closing is late, or they were sent before an instant."""
    if use.warned_at and warnings_from and use.warned_at < warnings_from:
        return True
    return use.stage is WarningStage.LAST and now >= place(use).due_at + _CLOSED_WITHIN


def fresh(use: LastUse) -> LastUse:
    """The record without warnings."""
    return LastUse(account_id=use.account_id, used_at=use.used_at, kept_at=use.kept_at)


def place(use: LastUse) -> Placed:
    """In which list a record belongs, and when it is due there."""
    closes_at = use.closes_at or use.warnable_from
    match use.stage:
        case None:
            return Placed(UseList.IDLE, use.warnable_from)
        case WarningStage.FIRST:
            return Placed(UseList.IDLE, closes_at - WARNED_AGAIN_BEFORE)
        case WarningStage.LAST:
            return Placed(UseList.CLOSE, closes_at)
        case WarningStage.CLOSING:
            return Placed(UseList.CLOSING, use.closing_since or closes_at)


def closes_at_if_warned(use: LastUse, now: datetime) -> datetime:
    """The day of the closing that a warning names which is sent now."""
    if use.stage is None:
        return now + WARNED_BEFORE
    return max(use.closes_at or now, now + WARNED_AGAIN_BEFORE)


def warned(use: LastUse, now: datetime, *, has_more: bool, arrived: bool) -> LastUse:
    """The record after a warning. `has_more`: a second one follows, if this was the first."""
    is_first = use.stage is None
    changes = {
        "stage": WarningStage.FIRST if is_first and has_more else WarningStage.LAST,
        "sending": None,
        "warned_at" if is_first else "warned_again_at": now,
        "closes_at": closes_at_if_warned(use, now) + (UNDELIVERED_ADDS * (not arrived)),
    }
    return use.model_copy(update=changes)


def undelivered(use: LastUse) -> LastUse:
    """The record after the newest warning came back."""
    later = (use.closes_at or use.warnable_from) + UNDELIVERED_ADDS
    return use.model_copy(update={"closes_at": later, "mail_id": None})
