"""Adding up the verified codes of each country and day, which is the history of the budgets (ADR 26).

Each run counts yesterday and today anew from the counters, so the next run makes up for one that was
killed, until the end of the day after. Counts of a day only grow, and one conditional write replaces the
record: a run that was overtaken writes nothing.
"""

from contextlib import suppress

from chalicelib.challenges import budgets, store
from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.settings import settings
from chalicelib.limits.model import CodeHistory


def record_verified_codes() -> int:
    """Bring the history up to date; for how many countries it has verified codes.

    Raises:
        Unavailable: the counters or the record can't be reached; the next run makes up for this one.
        Unfit: the record can't be read; functions go on with what they know.
    """
    now = clock.now()
    today = now.replace(hour=0, minute=0, second=0)
    before = store.get_history()
    counts = budgets.PER_COUNTRY.verified_codes(settings().sms_countries, (today - DAY, today))
    after = (before or CodeHistory(counted_at=now, version=0, verified={})).with_counts(counts, now)
    with suppress(store.HistoryMoved):
        store.put_history(before, after)
    return len(after.verified)
