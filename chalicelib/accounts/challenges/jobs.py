"""Jobs of challenges."""

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.accounts.challenges import budgets
from chalicelib.core.metrics import Metric, gauge
from chalicelib.core.observe import log, observed

challenge_jobs = Blueprint(__name__)


@challenge_jobs.schedule(Rate(1, unit=Rate.HOURS), name="record_verified_codes")
@observed
def record_verified_codes(_: CloudWatchEvent) -> dict[str, int]:
    """Update the numbers of verified codes in each country (ADR 26), and report where texts do not arrive."""
    countries, unverified = budgets.record_verified_codes()
    gauge(Metric.CODE_HISTORY_RECORDED, countries)  # zero too: an alarm watches for missing values
    gauge(Metric.CODE_COUNTRIES_UNVERIFIED, len(unverified))
    for country in unverified:
        log("codes_unverified", code=country)
    return {"countries": countries}
