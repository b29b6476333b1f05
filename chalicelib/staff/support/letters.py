"""The mail with the answer to a message."""

from dataclasses import replace

from chalicelib.core import clock
from chalicelib.core.ids import MailId, SupportMessageId
from chalicelib.messages.letters import Letters, compose
from chalicelib.messages.mail import Mail
from chalicelib.privacy.purposes import Category
from chalicelib.staff.support.model import SupportMessage

ANSWERED: Letters = {
    "sr": ("RU4M: odgovor na Vašu poruku", ("Ovo je odgovor na poruku koju ste nam poslali {day}. godine.",)),
    "en": (
        "RU4M: our answer to your message",
        ("This is the answer to the message that you sent us on {day}.",),
    ),
}


def answered_by(mail_id: MailId) -> SupportMessageId:
    """The id of the message that a mail answers: `sm_...` of the mail `m_...`."""
    return SupportMessageId(f"s{mail_id}")


def letter(one: SupportMessage) -> Mail:
    """Compose the mail: each line of the answer is a paragraph."""
    mail = compose(
        ANSWERED,
        MailId(one.support_message_id[1:]),
        one.email,
        one.locale,
        {"day": clock.day_of(one.received_at)},
    )
    answer = (line.strip() for line in (one.answer or "").splitlines() if line.strip())
    said = frozenset({Category.EMAIL, Category.CONTENT_PRIVATE})
    return replace(mail, paragraphs=(*mail.paragraphs, *answer), discloses=said)
