"""The messages to an address that was taken off a profile, and to a number that an account gives up.

A thief with the unlocked phone can remove the address, and then request an erasure of which only the phone
is notified. So the former address is notified of its removal. The mail is sent after the change and at most
once: a mail that cannot be sent must not undo the change.

A thief can also change the number. The message about that is sent before the change: without it there is no
change, and a process that is killed in between sends it again (ADR 43).
"""

from contextlib import suppress

from chalicelib.accounts.model import Account
from chalicelib.core.ids import MailId
from chalicelib.core.languages import Language
from chalicelib.core.phrases import to_cyrillic
from chalicelib.core.settings import settings
from chalicelib.messages import mail, sms
from chalicelib.messages.letters import Letters, ShortTexts, WrittenMessage
from chalicelib.messages.mail import Mail, MailNotSent
from chalicelib.messages.sms import TextMessage, TextRefused
from chalicelib.privacy.purposes import Purpose

# In all languages: the language of the account is not known where a profile changes.
_IN_SERBIAN = (
    "Ova adresa je uklonjena sa jednog RU4M naloga. Ako to niste bili Vi, odmah pišite na {contact}."
)
_SUBJECT = "RU4M: adresa je uklonjena / address removed"
_PARAGRAPHS = (
    _IN_SERBIAN,
    to_cyrillic(_IN_SERBIAN),
    "This address was removed from an RU4M account. If it was not you, write to {contact} at once.",
)

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


def announce_number_change(account: Account, email: str | None) -> None:
    """Notify the account's number and address, as far as it has them, that the number is about to change.

    A number that SNS refuses for good cannot be notified. The mail is sent at most once per call; a metric
    counts one that SES does not accept.

    Raises:
        TextUnavailable: SNS did not accept the text message.
        TextInDoubt: it is unknown whether it did.
    """
    words = {"hours": str(settings().erasure.recovery_hours)}
    message = WrittenMessage(_NUMBER_MAIL, _NUMBER_TEXT, words)
    if account.phone:
        with suppress(TextRefused):
            sms.send(TextMessage(account.phone, message.text(account.locale)), Purpose.AUTHENTICATION)
    if email:
        with suppress(MailNotSent):
            letter = message.mail(MailId.new(), email, account.locale)
            mail.send(letter, Purpose.AUTHENTICATION, choices=None)


def mail_former(address: str) -> None:
    """Notify a former address of its removal; if SES does not accept the mail, a metric counts that."""
    contact = settings().contact_email
    letter = Mail(
        mail_id=MailId.new(),
        to=address,
        language=Language.SERBIAN_LATIN,
        subject=_SUBJECT,
        paragraphs=tuple(paragraph.format(contact=contact) for paragraph in _PARAGRAPHS),
    )
    with suppress(MailNotSent):
        mail.send(letter, Purpose.AUTHENTICATION, choices=None)
