"""Sends a code by mail, through SES."""

from chalicelib.accounts.challenges.model import EmailInDoubt, EmailUnavailable
from chalicelib.core.ids import MailId
from chalicelib.messages import mail
from chalicelib.messages.letters import Letters, compose
from chalicelib.messages.mail import MailInDoubt, MailRefused, MailUnavailable
from chalicelib.messages.model import InvalidEmail
from chalicelib.privacy.purposes import Purpose

# The code is not in the subject, since locked screens show that.
_TEXTS: Letters = {
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

    The user's choices are not read: the user requested this mail, so it needs no consent, and no objection
    applies.

    Raises:
        InvalidEmail: SES will never accept mail for this address.
        EmailUnavailable: SES did not accept it; a new request sends another code.
        EmailInDoubt: it is unknown whether SES accepted it; the same applies.
    """
    letter = compose(_TEXTS, MailId.new(), address, locale, {"code": code})
    try:
        mail.send(letter, Purpose.AUTHENTICATION, choices=None)
    except MailRefused:
        raise InvalidEmail from None
    except MailUnavailable:
        raise EmailUnavailable from None
    except MailInDoubt:
        raise EmailInDoubt from None
