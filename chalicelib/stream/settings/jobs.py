"""The daily check: of the settings of our app at Stream, and of the days by which to review the register."""

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.core.observe import observed
from chalicelib.core.settings import settings
from chalicelib.privacy import reviews
from chalicelib.stream.settings import service

chat_settings_jobs = Blueprint(__name__)


@chat_settings_jobs.schedule(Rate(1, unit=Rate.DAYS), name="check_chat_settings")
@observed
def check_chat_settings(event: CloudWatchEvent) -> dict[str, int] | dict[str, str]:
    """Compare the settings of our app at Stream with the baseline (STR-3); returns the counts of the check.

    It first reports the reviews that are due (SEC-3), so that an outage of Stream does not prevent it.

    The detail `{"confirm_placement": "dublin.c1"}` records where an operator saw the app hosted. It and
    `{"show_placement": true}` return what is recorded, and for which app.
    """
    placement = event.detail.get("confirm_placement")
    if placement:
        service.confirm_placement(str(placement))
    if placement or event.detail.get("show_placement"):
        return {"app": settings().stream_api_key, "placement": service.confirmed_placement()}
    return {"reviews_due": reviews.report_due(), **service.check().counts}
