"""Reports of SES about mails that it took, and which of them mean that a mail did not arrive."""

import json
from typing import Any

from chalicelib.core.ids import MailId

_LOST = {"Bounce", "Reject"}
# A complaint means that the mail arrived, unless SES itself held it back.
_HELD_BACK = "OnAccountSuppressionList"


def lost_mail(text: str) -> MailId | None:
    """The id of the mail that SES reports as not arrived; None for any other report."""
    try:
        report: dict[str, Any] = json.loads(text)
        kind = report["eventType"]
        held_back = kind == "Complaint" and report["complaint"].get("complaintSubType") == _HELD_BACK
        (mail_id,) = report["mail"]["tags"]["mail_id"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # a message of the topic itself, such as a new subscription
    return MailId.parse(str(mail_id)) if kind in _LOST or held_back else None
