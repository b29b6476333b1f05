"""Sending text messages by SNS: the only module that sends them.

The sender is the one that the stage has for the country of the number: an id, or a number of ours (ADR 73).

The register allows text messages only for purposes that need no consent and that a restriction does not stop,
so the subject's choices are not read (a test compares). A failure is one of three errors, by what the caller
may do next:

    TextRefused      SNS will never accept a message for this number, or this text: do not retry
    TextUnavailable  SNS certainly did not accept the message now: it is safe to send it again
    TextInDoubt      no response, or a server error (`aws.in_doubt`): the message may have been sent, so
                     sending it again could duplicate it
"""

from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from chalicelib.core import egress
from chalicelib.core.aws import in_doubt
from chalicelib.core.countries import OWN_NUMBER, country_of
from chalicelib.core.settings import settings
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.privacy.recipients import Recipient


@dataclass(frozen=True)
class TextMessage:
    """One text message to one number (E.164). The text contains no personal data."""

    to: str = field(repr=False)
    text: str = field(repr=False)  # may contain a code or a receipt


class TextNotSent(Exception):
    """The text message was not sent, or may not have been.

    Has no message, because SNS's messages quote numbers.
    """


class TextRefused(TextNotSent):
    """SNS will never accept it: the number is invalid or opted out, or the text is invalid."""


class TextUnavailable(TextNotSent):
    """SNS certainly did not accept it, but may do so later."""


class TextInDoubt(TextNotSent):
    """It is unknown whether SNS accepted it."""


_ID, _NUMBER = "AWS.SNS.SMS.SenderID", "AWS.MM.SMS.OriginationNumber"
_ABOUT_THE_MESSAGE = {"InvalidParameter", "InvalidParameterValue"}


def send(message: TextMessage, purpose: Purpose) -> None:
    """Pass a text message to SNS, once.

    Raises:
        TextRefused, TextUnavailable, TextInDoubt: see the module's docstring. The cause is not chained, since
            its text contains the number.
    """
    try:
        _sns(purpose).publish(
            PhoneNumber=message.to,
            Message=message.text,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in _attributes(message.to).items()
            },
        )
    except (BotoCoreError, ClientError) as error:
        raise _meaning(error) from None


def _attributes(number: str) -> dict[str, str]:
    """Return SNS's attributes of a text to a number: its type, and the sender to its country if any."""
    sender = settings().sms_senders.get(country_of(number))
    named = {} if sender is None else {_NUMBER if OWN_NUMBER.fullmatch(sender) else _ID: sender}
    return {"AWS.SNS.SMS.SMSType": "Transactional", **named}


def _sns(purpose: Purpose) -> Any:  # noqa: ANN401 - boto3 ships no types
    return egress.aws_client(Recipient.SMS_CARRIERS, purpose, {Category.PHONE_NUMBER}, "sns")


def _meaning(error: BotoCoreError | ClientError) -> TextNotSent:
    if isinstance(error, ParamValidationError):
        return TextRefused()
    if isinstance(error, ClientError) and error.response["Error"]["Code"] in _ABOUT_THE_MESSAGE:
        return TextRefused()
    return TextInDoubt() if in_doubt(error) else TextUnavailable()
