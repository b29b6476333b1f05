"""The announcements that an account is about to get another number, or another mailbox or none.

A thief with the unlocked phone can change both, and then request an erasure of which only they are notified.
So the number, and the mailbox that the account has so far, are notified before the change: without that text
message there is no change, and a process that is killed in between sends it again (ADR 10, ADR 43).
"""

from contextlib import suppress

from chalicelib.accounts.model import Account
from chalicelib.core.ids import MailId
from chalicelib.core.settings import settings
from chalicelib.messages import mail, sms
from chalicelib.messages.letters import Letters, ShortTexts, WrittenMessage
from chalicelib.messages.mail import MailNotSent
from chalicelib.messages.sms import TextMessage, TextRefused
from chalicelib.privacy.purposes import Purpose

# One part in each script, like every warning.
_NUMBER_TEXT: ShortTexts = {
    "sr": (
        "RU4M: broj Vašeg naloga se upravo zamenjuje drugim. Ako to ne radite Vi, odmah pišite na {contact}"
    ),
    "sr-Cyrl": "RU4M: broj naloga se menja. Niste Vi? Pišite: {contact}",
    "en": (
        "RU4M: the number of your account is being changed to another one. If it is not you, write to "
        "{contact} at once"
    ),
}
_NUMBER_MAIL: Letters = {
    "sr": (
        "RU4M: broj Vašeg naloga se menja",
        (
            "Broj telefona Vašeg naloga se upravo menja. Nalog se posle toga otvara samo novim brojem.",
            (
                "Ako to ne radite Vi, odmah pišite na {contact}. Narednih {hours} h kopija Vaših podataka ne "
                "može da se preuzme u aplikaciji, niti nalog može da se trajno obriše."
            ),
        ),
    ),
    "en": (
        "RU4M: the number of your account is being changed",
        (
            "The phone number of your account is being changed. From then on only the new number opens it.",
            (
                "If it is not you, write to {contact} at once. For the next {hours} hours no copy of your "
                "data can be downloaded in the app, and the account cannot be deleted for good."
            ),
        ),
    ),
}


_MAILBOX_TEXT: ShortTexts = {
    "sr": (
        "RU4M: imejl adresa Vašeg naloga se upravo dodaje, menja ili uklanja. Ako to ne radite Vi, odmah "
        "pišite na {contact}"
    ),
    "sr-Cyrl": "RU4M: mejl naloga se menja. Niste Vi? Pišite: {contact}",
    "en": (
        "RU4M: the email address of your account is being added, changed or removed. If it is not you, write "
        "to {contact} at once"
    ),
}
_MAILBOX_MAIL: Letters = {
    "sr": (
        "RU4M: ova adresa se uklanja sa naloga",
        ("Ova adresa se upravo uklanja sa Vašeg naloga. Ako to ne radite Vi, odmah pišite na {contact}.",),
    ),
    "en": (
        "RU4M: this address is being removed",
        ("This address is being removed from your account. If it is not you, write to {contact} at once.",),
    ),
}


def announce_number_change(account: Account, email: str | None) -> None:
    """Notify the account's number and mailbox, as far as it has them, that the number is about to change.

    Raises:
        TextUnavailable, TextInDoubt: as for `_announce`.
    """
    words = {"hours": str(settings().erasure.recovery_hours)}
    _announce(account, email, WrittenMessage(_NUMBER_MAIL, _NUMBER_TEXT, words))


def announce_mailbox_change(account: Account, former: str | None) -> None:
    """Notify the account's number that its mailbox is about to change, and the mailbox that it loses, if any.

    Raises:
        TextUnavailable, TextInDoubt: as for `_announce`.
    """
    _announce(account, former, WrittenMessage(_MAILBOX_MAIL, _MAILBOX_TEXT, {}))


def _announce(account: Account, email: str | None, message: WrittenMessage) -> None:
    """Notify the account's number, and a mailbox of it, of what is about to change.

    A number that SNS refuses for good cannot be notified. The mail is sent at most once per call; a metric
    counts one that SES does not accept.

    Raises:
        TextUnavailable: SNS did not accept the text message.
        TextInDoubt: it is unknown whether it did.
    """
    if account.phone:
        with suppress(TextRefused):
            sms.send(TextMessage(account.phone, message.text(account.locale)), Purpose.AUTHENTICATION)
    if email:
        with suppress(MailNotSent):
            letter = message.mail(MailId.new(), email, account.locale)
            mail.send(letter, Purpose.AUTHENTICATION, choices=None)
