"""Jobs of notices."""

import json
import os
from datetime import timedelta
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, Rate, SNSEvent

from chalicelib.core import clock, metrics
from chalicelib.core.ids import MailId
from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.notices import announcing, telling

notice_jobs = Blueprint(__name__)

# The template puts the real topic here; Chalice only needs something to package.
_TOPIC = os.environ.get("RU4M_MAIL_TOPIC", "arn:aws:sns:eu-central-1:0:mail")

# What has begun when the time is up may take this long: a mail and its notes.
_LAST_STEP = timedelta(seconds=30)

# What SES reports of a mail that did not arrive. What is complained of did, unless SES held it back itself.
_LOST = {"Bounce", "Reject"}
_HELD_BACK = "OnAccountSuppressionList"


@notice_jobs.schedule(Rate(10, unit=Rate.MINUTES), name="announce_notices")
@observed
def announce_notices(event: CloudWatchEvent) -> None:
    """Tell accounts of new versions (NOT-1), until shortly before Lambda ends the run."""
    context: Any = event.context  # Lambda's own, which Chalice types as a dictionary
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    taken_over = announcing.announce(clock.now() + left - _LAST_STEP)
    metrics.gauge(Metric.NOTICE_WALKS_TAKEN_OVER, taken_over)  # zero too: its absence rings


@notice_jobs.on_sns_message(topic=_TOPIC, name="note_bounces")
@observed
def note_bounces(event: SNSEvent) -> None:
    """Tell in the app whom a mail did not reach."""
    for record in event.to_dict()["Records"]:
        if mail_id := _lost_mail(record["Sns"]["Message"]):
            telling.came_back(mail_id)


def _lost_mail(text: str) -> MailId | None:
    """The mail that a report of SES says did not arrive; None for reports about anything else."""
    try:
        report: dict[str, Any] = json.loads(text)
        kind = report["eventType"]
        held_back = kind == "Complaint" and report["complaint"].get("complaintSubType") == _HELD_BACK
        (mail_id,) = report["mail"]["tags"]["mail_id"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # the topic's own messages, such as that it was connected
    return MailId.parse(str(mail_id)) if kind in _LOST or held_back else None
