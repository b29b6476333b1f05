"""Mail by SES: the only module that sends it, and what SES reports about it.

A mail has a purpose and is sent only if the subject's choices permit it (USE-5). `send` is for service
messages, which need no consent and have no unsubscribe link. `send_wanted` is for all others: it takes a
mailbox from the gate of `consents/marketing`, and no address. The SES configuration tracks neither opens nor
clicks (USE-9). It reports bounces under the id of the mail, which contains nothing about the recipient. Every
mail ends with the controller's name, address and contact (NOT-4).

A failure is one of three errors, by what the caller may do next:

    MailRefused      SES will never accept mail for this address: do not retry
    MailUnavailable  SES certainly did not accept the mail now, because it throttles us, refuses our sender,
                     or could not be reached: it is safe to send the mail again
    MailInDoubt      no response, or a server error, including a 503 (`aws.in_doubt`): the mail may have been
                     sent, so sending it again could duplicate it

SES refuses a sender if its identity is not verified, its account is in the sandbox, paused or suspended, or
it lacks a permission. The recipient's address is not at fault, so the mail waits and an alarm is raised
(ADR 23).

SES reports the outcome of each mail that it took. After a hard bounce or a complaint it adds the address to
its suppression list by itself, and sends no mail there. It keeps the address until it is deleted, so an
erasure deletes the subject's address (RGT-3). Only SES gets the address: no mailbox provider is involved.
"""

import json
import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from chalicelib.core import aws, clock, egress, metrics
from chalicelib.core.aws import AwsBug, in_doubt
from chalicelib.core.clock import MINUTE, Pace
from chalicelib.core.ids import MailId
from chalicelib.core.languages import language_of
from chalicelib.core.markup import Html, tag
from chalicelib.core.metrics import Metric
from chalicelib.core.phrases import in_language
from chalicelib.core.settings import settings
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.purposes import Category, Choices, Purpose, permits
from chalicelib.privacy.recipients import Recipient


@dataclass(frozen=True)
class Mail:
    """One mail to one address.

    Attributes:
        paragraphs: they contain no personal data, but in answers of our support. An answer to a privacy
            request names the authority of the country that the subject declared.
        link: below the paragraphs.
        discloses: the categories of data that the provider of the mailbox gets with the mail.
    """

    mail_id: MailId
    to: str = field(repr=False)
    language: str
    subject: str
    paragraphs: tuple[str, ...] = field(repr=False)  # may contain a code
    link: str | None = field(default=None, repr=False)  # may contain a receipt
    discloses: frozenset[Category] = frozenset({Category.EMAIL})


@dataclass(frozen=True, repr=False)
class WantedMailbox:
    """A mailbox whose owner wants mail for a purpose. Only the gate of marketing makes one (a test compares).

    Attributes:
        mailbox: the address.
        locale: the reader's language.
        purpose: what the mail may be for.
        unsubscribe: the link by which the reader objects in one click (RFC 8058).
        judged_at: an instant before the subject's decisions were read.
    """

    mailbox: str
    locale: str | None
    purpose: Purpose
    unsubscribe: str
    judged_at: datetime

    @property
    def is_current(self) -> bool:
        """Whether the decisions were read so recently that the mail may be sent."""
        return clock.now() < self.judged_at + _VALID

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by which a mail program offers to unsubscribe (RFC 8058)."""
        return {
            "List-Unsubscribe": f"<{self.unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

    @property
    def unsubscribe_line(self) -> str:
        """The last line of the mail, with the link."""
        return in_language(_UNSUBSCRIBE, language_of(self.locale)).format(self.unsubscribe)


class MailNotSent(Exception):
    """The mail was not sent, or may not have been.

    Has no message, because SES's messages quote addresses.
    """


class MailRefused(MailNotSent):
    """SES will never accept it: the address or the message is invalid."""


class MailUnavailable(MailNotSent):
    """SES certainly did not accept it, but may do so later."""


class MailInDoubt(MailNotSent):
    """It is unknown whether SES accepted it."""


class NotPermitted(Exception):
    """The subject's choices do not permit mail for this purpose: a bug in the calling code."""


# Errors about a single message. All other refusals concern the sender.
_ABOUT_THE_MESSAGE = {"MessageRejected", "BadRequestException"}

# Exception: errors about the sender with the same code, recognised by the start of their text. Only the start
# is compared: the rest quotes addresses, which their owners choose. In the sandbox it names the recipient.
_ABOUT_THE_SENDER = re.compile(r"Email address (is )?not verified|Sending (paused|suspended) ", re.IGNORECASE)

# Quota errors specific to SES, in addition to the throttling errors of all services.
_QUOTAS = {"LimitExceededException"}

# A decision of the subject may be newer. A sender has to ask again for each mail, and not keep the answer.
_VALID = MINUTE

_UNSUBSCRIBE: Mapping[str, str] = {
    "en": "No more of these mails: {}",
    "sr": "Ne želite više ove poruke: {}",
}


def send(mail: Mail, purpose: Purpose, choices: Choices | None) -> None:
    """Pass a service message to SES, once.

    Raises:
        MailRefused, MailUnavailable, MailInDoubt: see the module's docstring.
        NotPermitted: the purpose needs consent or is not permitted; nothing was sent.
    """
    if not permits(choices, purpose):  # none that needs consent is: no offer is passed
        raise NotPermitted(purpose.value)
    _hand_over(_request(mail, purpose), purpose, mail.discloses)


