"""Handing a mail to SES: the one place from which any is sent.

A mail has a purpose, and is sent only if the subject's choices permit it (USE-5): a service message
needs no consent and knows no unsubscribing, marketing needs both. SES's configuration tracks neither
opening nor clicking (USE-9), and reports what comes back under the mail's id, which says nothing about
who got it. Who is responsible, and how to reach them, stands under every mail (NOT-4).

What became of a mail is told apart by what may be done next:

    MailRefused      never taken for this address; asking again is vain
    MailUnavailable  not taken now, for sure: SES limits us, refuses our sender, or we never reached it; it
                     may be sent again
    MailInDoubt      no answer, or that a server broke, be it with a 503 (`doubt`): it may be on its way,
                     and sending it again could double it

SES refuses a sender whose identity is not verified, whose account is in the sandbox, paused or suspended, or
that lacks a permission. That is not the recipient's fault, so the mail waits, and an alarm rings (ADR 23).
"""

import html
import re
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from chalicelib.core import aws, egress, metrics
from chalicelib.core.ids import MailId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.messages.doubt import in_doubt
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.purposes import Category, Choices, Purpose, permits
from chalicelib.privacy.recipients import Recipient


@dataclass(frozen=True)
class Mail:
    """One mail to one address. The paragraphs say nothing about the person."""

    mail_id: MailId
    to: str = field(repr=False)
    language: str
    subject: str
    paragraphs: tuple[str, ...] = field(repr=False)  # a code may stand there


class MailNotSent(Exception):
    """The mail did not go out, or may not have. None of these carries a text: SES's quotes addresses."""


class MailRefused(MailNotSent):
    """SES will not take it: the address or the message is no good."""


class MailUnavailable(MailNotSent):
    """SES certainly did not take it, but may later."""


class MailInDoubt(MailNotSent):
    """Nobody knows whether SES took it."""


class NotPermitted(Exception):
    """The subject's choices do not permit a mail for this purpose; a bug of whoever sends it."""


# What SES finds wrong with one message; everything else that it refuses concerns the sender.
_ABOUT_THE_MESSAGE = {"MessageRejected", "BadRequestException"}

# Except where a rejected message's text begins like this: the code is the same. Only the beginning is looked
# at, since further on it quotes addresses, which their owners choose. In the sandbox it names the recipient.
_ABOUT_THE_SENDER = re.compile(r"Email address (is )?not verified|Sending (paused|suspended) ", re.IGNORECASE)

# Quotas that SES words in a way of its own, beside those of all services.
_QUOTAS = {"LimitExceededException"}


def send(mail: Mail, purpose: Purpose, choices: Choices | None) -> None:
    """Hand a mail to SES, once.

    Raises:
        MailRefused, MailUnavailable, MailInDoubt: see the module.
        NotPermitted: nothing was sent.
    """
    if not permits(choices, purpose):
        raise NotPermitted(purpose.value)
    try:
        _ses(purpose).send_email(**_request(mail, purpose))
    except (BotoCoreError, ClientError) as error:
        metrics.count(Metric.MAIL_NOT_SENT)
        if _refuses_sender(error):
            metrics.count(Metric.MAIL_SENDER_REFUSED)
        raise _meaning(error) from None
    metrics.count(Metric.MAIL_SENT)


def _ses(purpose: Purpose) -> Any:  # noqa: ANN401 - boto3 ships no types
    return egress.aws_client(Recipient.MAIL_PROVIDERS, purpose, {Category.EMAIL}, "sesv2")


def _concerns_message(error: ClientError) -> bool:
    told = error.response["Error"]
    return told["Code"] in _ABOUT_THE_MESSAGE and not _ABOUT_THE_SENDER.match(told.get("Message", ""))


def _refuses_sender(error: BotoCoreError | ClientError) -> bool:
    """Whether SES will take no mail of ours before an operator changes something."""
    if not isinstance(error, ClientError) or _concerns_message(error) or aws.passes(error):
        return False
    return error.response["Error"]["Code"] not in _QUOTAS


def _meaning(error: BotoCoreError | ClientError) -> MailNotSent:
    if isinstance(error, ParamValidationError):
        return MailRefused()
    if isinstance(error, ClientError) and _concerns_message(error):
        return MailRefused()
    return MailInDoubt() if in_doubt(error) else MailUnavailable()


def _request(mail: Mail, purpose: Purpose) -> dict[str, Any]:
    sender = settings().mail()
    signature = (f"{CONTROLLER.name}, {CONTROLLER.address}", settings().contact_email)
    text = "\n\n".join((*mail.paragraphs, "-- \n" + "\n".join(signature))) + "\n"
    parts = {"Text": text, "Html": _as_html(mail, signature)}
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
                "Body": {name: _data(content) for name, content in parts.items()},
            }
        },
    }


def _data(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def _as_html(mail: Mail, signature: tuple[str, ...]) -> str:
    """The same words, and no picture, script, style or link to follow a reader by."""
    lines = [f"<p>{html.escape(paragraph)}</p>" for paragraph in mail.paragraphs]
    signed = "<br>".join(html.escape(line) for line in signature)
    head = f'<html lang="{mail.language}"><head><meta charset="utf-8"></head>'
    return f"<!doctype html>{head}<body>{''.join(lines)}<hr><p>{signed}</p></body></html>"
