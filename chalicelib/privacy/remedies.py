"""Where a subject can complain, and the right to go to court (Art. 77 and 79 GDPR; RGT-9).

The Commissioner decides on complaints about a Serbian controller (Art. 82 ZZPL). Under Art. 77 GDPR, a
subject can choose the authority of the country of residence, of work or of the infringement; we only know
the country that the subject declared (RGT-9). Some countries outside the EEA have authorities under their
own laws. A subject from a country that is not listed is referred to the Commissioner only.

Each answer and mail says it in the same words. A text message has no room for them: it has the site of the
controller's authority, and refers to the answer, which has the words. So no carrier learns the country.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from chalicelib.core.countries import PARTS_OF_STATES
from chalicelib.core.languages import Language
from chalicelib.core.phrases import Phrasebook, in_language
from chalicelib.privacy.controller import CONTROLLER, SupervisoryAuthority
from chalicelib.privacy.serbian import PRIVACY


def _authority(name: str, url: str) -> SupervisoryAuthority:
    return SupervisoryAuthority(name=name, address="", phone="", url=url)


# By ISO 3166-1 alpha-2. In Germany the states are competent; the federal authority forwards complaints.
AUTHORITIES: dict[str, SupervisoryAuthority] = {
    "AT": _authority("Österreichische Datenschutzbehörde", "https://www.dsb.gv.at"),
    "BE": _authority("Autorité de protection des données", "https://www.autoriteprotectiondonnees.be"),
    "BG": _authority("Commission for Personal Data Protection", "https://www.cpdp.bg"),
    "HR": _authority("Agencija za zaštitu osobnih podataka", "https://azop.hr"),
    "CY": _authority("Commissioner for Personal Data Protection", "https://www.dataprotection.gov.cy"),
    "CZ": _authority("Úřad pro ochranu osobních údajů", "https://uoou.gov.cz"),
    "DK": _authority("Datatilsynet", "https://www.datatilsynet.dk"),
    "EE": _authority("Andmekaitse Inspektsioon", "https://www.aki.ee"),
    "FI": _authority("Tietosuojavaltuutetun toimisto", "https://tietosuoja.fi"),
    "FR": _authority("Commission nationale de l'informatique et des libertés", "https://www.cnil.fr"),
    "DE": _authority(
        "Bundesbeauftragte für den Datenschutz und die Informationsfreiheit", "https://www.bfdi.bund.de"
    ),
    "GR": _authority("Hellenic Data Protection Authority", "https://www.dpa.gr"),
    "HU": _authority("Nemzeti Adatvédelmi és Információszabadság Hatóság", "https://www.naih.hu"),
    "IS": _authority("Persónuvernd", "https://www.personuvernd.is"),
    "IE": _authority("Data Protection Commission", "https://www.dataprotection.ie"),
    "IT": _authority("Garante per la protezione dei dati personali", "https://www.garanteprivacy.it"),
    "LV": _authority("Datu valsts inspekcija", "https://www.dvi.gov.lv"),
    "LI": _authority("Datenschutzstelle", "https://www.datenschutzstelle.li"),
    "LT": _authority("Valstybinė duomenų apsaugos inspekcija", "https://vdai.lrv.lt"),
    "LU": _authority("Commission nationale pour la protection des données", "https://cnpd.public.lu"),
    "MT": _authority("Office of the Information and Data Protection Commissioner", "https://idpc.org.mt"),
    "NL": _authority("Autoriteit Persoonsgegevens", "https://autoriteitpersoonsgegevens.nl"),
    "NO": _authority("Datatilsynet", "https://www.datatilsynet.no"),
    "PL": _authority("Urząd Ochrony Danych Osobowych", "https://uodo.gov.pl"),
    "PT": _authority("Comissão Nacional de Proteção de Dados", "https://www.cnpd.pt"),
    "RO": _authority(
        "Autoritatea Națională de Supraveghere a Prelucrării Datelor cu Caracter Personal",
        "https://www.dataprotection.ro",
    ),
    "SK": _authority("Úrad na ochranu osobných údajov", "https://dataprotection.gov.sk"),
    "SI": _authority("Informacijski pooblaščenec", "https://www.ip-rs.si"),
    "ES": _authority("Agencia Española de Protección de Datos", "https://www.aepd.es"),
    "SE": _authority("Integritetsskyddsmyndigheten", "https://www.imy.se"),
    # Outside the EEA, under their own laws.
    "AL": _authority(
        "Komisioneri për të Drejtën e Informimit dhe Mbrojtjen e të Dhënave Personale", "https://www.idp.al"
    ),
    "BA": _authority("Agencija za zaštitu ličnih podataka u Bosni i Hercegovini", "https://www.azlp.ba"),
    "GB": _authority("Information Commissioner's Office", "https://ico.org.uk"),
    "ME": _authority(
        "Agencija za zaštitu ličnih podataka i slobodan pristup informacijama", "https://www.azlp.me"
    ),
    "MK": _authority("Агенција за заштита на личните податоци", "https://azlp.mk"),
    "CH": _authority(
        "Eidgenössischer Datenschutz- und Öffentlichkeitsbeauftragter", "https://www.edoeb.admin.ch"
    ),
    "XK": _authority("Agjencia për Informim dhe Privatësi", "https://aip.rks-gov.net"),
}
AUTHORITIES |= {part: AUTHORITIES[state] for part, state in PARTS_OF_STATES.items()}


def authorities_for(country: str | None) -> tuple[SupervisoryAuthority, ...]:
    """Return the authorities to which a subject with this declared country can complain."""
    own = AUTHORITIES.get(country or "")
    return (*CONTROLLER.authorities, own) if own else CONTROLLER.authorities


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
    named = "; ".join(_named(authority, say) for authority in authorities_for(country))
    return in_language(REMEDIES, language).format(authorities=named)


def _named(authority: SupervisoryAuthority, say: Phrasebook) -> str:
    known = (say(authority.name), say(authority.address), authority.phone, authority.url)
    return ", ".join(part for part in known if part)
