"""Where a subject can complain, and the right to go to court, in words (Art. 77 and 79 GDPR; RGT-9).

Each answer and mail says it in the same words. A text message has no room for them: it has the site of the
controller's authority, and refers to the answer, which has the words. So no carrier learns the country.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from chalicelib.core.languages import Language
from chalicelib.core.phrases import Phrasebook, in_script
from chalicelib.privacy import authorities
from chalicelib.privacy.controller import CONTROLLER, SupervisoryAuthority
from chalicelib.privacy.serbian import PRIVACY

# Art. 79(2) GDPR: the courts where the controller or the subject is. In Serbia, Art. 84 ZZPL, a higher court.
REMEDIES: Mapping[str, str] = {
    "en": (
        "You can complain to a supervisory authority: {authorities} (Art. 77 GDPR, Art. 82 ZZPL). You can "
        "also go to court, without complaining first: to the competent court of the place where you live, or "
        "to the Higher Court in Belgrade, where we have our seat (Art. 79 GDPR, Art. 84 ZZPL). GDPR is the "
        "General Data Protection Regulation (EU) 2016/679, and ZZPL is the Serbian Law on Personal Data "
        "Protection."
    ),
    "sr": (
        "Možete da podnesete pritužbu nadzornom organu: {authorities} (čl. 77. GDPR, čl. 82. ZZPL). Možete i "
        "da se obratite sudu, bez prethodne pritužbe: nadležnom sudu prema mestu gde živite, ili Višem sudu "
        "u Beogradu, gde je naše sedište (čl. 79. GDPR, čl. 84. ZZPL). GDPR je Opšta uredba o zaštiti "
        "podataka (EU) 2016/679, a ZZPL je Zakon o zaštiti podataka o ličnosti."
    ),
}

# For text messages.
COMPLAINTS_SITE = urlsplit(CONTROLLER.authorities[0].url).netloc


def in_words(country: str | None, language: Language) -> str:
    """Name the authorities of a subject with this declared country, with their addresses, and the court."""
    say = Phrasebook(language, PRIVACY)
    named = "; ".join(_named(authority, say) for authority in authorities.for_country(country))
    words = in_script(REMEDIES["sr"], language) if language.is_serbian else REMEDIES["en"]
    return words.format(authorities=named)


def _named(authority: SupervisoryAuthority, say: Phrasebook) -> str:
    known = (say(authority.name), say(authority.address), authority.phone, authority.url)
    return ", ".join(part for part in known if part)
