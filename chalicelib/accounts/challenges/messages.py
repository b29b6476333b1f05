"""Sends a code by mail or by SMS, in the user's language."""

from chalicelib.accounts.challenges.model import EmailInDoubt, EmailUnavailable, SmsInDoubt, SmsUnavailable
from chalicelib.accounts.challenges.numbers import country_of
from chalicelib.core import metrics
from chalicelib.core.ids import MailId
from chalicelib.core.metrics import Metric
from chalicelib.messages import mail, sms
from chalicelib.messages.letters import Letters, ShortTexts, compose, short_text
from chalicelib.messages.mail import MailInDoubt, MailRefused, MailUnavailable
from chalicelib.messages.model import InvalidEmail
from chalicelib.messages.sms import TextInDoubt, TextMessage, TextRefused, TextUnavailable
from chalicelib.privacy.purposes import Purpose

# The code is not in the subject, since locked screens show that.
_CODE_MAIL: Letters = {
    "sr": (
        "RU4M: kod za potvrdu",
        (
            "Vaš RU4M kod: {code}. Ne dajte ga nikome.",
            "Važi deset minuta. Ako ga niste tražili, zanemarite ovu poruku.",
        ),
    ),
    "en": (
        "RU4M: your code",
        (
            "Your RU4M code is {code}. Do not share it with anyone.",
            "It is valid for ten minutes. If you did not ask for it, ignore this message.",
        ),
    ),
}


def mail_code(address: str, code: str, locale: str | None) -> None:
    """Send the code in the user's language.

    The user's choices are not read: the user requested this mail, so it needs no consent, and no objection
    applies.

    Raises:
        InvalidEmail: SES will never accept mail for this address.
        EmailUnavailable: SES did not accept it; a new request sends another code.
        EmailInDoubt: it is unknown whether SES accepted it; the same applies.
    """
    letter = compose(_CODE_MAIL, MailId.new(), address, locale, {"code": code})
    try:
        mail.send(letter, Purpose.AUTHENTICATION, choices=None)
    except MailRefused:
        raise InvalidEmail from None
    except MailUnavailable:
        raise EmailUnavailable from None
    except MailInDoubt:
        raise EmailInDoubt from None


# Each fits into one part, in each script: a code is the message that attackers make us send.
_CODE_TEXT: ShortTexts = {
    "sr": "RU4M kod: {code}. Ne dajte ga nikome.",
    "en": "Your RU4M code is {code}. Do not share it with anyone.",
}


def text_code(phone: str, code: str, locale: str | None) -> None:
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
