"""The messages with a code, by mail and by text."""

from chalicelib.accounts.challenges.model import EmailInDoubt, EmailUnavailable, SmsInDoubt, SmsUnavailable
from chalicelib.core import apps, metrics
from chalicelib.core.apps import Apps
from chalicelib.core.countries import country_of
from chalicelib.core.ids import MailId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.messages import mail, sms
from chalicelib.messages.letters import Letters, ShortTexts, compose, short_text
from chalicelib.messages.mail import MailInDoubt, MailRefused, MailUnavailable
from chalicelib.messages.model import InvalidEmail
from chalicelib.messages.sms import TextInDoubt, TextMessage, TextRefused, TextUnavailable
from chalicelib.privacy.purposes import Purpose

# The code is not in the subject, since locked screens show that.
CODE_MAIL: Letters = {
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
# To the owner of a known device, in place of a text (ADR 78).
CODE_MAIL_INSTEAD: Letters = {
    "sr": (
        "RU4M: kod za potvrdu",
        (
            "Vaš RU4M kod: {code}. Ne dajte ga nikome.",
            "Važi deset minuta. Šaljemo ga imejlom jer SMS poruke trenutno ne stižu na brojeve vaše zemlje.",
            "Može ga tražiti samo uređaj koji je bio prijavljen na vaš nalog i koji drugi nije odjavio.",
            "Ako ga niste tražili, odjavite druge uređaje u aplikaciji ili nam pišite.",
        ),
    ),
    "en": (
        "RU4M: your code",
        (
            "Your RU4M code is {code}. Do not share it with anyone.",
            "It is valid for ten minutes. We mail it because texts to your country do not arrive at present.",
            "Only a device that was signed in to your account, and that no other one signed out, can get it.",
            "If you did not ask for it, sign out your other devices in the app, or write to us.",
        ),
    ),
}
# Each fits into one part, in each script: a code is the message that attackers make us send. That in Cyrillic
# script leaves room for both lines of `Apps.lines`, with the host of the production API (ADR 82).
_CODE_TEXT: ShortTexts = {
    "sr": "RU4M kod: {code}. Ne dajte ga nikom.",
    "en": "Your RU4M code is {code}. Do not share it with anyone.",
}


def mail_code(address: str, code: str, locale: str | None, letters: Letters = CODE_MAIL) -> None:
    """Send the code in the user's language.

    The user's choices are not read: the user requested this mail, so it needs no consent, and no objection
    applies.

    Raises:
        InvalidEmail: SES will never accept mail for this address.
        EmailUnavailable: SES did not accept it; a new request sends another code.
        EmailInDoubt: it is unknown whether SES accepted it; the same applies.
    """
    letter = compose(letters, MailId.new(), address, locale, {"code": code})
    try:
        mail.send(letter, Purpose.AUTHENTICATION, choices=None)
    except MailRefused:
        raise InvalidEmail from None
    except MailUnavailable:
        raise EmailUnavailable from None
    except MailInDoubt:
        raise EmailInDoubt from None


def code_text(code: str, locale: str | None, of: Apps) -> str:
    """Compose the text with a code. It ends in the lines from which the phones' systems fill the code in."""
    return "\n".join((short_text(_CODE_TEXT, locale, {"code": code}), *of.lines(code)))


def text_code(phone: str, code: str, locale: str | None) -> None:
    """Send the code in the user's language.

    Raises:
        SmsUnavailable: SNS did not accept it.
        SmsInDoubt: it is unknown whether SNS accepted it.
    """
    text = code_text(code, locale, apps.of_stage(settings().environment))
    try:
        sms.send(TextMessage(to=phone, text=text), Purpose.AUTHENTICATION)
    except (TextRefused, TextUnavailable):
        raise SmsUnavailable from None
    except TextInDoubt:
        raise SmsInDoubt from None
    metrics.count(Metric.CODE_TEXTED, of=country_of(phone))
