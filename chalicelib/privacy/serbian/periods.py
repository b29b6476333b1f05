"""How long records are kept, in Serbian: the words of each period with its configured length."""

from collections.abc import Mapping

from chalicelib.core.durations import Duration, Unit
from chalicelib.core.languages import counted
from chalicelib.core.phrases import Catalogue
from chalicelib.privacy import register
from chalicelib.privacy.declaration import Declaration
from chalicelib.privacy.periods import Period, Statutory
from chalicelib.privacy.register import WITHOUT_RECORD, DataWithoutRecord
from chalicelib.privacy.serbian.reasons import LAWS

# The accusative, as it is followed by "nakon".
_UNITS = {
    Unit.HOUR: ("sat", "sata", "sati"),
    Unit.DAY: ("dan", "dana", "dana"),
    Unit.MONTH: ("mesec", "meseca", "meseci"),
    Unit.YEAR: ("godinu", "godine", "godina"),
}

PERIODS: Mapping[Period, str] = {
    Period.CHALLENGE: "{} nakon što je kod zatražen",
    Period.LIMIT: (
        "uglavnom do kraja dana (UTC), najviše {}, uz heš broja, sandučeta ili bloka brojeva ili adresa, "
        "zaštićen ključem"
    ),
    Period.CODE_COUNT: "{} nakon početka dana (UTC) koji broji",
    Period.CODE_HISTORY: "{} nakon poslednje izmene",
    Period.ANNOUNCING: "{} nakon poslednjeg napretka najave",
    Period.JOB: "{} nakon poslednjeg napretka posla",
    Period.MAIL_RETURN: "{} nakon što je imejl poslat, za slučaj da se vrati",
    Period.IDLE_SESSION: "{} nakon poslednjeg korišćenja uređaja",
    Period.KNOWN_DEVICE: "{} nakon poslednjeg dana na koji je uređaj bio prijavljen",
    Period.RESTORABLE: "{} nakon izmene, što je duže od svake rezervne kopije",
    Period.CONTACT_CODE: "{} nakon što je kod napravljen",
    Period.INVITATION: "{} nakon što je pozivnica poslata",
    Period.QUARANTINE: "{} nakon što je nalog obrisan, uz heš zaštićen ključem",
    Period.SUPPRESSION: (
        "{} nakon što je obrisan nalog sa tim brojem ili sandučetom, ili nakon prigovora bez naloga, uz heš "
        "zaštićen ključem"
    ),
    Period.ERASURE_INPUTS: "dok se brisanje ne završi, najviše {} nakon njegovog poslednjeg napretka",
    Period.USAGE: "{} nakon događaja",
    Period.USAGE_COUNT: "do kraja dana (UTC)",
    Period.PUSH_TOKEN: (
        "{} nakon što je neka aplikacija naloga poslednji put prijavila takvu oznaku, ili dok se uređaj ne "
        "odjavi"
    ),
    Period.PUSH_COUNT: "{} nakon obaveštenja",
    Period.PUSH_PROOF: "{} nakon slanja",
    Period.CALL_RECORD: "{} nakon poziva",
    Period.BARRED_NUMBER: "do dana kada bi obustava istekla, a najviše {} nakon brisanja",
    Period.ABUSE_REPORT: (
        "{} nakon poslednjeg od ovih događaja: odluka, kraj mere, istek roka za žalbu, odgovor na žalbu; "
        "najviše 15 meseci nakon prijave"
    ),
    Period.SECURITY_LOG: "{} nakon što je događaj zabeležen",
    Period.RIGHTS_EVIDENCE: (
        "{} nakon što je zahtev zatvoren; ako ograničava obradu ili je prigovor, nakon što to prestane"
    ),
    Period.DISCLOSURE: "{} nakon što je otkrivanje predloženo",
    Period.HOLD: "{} nakon što je obaveza čuvanja prestala",
    Period.AUDIT: "{} nakon unosa",
    Period.STAFF_REGISTER: "{} nakon poslednjeg poziva te osobe",
    Period.STREAM_CHECK: (
        "{} nakon brisanja, ili nakon što je automatska obrada prvi put zabeležila korisnika ili se "
        "poslednji put izvršila"
    ),
    Period.STREAM_HOOK: "{} nakon što je naš pružalac usluge ćaskanja prijavio događaj",
    Period.STREAM_CASE: "{} nakon što je slučaj zatvoren",
    Period.SUPPORT_MESSAGE: "{} nakon što smo primili poruku",
    Period.CHAT_MESSAGES: (
        "{} nakon što je poruka poslata; zatim je naš pružalac usluge ćaskanja briše u roku od nekoliko "
        "dana; "
        "ranije ako pošiljalac obriše poruku ili svoj nalog"
    ),
    Period.EXPORT: "{} nakon što je kopija napravljena",
    Period.IDENTITY_PAPERS: (
        "{} nakon što smo odlučili o identitetu, ili nakon 30 dana u kojima čekamo na njegov dokaz"
    ),
    Period.CONSENT_EVIDENCE: "{} nakon što je pristanak prestao",
    Period.BILLING: "{} nakon kraja godine računa",
    Period.BREACH: "{} nakon što je povreda zabeležena",
}

