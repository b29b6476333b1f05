"""Sums the verified codes of each country and day: the history for the budgets (ADR 26).

Each run counts yesterday and today again from the counters, so a later run makes up for a killed one until
the end of the next day. Counts of a day only grow. One conditional write replaces the record, so a run that
was overtaken by another one writes nothing.
"""

from contextlib import suppress

from chalicelib.accounts.challenges.budgets import store
from chalicelib.accounts.challenges.budgets.budget import PER_COUNTRY
from chalicelib.accounts.limits.model import CodeHistory
from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.settings import settings


def record_verified_codes() -> int:
    """Update the history; returns the number of countries that it has verified codes of.

    Raises:
        Unavailable: the counters or the record are unreachable; the next run makes up for this one.
        Unfit: the record cannot be read; functions keep the version that they have read.
    """
    now = clock.now()
    today = now.replace(hour=0, minute=0, second=0)
    before = store.get_history()
    counts = PER_COUNTRY.verified_codes(settings().sms_countries, (today - DAY, today))
    after = (before or CodeHistory(counted_at=now, version=0, verified={})).with_counts(counts, now)
    with suppress(store.HistoryMoved):
        store.put_history(before, after)
    return len(after.verified)
