"""Sends a code by SMS, through SNS."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.challenges.model import SmsInDoubt, SmsUnavailable
from chalicelib.core import egress, metrics
from chalicelib.core.metrics import Metric
from chalicelib.messages.doubt import in_doubt
from chalicelib.messages.languages import language
from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.privacy.recipients import Recipient

# Serbian is the language of most users; all others get English.
_TEXTS = {
    "sr": "RU4M kod: {code}. Ne dajte ga nikome.",
    "en": "Your RU4M code is {code}. Do not share it with anyone.",
}


def send_code(phone: str, code: str, locale: str | None) -> None:
    """Send the code in the user's language.

    Raises:
        SmsUnavailable: SNS did not accept it. The cause is not chained, since its text contains the number.
        SmsInDoubt: it is unknown whether SNS accepted it.
    """
    try:
        _carriers().publish(
            PhoneNumber=phone,
            Message=_TEXTS[language(locale, _TEXTS)].format(code=code),
            MessageAttributes={
                "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"},
                "AWS.SNS.SMS.SenderID": {"DataType": "String", "StringValue": "RU4M"},
            },
        )
    except (BotoCoreError, ClientError) as error:
        raise (SmsInDoubt if in_doubt(error) else SmsUnavailable) from None
    metrics.count(Metric.CODE_SENT)


def _carriers() -> Any:  # noqa: ANN401 - boto3 ships no types
    sent = {Category.PHONE_NUMBER}
    return egress.aws_client(Recipient.SMS_CARRIERS, Purpose.AUTHENTICATION, sent, "sns")
