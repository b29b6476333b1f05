"""The job that reads SES's reports of mails that did not arrive.

Notices, also of breaches, are then shown in the app; the closing of an idle account is postponed.
"""

import os

from chalice.app import Blueprint, SNSEvent

from chalicelib.consents.announcements import service as announcement
from chalicelib.core.observe import observed
from chalicelib.messages import mail
from chalicelib.operations.breaches.subject_notices import notice as breach_notice
from chalicelib.rights.erasure.idle import warnings

mail_jobs = Blueprint(__name__)

# The template sets the real topic; Chalice needs a placeholder for packaging.
_TOPIC = os.environ.get("RU4M_MAIL_TOPIC", "arn:aws:sns:eu-central-1:0:mail")


@mail_jobs.on_sns_message(topic=_TOPIC, name="note_bounces")
@observed
def note_bounces(event: SNSEvent) -> None:
    """Show the notice in the app to each account that its mail did not reach.

    So is a notice of a breach (SEC-4). An account that a warning of its closing did not reach is closed later
    (RET-5).
    """
    for record in event.to_dict()["Records"]:
        if mail_id := mail.lost_mail(record["Sns"]["Message"]):
            announcement.record_bounce(mail_id)
            breach_notice.record_bounce(mail_id)
            warnings.record_return(mail_id)
