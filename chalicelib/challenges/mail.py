"""Handing a code to SES."""

from chalicelib.challenges.model import EmailInDoubt, EmailUnavailable
from chalicelib.core import metrics
from chalicelib.core.ids import MailId
from chalicelib.core.metrics import Metric
from chalicelib.messages import mail
from chalicelib.messages.languages import language
from chalicelib.messages.mail import Mail, MailInDoubt, MailRefused, MailUnavailable
from chalicelib.messages.model import InvalidEmail
from chalicelib.privacy.purposes import Purpose

# Serbian is the language of most users; everybody else is written to in English. The code is not in the
# subject, which shows on locked screens.
_TEXTS = {
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


def send_code(address: str, code: str, locale: str | None) -> None:
    """Send the code in the user's language.

    No choices are asked for: what the user does this moment needs no consent, and knows no objection.

    Raises:
        InvalidEmail: SES will never take mail for this address.
        EmailUnavailable: SES did not take it; asking again sends another code.
        EmailInDoubt: nobody knows whether SES took it; the same.
    """
    spoken = language(locale, _TEXTS)
    subject, paragraphs = _TEXTS[spoken]
    letter = Mail(
        mail_id=MailId.new(),
        to=address,
        language=spoken,
        subject=subject,
        paragraphs=tuple(paragraph.format(code=code) for paragraph in paragraphs),
    )
    try:
        mail.send(letter, Purpose.AUTHENTICATION, choices=None)
    except MailRefused:
        raise InvalidEmail from None
    except MailUnavailable:
        raise EmailUnavailable from None
    except MailInDoubt:
        raise EmailInDoubt from None
    metrics.count(Metric.CODE_SENT)
