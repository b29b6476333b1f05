"""Composes mails and text messages in the reader's language.

Each text is written in English ("en") and in Serbian in Latin script ("sr"), from which the Cyrillic one is
made. A text message in Latin script has no diacritics: with one, a part has 70 characters instead of 160. A
part in Cyrillic script always has 70. Codes, which attackers make us send, and warnings fit into one part in
each script; the few messages of an erasure or a request without a session have one or two parts, and in
Cyrillic script one more.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from chalicelib.core.ids import MailId
from chalicelib.core.languages import Language, day_in_words, language_of
from chalicelib.core.phrases import in_script
from chalicelib.messages.mail import Mail
from chalicelib.privacy import remedies
from chalicelib.privacy.purposes import Category

# By "en" and "sr": the subject, and the paragraphs with their placeholders.
Letters = Mapping[str, tuple[str, tuple[str, ...]]]
# By "en" and "sr": the text of a message by SMS. The Serbian one is written with diacritics. If it is too
# long for one part in Cyrillic script, "sr-Cyrl" has a shorter one, in Latin script too.
ShortTexts = Mapping[str, str]
Words = Mapping[str, str | date]


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
        words: the values of the placeholders; days are written in the reader's language.
        link: follows the paragraphs.
    """
    language = language_of(locale)
    subject, paragraphs = letters[_written(language)]
    values = {
        name: in_script(day_in_words(word, language), language) if isinstance(word, date) else word
        for name, word in words.items()
    }
    return Mail(
        mail_id=mail_id,
        to=to,
        language=language,
        subject=_filled(subject, language, values),
        paragraphs=tuple(_filled(paragraph, language, values) for paragraph in paragraphs),
        link=link,
    )


def with_remedies(letter: Mail, country: str | None) -> Mail:
    """The mail with a last paragraph: where its reader, who declared a country, can complain (RGT-9)."""
    remedy = remedies.in_words(country, Language(letter.language))
    named = frozenset({Category.COUNTRY}) if country else frozenset()
    return replace(letter, paragraphs=(*letter.paragraphs, remedy), discloses=letter.discloses | named)


def short_text(texts: ShortTexts, locale: str | None, words: Words) -> str:
    """Compose a text message; `words` as for `compose`, with days in few characters."""
    language = language_of(locale)
    values = {
        name: _short_day(word, language) if isinstance(word, date) else word for name, word in words.items()
    }
    text = texts.get(language) or texts[_written(language)]
    if language is Language.SERBIAN_LATIN:
        text = _without_diacritics(text)
    return _filled(text, language, values)


def _written(language: Language) -> str:
    """The key of the text from which the one in a language is made."""
    return "sr" if language.is_serbian else "en"


def _filled(text: str, language: Language, values: Mapping[str, str]) -> str:
    template = in_script(text, language) if language.is_serbian else text
    return template.format(**values)


def _short_day(day: date, language: Language) -> str:
    return f"{day.day}.{day.month}.{day.year}." if language.is_serbian else f"{day.day} {day:%b %Y}"


def _without_diacritics(serbian: str) -> str:
    stroked = serbian.replace("đ", "dj").replace("Đ", "Dj")
    return "".join(c for c in unicodedata.normalize("NFD", stroked) if not unicodedata.combining(c))
