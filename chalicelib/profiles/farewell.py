"""The mail to an address that was taken off a profile.

A thief with the unlocked phone can remove the address, and then request an erasure of which only the phone
is notified. So the former address is notified of its removal. The mail is sent after the change and at most
once: a mail that cannot be sent must not undo the change.
"""

from contextlib import suppress

from chalicelib.core.cyrillic import to_cyrillic
from chalicelib.core.ids import MailId
from chalicelib.core.languages import Language
from chalicelib.core.settings import settings
from chalicelib.messages import mail
from chalicelib.messages.mail import Mail, MailNotSent
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
