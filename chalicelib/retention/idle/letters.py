"""The warnings that an account will be closed since it is idle: a mail, and a text message (RET-5).

A number or address may have a new owner by now. So a warning has no name and no link: it says what happens,
and that signing in prevents it. Text messages in Serbian have no diacritics, so each fits into one part.
"""

from datetime import datetime

from chalicelib.core.clock import day_of
from chalicelib.core.ids import MailId
from chalicelib.core.settings import settings
from chalicelib.messages.languages import language
from chalicelib.messages.letters import Letters, compose
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

_TEXT = {
    "sr": "RU4M: dugo ne koristite nalog. Brisemo ga posle {day}. Ako zelite da ga zadrzite, prijavite se u "
    "aplikaciji pre toga.",
    "en": "RU4M: you have not used your account for long. We delete it after {day}. To keep it, sign in with "
    "the app before then.",
}


def warning_mail(mail_id: MailId, to: str, locale: str | None, closes_at: datetime) -> Mail:
    """Compose the mail, the first or the second one, with the day after which the account is closed."""
    spoken = language(locale, _WARNING)
    words = {"day": day_of(closes_at).isoformat(), "months": _months(settings().idle.after_months, spoken)}
    return compose(_WARNING, mail_id, to, locale, words)


def _months(count: int, spoken: str) -> str:
    """A number of months, at least two, in words of a language."""
    if spoken != "sr":
        return f"{count} months"
    if count % 10 == 1 and count % 100 != 11:
        return f"{count} mesec"
    few = count % 10 in {2, 3, 4} and count % 100 not in {12, 13, 14}
    return f"{count} {'meseca' if few else 'meseci'}"


def warning_text(locale: str | None, closes_at: datetime) -> str:
    """Compose the text message for an account without an address."""
    return _TEXT[language(locale, _TEXT)].format(day=day_of(closes_at).isoformat())
