"""The authorities to which a subject can complain: the controller's and their country's.

The Commissioner decides on complaints about a Serbian controller (Art. 82 ZZPL). Under Art. 77 GDPR, a
subject can choose the authority of the country of residence, of work or of the infringement; we only know
the country that the subject declared (RGT-9). Some countries outside the EEA have authorities under their
own laws. A subject from a country that is not listed is referred to the Commissioner only.
"""

from chalicelib.privacy.controller import CONTROLLER, SupervisoryAuthority


def _named(name: str, url: str) -> SupervisoryAuthority:
    return SupervisoryAuthority(name=name, address="", phone="", url=url)


# By ISO 3166-1 alpha-2. In Germany the states are competent; the federal authority forwards complaints.
AUTHORITIES: dict[str, SupervisoryAuthority] = {
    "AT": _named("Österreichische Datenschutzbehörde", "https://www.dsb.gv.at"),
    "BE": _named("Autorité de protection des données", "https://www.autoriteprotectiondonnees.be"),
    "BG": _named("Commission for Personal Data Protection", "https://www.cpdp.bg"),
    "HR": _named("Agencija za zaštitu osobnih podataka", "https://azop.hr"),
    "CY": _named("Commissioner for Personal Data Protection", "https://www.dataprotection.gov.cy"),
    "CZ": _named("Úřad pro ochranu osobních údajů", "https://uoou.gov.cz"),
    "DK": _named("Datatilsynet", "https://www.datatilsynet.dk"),
    "EE": _named("Andmekaitse Inspektsioon", "https://www.aki.ee"),
    "FI": _named("Tietosuojavaltuutetun toimisto", "https://tietosuoja.fi"),
    "FR": _named("Commission nationale de l'informatique et des libertés", "https://www.cnil.fr"),
    "DE": _named(
        "Bundesbeauftragte für den Datenschutz und die Informationsfreiheit", "https://www.bfdi.bund.de"
    ),
    "GR": _named("Hellenic Data Protection Authority", "https://www.dpa.gr"),
    "HU": _named("Nemzeti Adatvédelmi és Információszabadság Hatóság", "https://www.naih.hu"),
    "IS": _named("Persónuvernd", "https://www.personuvernd.is"),
    "IE": _named("Data Protection Commission", "https://www.dataprotection.ie"),
    "IT": _named("Garante per la protezione dei dati personali", "https://www.garanteprivacy.it"),
    "LV": _named("Datu valsts inspekcija", "https://www.dvi.gov.lv"),
    "LI": _named("Datenschutzstelle", "https://www.datenschutzstelle.li"),
    "LT": _named("Valstybinė duomenų apsaugos inspekcija", "https://vdai.lrv.lt"),
    "LU": _named("Commission nationale pour la protection des données", "https://cnpd.public.lu"),
    "MT": _named("Office of the Information and Data Protection Commissioner", "https://idpc.org.mt"),
    "NL": _named("Autoriteit Persoonsgegevens", "https://autoriteitpersoonsgegevens.nl"),
    "NO": _named("Datatilsynet", "https://www.datatilsynet.no"),
    "PL": _named("Urząd Ochrony Danych Osobowych", "https://uodo.gov.pl"),
    "PT": _named("Comissão Nacional de Proteção de Dados", "https://www.cnpd.pt"),
    "RO": _named(
        "Autoritatea Națională de Supraveghere a Prelucrării Datelor cu Caracter Personal",
        "https://www.dataprotection.ro",
    ),
    "SK": _named("Úrad na ochranu osobných údajov", "https://dataprotection.gov.sk"),
    "SI": _named("Informacijski pooblaščenec", "https://www.ip-rs.si"),
    "ES": _named("Agencia Española de Protección de Datos", "https://www.aepd.es"),
    "SE": _named("Integritetsskyddsmyndigheten", "https://www.imy.se"),
    # Outside the EEA, under their own laws.
    "BA": _named("Agencija za zaštitu ličnih podataka u Bosni i Hercegovini", "https://www.azlp.ba"),
    "GB": _named("Information Commissioner's Office", "https://ico.org.uk"),
    "ME": _named(
        "Agencija za zaštitu ličnih podataka i slobodan pristup informacijama", "https://www.azlp.me"
    ),
    "MK": _named("Агенција за заштита на личните податоци", "https://azlp.mk"),
    "CH": _named(
        "Eidgenössischer Datenschutz- und Öffentlichkeitsbeauftragter", "https://www.edoeb.admin.ch"
    ),
}


def for_country(country: str | None) -> tuple[SupervisoryAuthority, ...]:
    """Return the authorities to which a subject with this declared country can complain."""
    own = AUTHORITIES.get(country or "")
    return (*CONTROLLER.authorities, own) if own else CONTROLLER.authorities
