"""SES's suppression list of our account: addresses to which SES sends no mail.

SES adds addresses by itself, after a hard bounce or a complaint. It keeps them until they are deleted, so an
erasure deletes the subject's address (RGT-3). Only SES gets the address: no mailbox provider is involved.
"""

from functools import partial

from chalicelib.core import aws, egress
from chalicelib.core.aws import AwsBug
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.privacy.recipients import Recipient


def lift(address: str) -> bool:
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
