"""Mail that does not arrive: SES's reports about it, and the suppression list of our account at SES.

SES reports the outcome of each mail that it took. After a hard bounce or a complaint it adds the address to
its suppression list by itself, and sends no mail there. It keeps the address until it is deleted, so an
erasure deletes the subject's address (RGT-3). Only SES gets the address: no mailbox provider is involved.
"""

import json
from functools import partial
from typing import Any

from chalicelib.core import aws, egress
from chalicelib.core.aws import AwsBug
from chalicelib.core.ids import MailId
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.privacy.recipients import Recipient


def delete_suppressed_address(address: str) -> bool:
    """Delete an address from the list; return whether the list had it. It may be called again.

    Raises:
        Unavailable: SES does not answer or throttles us; it may have deleted the address.
        AwsBug: SES refuses.
    """
    ask = egress.client(
        Recipient.AWS, Purpose.LEGAL_OBLIGATION, {Category.EMAIL}, lambda: partial(aws.ask, "sesv2")
    )
    try:
        ask("delete_suppressed_destination", EmailAddress=address)
    except AwsBug as bug:
        if str(bug) != "NotFoundException":
            raise
        return False
    return True


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
