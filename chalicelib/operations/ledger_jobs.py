"""Jobs of the Ledger.

Invariants of a run, also if it fails (docs/adr/0007-hash-chains.md has more):

- An altered entry is reported before the checkpoint that omits it is written, since later runs do not read it
  again. So if a run is killed in between, the entry is reported twice.
- An altered entry does not stop the run: the heads of all other chains are signed.
- A damaged archive is an error, and no checkpoint is added to it.
- A failed run leaves no state: the next run continues from the newest checkpoint.
"""

from collections.abc import Sequence
from datetime import timedelta

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.core import chain, metrics, observe
from chalicelib.core.chain import ArchiveDamaged
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed

ledger_jobs = Blueprint(__name__)


# Hourly, since entries after the last checkpoint could be rewritten undetected; a run costs 16 small reads.
@ledger_jobs.schedule(Rate(1, unit=Rate.HOURS))
@observed
def checkpoint_ledger(_: CloudWatchEvent) -> dict[str, int]:
    """Sign the entries of the Ledger since the last run; returns the counts of the run."""
    try:
        run = chain.checkpoint(report_altered=_report_altered, report_lag=_report_lag)
    except ArchiveDamaged:
        metrics.gauge(Metric.ARCHIVE_DAMAGED, 1)
        raise
    metrics.gauge(Metric.ARCHIVE_DAMAGED, 0)  # also 0, which ends the alarm
    metrics.count(Metric.CHECKPOINT_MADE, len(run.made))
    return {"made": len(run.made), "chains": run.chains, "refused": len(run.refused)}


def _report_altered(places: Sequence[str]) -> None:
    """Log and count altered entries, not their places: the names of chains contain pseudonyms."""
    observe.log("ledger_entries_refused", number=len(places))
    metrics.count(Metric.ENTRY_REFUSED, len(places))
    metrics.flush()  # now, since the process may be killed in the rest of the run


def _report_lag(lag: timedelta) -> None:
    metrics.gauge(Metric.CHECKPOINT_LAG, int(lag.total_seconds()))
    metrics.flush()
