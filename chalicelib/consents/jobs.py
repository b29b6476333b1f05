"""Jobs of consents."""

from datetime import timedelta

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.consents import renewing
from chalicelib.core import clock
from chalicelib.core.metrics import Metric, count, gauge
from chalicelib.core.observe import observed

consent_jobs = Blueprint(__name__)

# A run ends by itself well before Lambda ends it; the next hour's goes on.
_AT_MOST = timedelta(minutes=10)


@consent_jobs.schedule(Rate(1, unit=Rate.HOURS), name="renew_consents")
@observed
def renew_consents(_: CloudWatchEvent) -> dict[str, int]:
    """Keep the evidence of consents in force, delete what rested on others (RGT-7); return figures."""
    run = renewing.renew(until=clock.now() + _AT_MOST)
    gauge(Metric.CONSENT_EVIDENCE_RENEWED, run.renewed)  # zero too: its absence rings
    count(Metric.CONSENT_EVIDENCE_AT_RISK, run.failed)
    count(Metric.CONSENT_DATA_DELETED, run.deleted)
    return {"renewed": run.renewed, "failed": run.failed, "deleted": run.deleted}
