"""Which backups of the tables are left, and until when: for an alarm, and for certificates of erasures.

A backup is left if DynamoDB made it of a deleted table, or if it was made on demand and is older than a table
can be recovered. An on-demand backup that is younger contains nothing for longer than recovery does.

The Ledger has what a check found, once a day and when it changes, so that a certificate needs one query.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from chalicelib.core import clock, metrics
from chalicelib.core.chain import DailyHistory
from chalicelib.core.clock import DAY
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.privacy.periods import Period
from chalicelib.retention.backups import store
from chalicelib.retention.backups.model import KnownBackups, TableBackup

HISTORY = DailyHistory("backups")
CHECKED = "checked"
_KEYS_UNTIL, _OTHERS_UNTIL = "keys_until", "others_until"


def check(now: datetime) -> None:
    """List the backups, report how many are left, and record until when.

    Raises:
        Unavailable, AwsBug: DynamoDB or the Ledger does not answer; nothing is reported.
    """
    stage, days = settings().stage, settings().backups
    left = [one for one in store.of_stage(stage) if one.is_left(stage, days, now)]
    keys = [one for one in left if one.is_of_keys(stage)]
    others = [one for one in left if not one.is_of_keys(stage)]
    outcome = {
        "keys": len(keys),
        "others": len(others),
        **_last_end(_KEYS_UNTIL, keys),
        **_last_end(_OTHERS_UNTIL, others),
    }
    newest = HISTORY.newest(now)
    if newest is None or newest.data != outcome:
        HISTORY.record(now, CHECKED, outcome, Period.AUDIT.ends(now))
    metrics.gauge(Metric.KEY_BACKUPS_LEFT, len(keys))
    metrics.gauge(Metric.OTHER_BACKUPS_LEFT, len(others))


def known(now: datetime) -> KnownBackups:
    """What the settings and the newest check say about backups.

    Without a check of today or yesterday, only the settings count; `no-backup-check` rings then.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    newest = HISTORY.newest(now) or HISTORY.newest(now - DAY)
    said = newest.data if newest else {}
    ends = {
        name: datetime.fromisoformat(str(said[name])) for name in (_KEYS_UNTIL, _OTHERS_UNTIL) if name in said
    }
    days = settings().backups
    return KnownBackups(days.keys, days.others, **ends)


def _last_end(name: str, left: Iterable[TableBackup]) -> dict[str, str]:
    """The end of the last one that has an end, rounded up to a second."""
    ends = [one.ends_at + timedelta(seconds=1) for one in left if one.ends_at]
    return {name: clock.to_text(max(ends))} if ends else {}
