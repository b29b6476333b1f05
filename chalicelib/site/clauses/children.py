"""Our standards of child safety, for which both app stores ask."""

from __future__ import annotations

from chalicelib.privacy.clauses.binding import Single, setting
from chalicelib.privacy.clauses.clause import Chapter, clause, gdpr, zzpl

FORBIDDEN = Chapter(
    "forbidden",
    {"en": "What is forbidden", "sr": "Šta je zabranjeno"},
    (
        clause(
            "site.children.forbidden",
            (),
            "RU4M forbids sexual abuse and sexual exploitation of children in every form: to show, share, "
            "make or solicit material of it, to approach a child for it, to extort a child with images, and "
            "to praise or advertise any of this.",
            "RU4M zabranjuje seksualno zlostavljanje i seksualno iskorišćavanje dece u svakom obliku: "
            "prikazivanje, deljenje, pravljenje ili traženje takvog materijala, stupanje u kontakt sa "
            "detetom radi toga, ucenjivanje deteta snimcima, i veličanje ili oglašavanje bilo čega od toga.",
        ),
        clause(
            "site.children.everywhere",
            (),
            "This binds every user, in chats, groups and profiles.",
            "To obavezuje svakog korisnika, u ćaskanju, grupama i profilima.",
        ),
    ),
)
REPORT = Chapter(
    "report",
    {"en": "How to report", "sr": "Kako da prijavite"},
    (
        clause(
            "site.children.danger",
            (),
            "If a child is in danger, call the police first: 192 in Serbia, 112 in the European Union.",
            "Ako je dete u opasnosti, prvo pozovite policiju: 192 u Srbiji, 112 u Evropskoj uniji.",
        ),
        clause(
            "site.children.write",
            (),
            "Then write to {contact}. State the user or the group, the day, and what happened. Do not send "
            "us the images themselves: having and sending them can be a crime. You need no account to "
            "report.",
            "Zatim pišite na {contact}. Navedite korisnika ili grupu, dan i šta se dogodilo. Ne šaljite nam "
            "same snimke: njihovo posedovanje i slanje mogu da budu krivično delo. Za prijavu Vam ne treba "
            "nalog.",
            contact=setting("contact"),
        ),
        clause(
            "site.children.button",
            (),
            "So far reports reach us in this way only: the app has no button for them yet.",
            "Prijave za sada primamo samo na ovaj način: aplikacija još nema dugme za njih.",
        ),
    ),
)
DONE = Chapter(
    "done",
    {"en": "What we do", "sr": "Šta radimo"},
    (
        clause(
            "site.children.read",
            (),
            "A member of our staff reads each report. We comply with the laws on the safety of children, "
            "and report what we learn of such crimes to the competent authority.",
            "Svaku prijavu čita neko od naših zaposlenih. Poštujemo zakone o bezbednosti dece i ono što "
            "saznamo o takvim delima prijavljujemo nadležnom organu.",
        ),
        clause(
            "site.children.authorities",
            (),
            "An authority gets data on a valid request, and we record each disclosure.",
            "Organ vlasti dobija podatke na osnovu valjanog zahteva, a svako otkrivanje beležimo.",
        ),
        clause(
            "site.children.block",
            (),
            "Every user can block another one in the app: their contact and their conversation of two end.",
            "Svaki korisnik može u aplikaciji da blokira drugog: prestaju njihov kontakt i razgovor udvoje.",
        ),
    ),
)
CONTACT = Chapter(
    "contact",
    {"en": "Point of contact", "sr": "Kontakt tačka"},
    (
        clause(
            "site.children.contact",
            (),
            "For authorities and for everyone else: {name}, {address}, {country}, {contact}. Write in "
            "English or Serbian.",
            "Za organe vlasti i za sve druge: {name}, {address}, {country}, {contact}. Pišite na srpskom "
            "ili engleskom jeziku.",
            name=setting("controller"),
            address=setting("address"),
            country=setting("country"),
            contact=setting("contact"),
        ),
    ),
)
# The ages are facts of the page (`site/pages/children`).
AGES = Chapter(
    "ages",
    {"en": "Ages", "sr": "Uzrast"},
    (
        clause(
            "site.children.contract",
            (),
            "You may use RU4M if the law of the country where you live allows you to enter into the "
            "contract. If it requires the consent of a parent or guardian, obtain it first.",
            "RU4M možete da koristite ako Vam pravo države u kojoj živite dozvoljava da zaključite ugovor. "
            "Ako ono zahteva saglasnost roditelja ili staratelja, prethodno je pribavite.",
        ),
        clause(
            "site.children.consent",
            (*gdpr(8, 1), *zzpl(16)),
            "We accept a consent to the use of data from a person who has the age that the law of their "
            "country sets: {serbia} years in Serbia, {youngest} to {oldest} elsewhere, and {otherwise} "
            "where we know of no rule.",
            "Pristanak na obradu podataka prihvatamo od osobe čiji uzrast odgovara zakonu njene države: u "
            "Srbiji {serbia}, drugde od {youngest} do {oldest}, a {otherwise} gde nam nije poznato pravilo "
            "(navršene godine).",
            serbia=Single("age/serbia"),
            youngest=Single("age/youngest"),
            oldest=Single("age/oldest"),
            otherwise=Single("age/otherwise"),
        ),
    ),
)
CHAPTERS = (FORBIDDEN, REPORT, DONE, CONTACT, AGES)
