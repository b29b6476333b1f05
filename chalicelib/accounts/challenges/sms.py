"""Sends a code by SMS."""

from chalicelib.accounts.challenges.model import SmsInDoubt, SmsUnavailable
from chalicelib.accounts.challenges.numbers import country_of
from chalicelib.core import metrics
from chalicelib.core.metrics import Metric
from chalicelib.messages import sms
from chalicelib.messages.letters import ShortTexts, short_text
from chalicelib.messages.sms import TextInDoubt, TextMessage, TextRefused, TextUnavailable
from chalicelib.privacy.purposes import Purpose

# Each fits into one part, in each script: a code is the message that attackers make us send.
_CODE_TEXT: ShortTexts = {
    "sr": "RU4M kod: {code}. Ne dajte ga nikome.",
    "en": "Your RU4M code is {code}. Do not share it with anyone.",
}


def send_code(phone: str, code: str, locale: str | None) -> None:
    """Send the code in the user's language.

    Raises:
        SmsUnavailable: SNS did not accept it.
        SmsInDoubt: it is unknown whether SNS accepted it.
    """
    text = short_text(_CODE_TEXT, locale, {"code": code})
    try:
        sms.send(TextMessage(to=phone, text=text), Purpose.AUTHENTICATION)
    except (TextRefused, TextUnavailable):
        raise SmsUnavailable from None
    except TextInDoubt:
        raise SmsInDoubt from None
    metrics.count(Metric.CODE_TEXTED, of=country_of(phone))
