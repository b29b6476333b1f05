"""Composes mails and text messages in the reader's language.

Each text is written in English ("en") and in Serbian in Latin script ("sr"), from which the Cyrillic one is
made. A text message in Latin script has no diacritics: with one, a part has 70 characters instead of 160. A
part in Cyrillic script always has 70. Codes, which attackers make us send, and warnings fit into one part in
each script; the few messages of an erasure or a request without a session have one or two parts, and in
Cyrillic script one more.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.core.ids import MailId
from chalicelib.core.languages import Language, day_in_words, language_of
from chalicelib.core.phrases import in_script
from chalicelib.core.settings import settings
from chalicelib.messages.mail import Mail
from chalicelib.privacy import remedies
from chalicelib.privacy.purposes import Category

# By "en" and "sr": the subject, and the paragraphs with their placeholders.
Letters = Mapping[str, tuple[str, tuple[str, ...]]]
# By "en" and "sr": the text of a message by SMS. The Serbian one is written with diacritics. If it is too
# long for one part in Cyrillic script, "sr-Cyrl" has a shorter one, in Latin script too.
ShortTexts = Mapping[str, str]
# The values of placeholders. A day, and what is made for a language, is written in that of the reader.
Words = Mapping[str, str | date | Callable[[Language], str]]


def compose(
    letters: Letters,
    mail_id: MailId,
    to: str,
    locale: str | None,
    words: Words,
    link: str | None = None,
) -> Mail:
    """Compose a mail.

    Args:
        letters: the texts.
        mail_id: the id of the mail.
        to: the address.
        locale: of the reader.
        words: the values of the placeholders.
        link: follows the paragraphs.
    """
    subject, *paragraphs = _written_out(letters, locale, words)
    return Mail(mail_id, to, language_of(locale), subject, tuple(paragraphs), link)


def _written_out(letters: Letters, locale: str | None, words: Words) -> list[str]:
    """The subject and the paragraphs of a letter, in the reader's language."""
    language = language_of(locale)
    subject, paragraphs = letters[_written(language)]
    values = _values(words, language, _long_day)
    return [_filled(text, language, values) for text in (subject, *paragraphs)]


def with_remedies(letter: Mail, country: str | None) -> Mail:
    """The mail with a last paragraph: where its reader, who declared a country, can complain (RGT-9)."""
    remedy = remedies.in_words(country, Language(letter.language))
    named = frozenset({Category.COUNTRY}) if country else frozenset()
    return replace(letter, paragraphs=(*letter.paragraphs, remedy), discloses=letter.discloses | named)


def short_text(texts: ShortTexts, locale: str | None, words: Words) -> str:
    """Compose a text message; `words` as for `compose`, with days in few characters."""
    language = language_of(locale)
    values = _values(words, language, _short_day)
    text = texts.get(language) or texts[_written(language)]
    if language is Language.SERBIAN_LATIN:
        text = _without_diacritics(text)
    return _filled(text, language, values)


@dataclass(frozen=True, repr=False)
class Addressee:
    """Where a person is reached, and in which language. What is None is not used, or is not known."""

    email: str | None
    phone: str | None
    locale: str | None


@dataclass(frozen=True, repr=False)
class WrittenMessage:
    """A message that is sent as a mail or as a text message, whose reader is not known yet.

    Attributes:
        letters: the texts of the mail.
        short: those of the text message; None: there is none.
        words: the values of both. Both may also name our address as `contact`, and the text message names
            the `link` and the site for `complaints`.
        link: follows the paragraphs of the mail.
    """

    letters: Letters
    short: ShortTexts | None
    words: Words
    link: str | None = None

    def mail(self, mail_id: MailId, to: str, locale: str | None) -> Mail:
        """Compose the mail."""
        words: Words = {"contact": settings().contact_email, **self.words}
        return compose(self.letters, mail_id, to, locale, words, self.link)

    def paragraphs(self, locale: str | None) -> list[str]:
        """The paragraphs of the mail, for a reader of the app."""
        words: Words = {"contact": settings().contact_email, **self.words}
        return _written_out(self.letters, locale, words)[1:]

    def text(self, locale: str | None) -> str:
        """Compose the text message.

        Raises:
            ValueError: there is none.
        """
        if self.short is None:
            raise ValueError("only by mail")
        words: Words = {
            "contact": settings().contact_email,
            "complaints": remedies.COMPLAINTS_SITE,
            "link": self.link or "",
            **self.words,
        }
        return short_text(self.short, locale, words)


@dataclass(frozen=True, repr=False, kw_only=True)
class MessageWithRemedies(WrittenMessage):
    """A message whose mail says where its reader, who declared a country, can complain (RGT-9)."""

    country: str | None

    def mail(self, mail_id: MailId, to: str, locale: str | None) -> Mail:
        """Compose the mail."""
        return with_remedies(super().mail(mail_id, to, locale), self.country)


def _written(language: Language) -> str:
    """The key of the text from which the one in a language is made."""
    return "sr" if language.is_serbian else "en"


def _filled(text: str, language: Language, values: Mapping[str, str]) -> str:
    template = in_script(text, language) if language.is_serbian else text
    return template.format(**values)


def _values(words: Words, language: Language, written_day: Callable[[date, Language], str]) -> dict[str, str]:
    values = {}
    for name, word in words.items():
        if isinstance(word, date):
            values[name] = written_day(word, language)
        else:
            values[name] = word if isinstance(word, str) else word(language)
    return values


def _long_day(day: date, language: Language) -> str:
    return in_script(day_in_words(day, language), language)


def _short_day(day: date, language: Language) -> str:
    return f"{day.day}.{day.month}.{day.year}." if language.is_serbian else f"{day.day} {day:%b %Y}"


def _without_diacritics(serbian: str) -> str:
    stroked = serbian.replace("đ", "dj").replace("Đ", "Dj")
    return "".join(c for c in unicodedata.normalize("NFD", stroked) if not unicodedata.combining(c))
