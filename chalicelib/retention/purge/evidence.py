"""Evidence of the purge in the Ledger: what was found, and that nothing was found. It names no item.

`usage_ended_before` is an hour earlier than `ended_before`: events of usage are read by whole hours, so one
that ended in the last hour may still be stored.

A run that meets something due by an index records that before it begins, and its figures at its end. So a
killed run leaves a line too. A run that finds nothing records that once a day, and again after each run that
had something to delete. The next checkpoint of the Ledger signs the line.
"""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.chain import ChainEntry, DailyHistory
from chalicelib.privacy.periods import Period

HISTORY = DailyHistory("purge")

_DAYS_SHOWN = 7

BEGUN, FINISHED, NOTHING_FOUND = "begun", "finished", "nothing_found"


def record_begun(as_of: datetime, before: datetime, place: str) -> None:
    """Record that a run deletes what ended before an instant and is stored; `place` is the first table.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    _record(as_of, BEGUN, {**_ended(before), "first": place})


def record_finished(
    as_of: datetime, before: datetime, figures: Mapping[str, Mapping[str, int]], complete: int
) -> None:
    """Record the figures of a run that has begun, by table, and whether it read everything (1 or 0).

    Raises:
        Unavailable: the Ledger does not answer.
    """
    _record(as_of, FINISHED, {**_ended(before), "complete": complete, "tables": dict(figures)})


def record_nothing_found(as_of: datetime, before: datetime) -> None:
    """Record that nothing that ended before an instant was found, unless that is the day's newest entry.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    newest = HISTORY.newest(as_of)
    if newest is None or newest.event != NOTHING_FOUND:
        _record(as_of, NOTHING_FOUND, _ended(before))


def newest(now: datetime) -> ChainEntry | None:
    """The newest entry of the last days; None if there is none, or if it was altered.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    days = (now - ago * clock.DAY for ago in range(_DAYS_SHOWN))
    return next(filter(None, map(HISTORY.newest, days)), None)


def _ended(before: datetime) -> dict[str, str]:
    return {
        "ended_before": clock.to_text(before),
        "usage_ended_before": clock.to_text(before - clock.HOUR),
    }


def _record(as_of: datetime, event: str, said: Mapping[str, object]) -> None:
    whole = {"as_of": clock.to_text(as_of), **said}
    HISTORY.record(as_of, event, whole, Period.AUDIT.ends(clock.now()))
