"""Jobs of consents."""

from datetime import timedelta

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.consents import renewal
from chalicelib.core import clock
from chalicelib.core.metrics import Metric, count, gauge
from chalicelib.core.observe import observed

consent_jobs = Blueprint(__name__)

# A run stops well before Lambda's timeout; the run of the next hour continues.
_MAX_RUN_TIME = timedelta(minutes=10)


@consent_jobs.schedule(Rate(1, unit=Rate.HOURS), name="renew_consents")
@observed
def renew_consents(_: CloudWatchEvent) -> dict[str, int]:
    """Renew the evidence of consents in force and delete data of withdrawn ones (RGT-7)."""
    run = renewal.renew(until=clock.now() + _MAX_RUN_TIME)
    gauge(Metric.CONSENT_EVIDENCE_RENEWED, run.renewed)  # also zero: an alarm fires if the metric is missing
    count(Metric.CONSENT_EVIDENCE_AT_RISK, run.failed)
    count(Metric.CONSENT_DATA_DELETED, run.deleted)
    return {"renewed": run.renewed, "failed": run.failed, "deleted": run.deleted}
