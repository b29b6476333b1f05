"""Handing a code to the carriers, by SNS."""

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core import aws, metrics
from chalicelib.core.metrics import Metric
from chalicelib.signup.model import SmsUnavailable

__all__ = ["SmsUnavailable", "send_code"]

# Serbian is the language of most users; everybody else is written to in English.
_TEXTS = {
    "sr": "RU4M kod: {code}. Ne dajte ga nikome.",
    "en": "Your RU4M code is {code}. Do not share it with anyone.",
}


def send_code(phone: str, code: str, locale: str | None) -> None:
    """Send the code in the user's language.

    Raises:
        SmsUnavailable: the carrier did not take it. The cause is not chained: its text has the number.
    """
    language = (locale or "").split("-")[0]
    try:
        aws.client("sns").publish(
            PhoneNumber=phone,
            Message=_TEXTS.get(language, _TEXTS["en"]).format(code=code),
            MessageAttributes={
                "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"},
                "AWS.SNS.SMS.SenderID": {"DataType": "String", "StringValue": "RU4M"},
            },
        )
    except (BotoCoreError, ClientError):
        raise SmsUnavailable from None
    metrics.count(Metric.CODE_SENT)