def send_patiently(mail: Mail, purpose: Purpose, choices: Choices | None, pace: Pace) -> None:
    """Pass a service message to SES; up to twice, wait a second and pass it again.

    SES limits mails per second. Other mails of the stage count towards its rate too, so the pace of one job
    alone cannot keep it.

    Raises:
        MailRefused, MailUnavailable, MailInDoubt, NotPermitted: as `send`.
    """
    for _ in range(2):
        with suppress(MailUnavailable):
            return send(mail, purpose, choices)
        clock.pause(timedelta(seconds=1))
        pace.wait()
    return send(mail, purpose, choices)


def send_wanted(mail: Mail, to: WantedMailbox) -> None:
    """Pass a mail that is no service message to SES, once, with the headers and the link to unsubscribe.

    Raises:
        MailRefused, MailUnavailable, MailInDoubt: see the module's docstring.
        NotPermitted: the mail is for another mailbox, or the mailbox was judged too long ago.
    """
    if mail.to != to.mailbox or not to.is_current:
        raise NotPermitted(to.purpose.value)
    request = _request(mail, to.purpose, to.unsubscribe_line)
    request["Content"]["Simple"]["Headers"] = [
        {"Name": name, "Value": value} for name, value in to.headers.items()
    ]
    _hand_over(request, to.purpose, mail.discloses)


def _hand_over(request: dict[str, Any], purpose: Purpose, discloses: AbstractSet[Category]) -> None:
    try:
        _ses(purpose, discloses).send_email(**request)
    except (BotoCoreError, ClientError) as error:
        metrics.count(Metric.MAIL_NOT_SENT)
        if _refuses_sender(error):
            metrics.count(Metric.MAIL_SENDER_REFUSED)
        raise _meaning(error) from None
    metrics.count(Metric.MAIL_SENT)


def _ses(purpose: Purpose, discloses: AbstractSet[Category]) -> Any:  # noqa: ANN401 - boto3 ships no types
    return egress.aws_client(Recipient.MAIL_PROVIDERS, purpose, discloses, "sesv2")


def _concerns_message(error: ClientError) -> bool:
    details = error.response["Error"]
    return details["Code"] in _ABOUT_THE_MESSAGE and not _ABOUT_THE_SENDER.match(details.get("Message", ""))


def _refuses_sender(error: BotoCoreError | ClientError) -> bool:
    """Return whether SES refuses all our mail until an operator changes something."""
    if not isinstance(error, ClientError) or _concerns_message(error) or aws.is_temporary(error):
        return False
    return error.response["Error"]["Code"] not in _QUOTAS


def _meaning(error: BotoCoreError | ClientError) -> MailNotSent:
    if isinstance(error, ParamValidationError):
        return MailRefused()
    if isinstance(error, ClientError) and _concerns_message(error):
        return MailRefused()
    return MailInDoubt() if in_doubt(error) else MailUnavailable()


def _request(mail: Mail, purpose: Purpose, *last: str) -> dict[str, Any]:
    """The request of a mail; `last`: further lines of its signature."""
    sender = settings().mail()
    return {
        "FromEmailAddress": f"RU4M <{sender.sender}>",
        "Destination": {"ToAddresses": [mail.to]},
        "ReplyToAddresses": [settings().contact_email],
        "ConfigurationSetName": sender.configuration,
        "EmailTags": [
            {"Name": "mail_id", "Value": mail.mail_id},
            {"Name": "purpose", "Value": purpose.value},
        ],
        "Content": {
            "Simple": {
                "Subject": _data(mail.subject),
                "Body": {name: _data(content) for name, content in bodies(mail, *last).items()},
            }
        },
    }


def bodies(mail: Mail, *last: str) -> dict[str, str]:
    """The plain and the HTML text of a mail, as SES gets them; `last`: further lines of its signature."""
    signature = (f"{CONTROLLER.name}, {CONTROLLER.address}", settings().contact_email, *last)
    body = (*mail.paragraphs, mail.link) if mail.link else mail.paragraphs
    text = "\n\n".join((*body, "-- \n" + "\n".join(signature))) + "\n"
    return {"Text": text, "Html": _as_html(mail, signature)}


def _data(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def _as_html(mail: Mail, signature: tuple[str, ...]) -> str:
    """Render the text without images, scripts or styles, which could track the reader.

    The only link is the mail's own, shown in full.
    """
    head = tag("head", tag("meta", charset="utf-8"))
    paragraphs = [tag("p", paragraph) for paragraph in mail.paragraphs]
    if mail.link:
        paragraphs.append(tag("p", tag("a", mail.link, href=mail.link)))
    body = tag("body", *paragraphs, tag("hr"), tag("p", Html("<br>").join(signature)))
    return f"<!doctype html>{tag('html', head, body, lang=mail.language)}"


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
    return _reported(text, _is_lost)


def delivered_mail(text: str) -> MailId | None:
    """The id of the mail that SES reports as accepted by the mailbox's server; None for any other report."""
    return _reported(text, lambda report: bool(report["eventType"] == "Delivery"))


def _is_lost(report: Mapping[str, Any]) -> bool:
    kind = report["eventType"]
    held_back = kind == "Complaint" and report["complaint"].get("complaintSubType") == _HELD_BACK
    return kind in _LOST or held_back


def _reported(text: str, is_wanted: Callable[[Mapping[str, Any]], bool]) -> MailId | None:
    try:
        report: Mapping[str, Any] = json.loads(text)
        (mail_id,) = report["mail"]["tags"]["mail_id"] if is_wanted(report) else ("",)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # a message of the topic itself, such as a new subscription
    return MailId.parse(str(mail_id))
