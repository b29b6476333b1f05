"""Jobs of the Ledger.

What a run owes, and when it breaks half-way (docs/adr/0007-hash-chains.md has the rest):

- An altered entry is told of before the checkpoint that steps over it is written: later runs do not look at
  it again, so a run that dies in between may tell twice, but never not at all.
- Nothing that is found stops the rest: other chains are signed all the same.
- A damaged archive is an error, and nothing is signed on top of it.
- A run that fails needs no place to be kept: the next one goes on from the newest checkpoint.
"""

from collections.abc import Sequence

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.core import chain, observe
from chalicelib.core.chain import ArchiveDamaged
from chalicelib.core.metrics import Metric, count
from chalicelib.core.observe import observed

ledger_jobs = Blueprint(__name__)


# Hourly: what was appended since the last run can be rewritten unnoticed, and a run costs 16 small reads.
@ledger_jobs.schedule(Rate(1, unit=Rate.HOURS))
@observed
def checkpoint_ledger(_: CloudWatchEvent) -> dict[str, int]:
    """Sign what was appended to the Ledger since the last run; answers in figures what was done."""
    try:
        run = chain.checkpoint(report_altered=_report_altered)
    except ArchiveDamaged:
        count(Metric.ARCHIVE_DAMAGED)
        raise
    count(Metric.CHECKPOINT_MADE, len(run.made))
    return {"made": len(run.made), "chains": run.chains, "refused": len(run.refused)}


def _report_altered(places: Sequence[str]) -> None:
    """That entries are not as they were written; which ones is not for a log, since chains name people."""
    observe.log("ledger_entries_refused", number=len(places))
    count(Metric.ENTRY_REFUSED, len(places))
    observe.flush()  # now: the rest of the run may take the process with it
