"""The warnings that an account will be closed since it is idle: a mail, and a text message (RET-5).

A number or address may have a new owner by now. So a warning has no name and no link: it says what happens,
and that signing in prevents it. A text message fits into one part, in each script.
"""

from datetime import datetime

from chalicelib.core.clock import day_of
from chalicelib.core.ids import MailId
from chalicelib.core.languages import Language, counted, language_of
from chalicelib.core.phrases import in_script
from chalicelib.core.settings import settings
from chalicelib.messages.letters import Letters, ShortTexts, compose, short_text
from chalicelib.messages.mail import Mail

_WARNING: Letters = {
    "sr": (
        "RU4M: Vaš nalog će biti obrisan ako se ne prijavite",
        (
            (
                "Dugo niste koristili svoj RU4M nalog. Nalog koji se ne koristi {months} brišemo, "
                "zajedno sa svim podacima. Tako piše i u našoj politici privatnosti."
            ),
            (
                "Vaš nalog brišemo posle {day}. Ako želite da ga zadržite, prijavite se pre toga u "
                "aplikaciji RU4M. Ništa drugo nije potrebno."
            ),
            "Ako Vam nalog više ne treba, ne morate ništa da uradite.",
        ),
    ),
    "en": (
        "RU4M: your account will be deleted unless you sign in",
        (
            (
                "You have not used your RU4M account for a long time. We delete an account that is not used "
                "for {months}, with all its data. Our privacy policy says so."
            ),
            (
                "We will delete your account after {day}. To keep it, sign in with the RU4M app before then. "
                "Nothing else is needed."
            ),
            "If you no longer need the account, you do not have to do anything.",
        ),
    ),
}

_TEXT: ShortTexts = {
    "sr": "RU4M: dugo ne koristite nalog. Brišemo ga posle {day} Ako želite da ga zadržite, prijavite se u "
    "aplikaciji pre toga.",
    "sr-Cyrl": "RU4M: nalog brišemo posle {day} Ako Vam treba, prijavite se.",
    "en": "RU4M: you have not used your account for long. We delete it after {day}. To keep it, sign in with "
    "the app before then.",
}


def warning_mail(mail_id: MailId, to: str, locale: str | None, closes_at: datetime) -> Mail:
    """Compose the mail, the first or the second one, with the day after which the account is closed."""
    months = _months(settings().idle.after_months, language_of(locale))
    return compose(_WARNING, mail_id, to, locale, {"day": day_of(closes_at), "months": months})


def _months(count: int, language: Language) -> str:
    """A number of months, at least two, in words of a language."""
    if not language.is_serbian:
        return f"{count} months"
    return in_script(f"{count} {counted(count, 'mesec', 'meseca', 'meseci')}", language)


def warning_text(locale: str | None, closes_at: datetime) -> str:
    """Compose the text message for an account without an address."""
    return short_text(_TEXT, locale, {"day": day_of(closes_at)})
