"""The phrases of a copy's page in the subject's language."""

from chalicelib.core.languages import Language, counted
from chalicelib.core.phrases import IN_ENGLISH, Phrasebook, in_script
from chalicelib.privacy.periods import Period
from chalicelib.privacy.serbian import PRIVACY, periods
from chalicelib.rights.copy.serbian import CHAT, COPY

OLDER_MESSAGES = (
    "our chat provider deletes a message within days after it is {} old, also while a request is open. This "
    "copy contains the messages that our chat provider still had when it exported them"
)
_OLDER_IN_SERBIAN = (
    "naš pružalac usluge ćaskanja briše poruku u roku od nekoliko dana pošto prođe rok od {}, i dok je "
    "zahtev "
    "otvoren. Ova kopija sadrži poruke koje je naš pružalac usluge ćaskanja još imao kada ih je izvezao"
)


def phrasebook(language: Language) -> Phrasebook:
    """Return the phrases in a language, with the periods as they are configured."""
    if not language.is_serbian:
        return IN_ENGLISH
    kept = Period.CHAT_MESSAGES.length
    older = {OLDER_MESSAGES.format(kept.plainly): _OLDER_IN_SERBIAN.format(periods.length(kept))}
    return Phrasebook(language, COPY, CHAT, PRIVACY, periods.retentions(), older)


def records(count: int, say: Phrasebook) -> str:
    """Say a number of records, at least one."""
    if say.language.is_serbian:
        form = counted(count, "zapis", "zapisa", "zapisa")
        return in_script(f"{say.number(count)} {form}", say.language)
    return "1 record" if count == 1 else f"{say.number(count)} records"
