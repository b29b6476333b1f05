"""The job that reads SES's reports of mails that did not arrive, and of warnings that did.

Notices, also of breaches, are then shown in the app; the closing of an idle account is postponed. A request
without a session whose owner was not warned waits for operators, and so does an answer of our support.
"""

import os
from collections.abc import Callable, Mapping
from functools import partial

from chalice.app import Blueprint, SNSEvent

from chalicelib.core.metrics import Metric
from chalicelib.core.observe import observed
from chalicelib.messages import mail
from chalicelib.messages.campaigns import service as campaigns
from chalicelib.messages.campaigns.model import CampaignKind, Delivery
from chalicelib.rights.erasure.idle import warnings
from chalicelib.staff.support import answers

mail_jobs = Blueprint(__name__)

# The template sets the real topic; Chalice needs a placeholder for packaging.
_TOPIC = os.environ.get("RU4M_MAIL_TOPIC", "arn:aws:sns:eu-central-1:0:mail")

# One for each kind: a mail that came back must not be ignored.
RECORD_BOUNCE: Mapping[CampaignKind, Callable[[Delivery], None]] = {
    CampaignKind.ANNOUNCEMENT: partial(campaigns.show_after_bounce, metric=Metric.NOTICE_ANNOUNCED),
    CampaignKind.BREACH: partial(campaigns.show_after_bounce, metric=Metric.BREACH_SUBJECT_NOTIFIED),
    CampaignKind.IDLE_WARNING: warnings.record_bounce,
    CampaignKind.REQUEST_WARNING: campaigns.record_loss,
}


@mail_jobs.on_sns_message(topic=_TOPIC, name="note_bounces")
@observed
def note_bounces(event: SNSEvent) -> None:
    """Show the notice in the app to each account that its mail did not reach.

    So is a notice of a breach (SEC-4). An account that a warning of its closing did not reach is closed later
    (RET-5). The delivery of a warning lets a request without a session go on (ADR 49).
    """
    for record in event.to_dict()["Records"]:
        report = record["Sns"]["Message"]
        if mail_id := mail.lost_mail(report):
            campaigns.record_bounce(mail_id, RECORD_BOUNCE)
            answers.record_loss(mail_id)
        if mail_id := mail.delivered_mail(report):
            campaigns.record_arrival(mail_id)