EVENTS: Catalogue = {
    "until the account is deleted": "dok nalog ne bude obrisan",
    "until the request is answered": "dok se ne odgovori na zahtev",
    "until the restriction ends or the account is deleted": (
        "dok ograničenje ne prestane ili dok nalog ne bude obrisan"
    ),
    "until the period or the duty that keeps it ends": "dok ne istekne rok ili obaveza čuvanja",
    "until you leave the conversation or your account is deleted": (
        "dok ne napustite razgovor ili dok Vaš nalog ne bude obrisan"
    ),
    "until one of the two ends the contact, blocks the other or deletes the account": (
        "dok jedan od dvoje ne prekine kontakt, ne blokira drugog ili ne obriše nalog"
    ),
    "until you lift the block or your account is deleted. After the deletion of a blocked account, a keyed "
    "hash of its number stays in the lists of those who blocked it, so that nobody evades the block": (
        "dok ne ukinete blokadu ili dok Vaš nalog ne bude obrisan. Posle brisanja blokiranog naloga, heš "
        "njegovog broja, zaštićen ključem, ostaje na listama onih koji su ga blokirali, da niko ne bi "
        "zaobišao "
        "blokadu"
    ),
    "until you remove it or the account is deleted": "dok to ne uklonite ili dok nalog ne bude obrisan",
    "until the account is deleted; then it names no account. The hash of a number, address or username "
    "stays for some days, as does that of a number that you changed, and that of a user id without end, so "
    "that the id is never used again": (
        "dok nalog ne bude obrisan; posle toga ne navodi nijedan nalog. Heš broja, adrese ili korisničkog "
        "imena ostaje još nekoliko dana, kao i heš broja koji ste promenili, a heš oznake korisnika trajno, "
        "da se oznaka nikada više ne bi koristila"
    ),
    "each member until they leave or delete the account; the rest until the last member left": (
        "svaki član dok ne napusti razgovor ili ne obriše nalog; ostalo dok ga ne napusti poslednji član"
    ),
    "as long as our chat provider needs it for that; we set no period": (
        "dok je za to potrebno našem pružaocu usluge ćaskanja; rok ne određujemo mi"
    ),
    (
        "until you replace or remove it or delete the account; phones and chat apps may show it for a "
        "day after that"
    ): (
        "dok je ne zamenite ili uklonite ili ne obrišete nalog; telefoni i aplikacije za ćaskanje mogu da je "
        "prikazuju još jedan dan"
    ),
    "while you can be found by your number, unless your account is frozen or restricted": (
        "dok možete da budete pronađeni po broju, osim ako je nalog zamrznut ili je obrada ograničena"
    ),
    "only in memory, until the request is answered": "samo u memoriji, dok se ne odgovori na zahtev",
    "until the last member left the group": "dok grupu ne napusti poslednji član",
    "for good, as the certificate of the erasure states": "trajno, kako navodi potvrda o brisanju",
}
_CONSENT = ", a najduže dok traje pristanak na kojem se zasniva"


def length(of: Duration) -> str:
    """Write a length of time, in the accusative."""
    return f"{of.count} {counted(of.count, *_UNITS[of.unit])}"


def retentions() -> dict[str, str]:
    """Return how long each kind of record is kept, by the English words."""
    kept = {record.declaration.kept: _of_records(record.declaration) for record in register.records()}
    return kept | {entry.plainly: _of_data(entry) for entry in WITHOUT_RECORD}


def _of_records(declaration: Declaration) -> str:
    retention = declaration.retention
    period = getattr(retention, "period", None)
    said = (
        _of_period(period) if isinstance(period, Period) else EVENTS.get(retention.plainly, retention.plainly)
    )
    if isinstance(retention, Statutory):
        said = f"{said} ({LAWS.get(retention.law, retention.law)})"
    return said if declaration.kept == retention.plainly else f"{said}{_CONSENT}"


def _of_data(entry: DataWithoutRecord) -> str:
    return EVENTS[entry.kept] if isinstance(entry.kept, str) else ", ".join(_of_period(p) for p in entry.kept)


def _of_period(period: Period) -> str:
    return PERIODS[period].format(length(period.length))
