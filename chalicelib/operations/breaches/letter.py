"""The notice of a breach as a person reads it, by mail or in the app (Art. 34(2) GDPR, Art. 53 ZZPL).

The frame of the mail is fixed. Operators supply nature, consequences, measures and advice in every language
of the frame.

What two operators approve is this notice in all languages, rendered by the functions that send and show it.
Its digest stands in the assessment (ADR 96).

An account reads the texts once its own notice exists, whether that went by mail or not; an account that no
notice reached learns nothing of a breach. No member of staff is named.
"""

from collections.abc import Mapping
from hashlib import sha256

from chalicelib.core.canonical import canonical
from chalicelib.core.clock import Instant, day_of
from chalicelib.core.http import View
from chalicelib.core.ids import AccountId, BreachId, MailId
from chalicelib.core.languages import Language, language_of
from chalicelib.core.phrases import in_script
from chalicelib.core.settings import settings
from chalicelib.messages.campaigns import service as campaigns
from chalicelib.messages.campaigns.model import CampaignKind, NoticeChannel
from chalicelib.messages.letters import Letters, compose
from chalicelib.messages.mail import Mail, bodies
from chalicelib.operations.breaches import store
from chalicelib.operations.breaches.model import Breach, BreachLetter
from chalicelib.operations.breaches.words import BreachWords
from chalicelib.privacy.controller import CONTROLLER

_NOTICE: Letters = {
    "sr": (
        "RU4M: povreda Vaših podataka o ličnosti",
        (
            (
                "Obaveštavamo Vas o povredi podataka o ličnosti koja se odnosi na Vaš nalog. "
                "Saznali smo za nju {day}. godine."
            ),
            "Šta se dogodilo: {nature}",
            "Moguće posledice: {consequences}",
            "Šta smo preduzeli: {measures}",
            "Šta možete da uradite: {advice}",
            "Za pitanja se obratite rukovaocu: {controller}, {contact}.",
            (
                "Ovo obaveštenje šaljemo jer nas zakon na to obavezuje. Kodove i lozinke nikada ne tražimo "
                "imejlom."
            ),
        ),
    ),
    "en": (
        "RU4M: a breach of your personal data",
        (
            (
                "We inform you of a breach of personal data that concerns your account. "
                "We became aware of it on {day}."
            ),
            "What happened: {nature}",
            "Likely consequences: {consequences}",
            "What we have done: {measures}",
            "What you can do: {advice}",
            "If you have questions, contact the controller: {controller}, {contact}.",
            "We send this notice because the law requires it. We never ask for codes or passwords in a mail.",
        ),
    ),
}

LANGUAGES = tuple(_NOTICE)


def notice_mail(letter: BreachLetter, mail_id: MailId, to: str, locale: str | None) -> Mail:
    """Compose the mail; the approved Serbian texts are transliterated for readers of Cyrillic script."""
    words = {
        "day": day_of(letter.discovered_at),
        "controller": CONTROLLER.name,
        "contact": settings().contact_email,
        **read_in(letter.texts, language_of(locale)).model_dump(),
    }
    return compose(_NOTICE, mail_id, to, locale, words)


def letter_of(breach: Breach, texts: Mapping[str, BreachWords]) -> BreachLetter:
    """Return the letter with texts of operators about a breach."""
    about = breach.model_dump(include={"breach_id", "opened_at", "discovered_at"})
    return BreachLetter(**about, texts=dict(texts))


def rendered(letter: BreachLetter) -> dict[str, dict[str, str]]:
    """Render the notice in each language: subject and bodies of the mail, and the texts that the app shows.

    It is the same for every reader, so it names none.
    """
    found = {}
    for language in Language:
        mail = notice_mail(letter, MailId.new(), "", language)
        shown = read_in(letter.texts, language).model_dump()
        found[language.value] = {"subject": mail.subject, **bodies(mail), **shown}
    return found


def digest_of(letter: BreachLetter) -> str:
    """The SHA-256 of the rendered notice in all languages, in canonical JSON."""
    return sha256(canonical(rendered(letter)).encode()).hexdigest()


def read_in(texts: Mapping[str, BreachWords], language: Language) -> BreachWords:
    """Return the approved texts in a reader's language and script."""
    if not language.is_serbian:
        return texts["en"]
    said = texts["sr"].model_dump()
    return BreachWords(**{name: in_script(text, language) for name, text in said.items()})


class BreachNoticeView(View):
    """A breach of personal data of which the caller was notified (Art. 34 GDPR)."""

    breach_notice_id: BreachId
    discovered_at: Instant
    announced_at: Instant
    channel: NoticeChannel
    contact_email: str
    texts: dict[Language, BreachWords]


class BreachNoticeList(View):
    """Notices of breaches, newest first."""

    items: tuple[BreachNoticeView, ...]


def notices_shown_to(account_id: AccountId) -> tuple[BreachNoticeView, ...]:
    """The notices that an account got, newest first; at most 100.

    Raises:
        Unavailable: the table does not answer.
    """
    found = {BreachId(one.about): one for one in campaigns.notices(account_id, CampaignKind.BREACH)}
    letters = store.letters(list(found)) if found else {}
    views = [
        BreachNoticeView(
            breach_notice_id=breach_id,
            discovered_at=letter.discovered_at,
            announced_at=notice.announced_at,
            channel=notice.channel,
            contact_email=settings().contact_email,
            texts={language: read_in(letter.texts, language) for language in Language},
        )
        for breach_id, notice in found.items()
        if (letter := letters.get(breach_id)) and notice.announced_at
    ]
    return tuple(sorted(views, key=lambda view: view.announced_at, reverse=True))
