"""Composes a mail in the reader's language from texts in several."""

from collections.abc import Mapping

from chalicelib.core.ids import MailId
from chalicelib.messages.languages import language
from chalicelib.messages.mail import Mail

# By language (ISO 639), English included: the subject, and the paragraphs with their placeholders.
Letters = Mapping[str, tuple[str, tuple[str, ...]]]


def compose(
    letters: Letters,
    mail_id: MailId,
    to: str,
    locale: str | None,
    words: Mapping[str, str],
    link: str | None = None,
) -> Mail:
    """Compose a mail.

    Args:
        letters: the texts.
        mail_id: the id of the mail.
        to: the address.
        locale: the reader's language; a language without a text gets English.
        words: the values of the placeholders.
        link: follows the paragraphs.
    """
    spoken = language(locale, letters)
    subject, paragraphs = letters[spoken]
    filled = tuple(paragraph.format(**words) for paragraph in paragraphs)
    return Mail(mail_id=mail_id, to=to, language=spoken, subject=subject, paragraphs=filled, link=link)
