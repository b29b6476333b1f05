"""Our privacy policy, chapter by chapter, in the order in which a person reads it.

The information of Art. 13 and 14 GDPR, and of Art. 23 and 24 ZZPL, is complete: a test names the clause of
each point.
"""

from __future__ import annotations

from chalicelib.privacy.accountability import RepresentedLaw
from chalicelib.privacy.clauses import families
from chalicelib.privacy.clauses.binding import (
    Every,
    Exactly,
    Held,
    Kept,
    Never,
    RestsOn,
    Single,
    practice,
    promise,
    registered,
    setting,
)
from chalicelib.privacy.clauses.clause import Article, Chapter, clause, gdpr, zzpl
from chalicelib.privacy.clauses.rights import EXERCISE, RIGHTS
from chalicelib.privacy.facts import Facts
from chalicelib.privacy.purposes import Category, LegalBasis, Practice
from chalicelib.privacy.recipients import Recipient


def chapters(facts: Facts) -> tuple[Chapter, ...]:
    """Build the policy of the facts."""
    return (
        Chapter("controller", {"en": "Who we are", "sr": "Ko smo mi"}, _CONTROLLER),
        Chapter("data", {"en": "Your data", "sr": "Vaši podaci"}, (*_DATA, *families.kinds(facts), *_DENIED)),
        Chapter(
            "purposes",
            {"en": "Why we process it", "sr": "Zašto ih obrađujemo"},
            (*families.purposes(facts), *_PURPOSES),
        ),
        Chapter(
            "recipients",
            {"en": "Recipients, and transfers abroad", "sr": "Primaoci i prenos u inostranstvo"},
            (*_RECIPIENTS, *families.recipients(facts), *_NOTIFICATIONS, *_SAFEGUARDS),
        ),
        Chapter("chat", {"en": "Chat", "sr": "Ćaskanje"}, (*_CHAT, *_REPORTS)),
        Chapter("retention", {"en": "How long we keep it", "sr": "Koliko dugo ih čuvamo"}, _RETENTION),
        Chapter("rights", {"en": "Your rights", "sr": "Vaša prava"}, (*RIGHTS, *EXERCISE)),
        Chapter("decisions", {"en": "Automated decisions", "sr": "Automatizovane odluke"}, _DECISIONS),
        Chapter("security", {"en": "Security", "sr": "Bezbednost"}, _SECURITY),
        Chapter("changes", {"en": "Changes of this policy", "sr": "Izmene ove politike"}, _CHANGES),
    )


_IN_SERBIAN = {
    RepresentedLaw.EU: "u Evropskoj uniji",
    RepresentedLaw.UK: "u Ujedinjenom Kraljevstvu",
    RepresentedLaw.CH: "u Švajcarskoj",
}

_CONTROLLER = (
    clause(
        "controller",
        (*gdpr(13, 1, "a"), *gdpr(14, 1, "a"), *zzpl(23, 1, "1"), *zzpl(24, 1, "1")),
        "The controller of your data is {name}, {address}, {country}. It decides why and how the data is "
        "processed. Write to {contact}.",
        "Rukovalac Vašim podacima je {name}, {address}, {country}. On odlučuje zašto i kako se podaci "
        "obrađuju. Pišite na {contact}.",
        promise("NOT-4"),
        name=setting("controller"),
        address=setting("address"),
        country=setting("country"),
        contact=setting("contact"),
    ),
    *(
        clause(
            f"representative_{law}",
            (*gdpr(13, 1, "a"), *gdpr(14, 1, "a"), Article(law.act, law.number)),
            f"Our representative in {law.plainly} is {{representative}}.",
            f"Naš predstavnik {serbian} je {{representative}}.",
            where=setting(f"representative_{law}"),
            representative=setting(f"representative_{law}"),
        )
        for law, serbian in _IN_SERBIAN.items()
    ),
    clause(
        "officer",
        (*gdpr(13, 1, "b"), *gdpr(14, 1, "b"), *zzpl(23, 1, "2"), *zzpl(24, 1, "2")),
        "You can reach our data protection officer at {officer}.",
        "Naše lice za zaštitu podataka o ličnosti možete da kontaktirate na: {officer}.",
        where=setting("data_protection_officer"),
        officer=setting("data_protection_officer"),
    ),
)

_DATA = (
    clause(
        "sources",
        (*gdpr(14, 2, "f"), *zzpl(24, 2, "6")),
        "How we get data about you: {sources}. Other users are a source too: their lists of "
        "contacts and blocks, and their invitations, name you.",
        "Kako dolazimo do podataka o Vama: {sources}. Izvor su i drugi korisnici: Vi ste na njihovim "
        "spiskovima kontakata i blokada i u njihovim pozivnicama.",
        Single("kind/block_list"),
        Single("kind/contact"),
        Single("kind/invitation"),
        sources=Every("source/"),
    ),
    clause(
        "required",
        (*gdpr(13, 2, "e"), *zzpl(23, 2, "5")),
        "A mobile number is needed for the contract: without it we cannot open an account. You choose what "
        "else your profile has: {fields}; and whether there are a picture, a PIN and a password.",
        "Broj mobilnog telefona potreban je za ugovor: bez njega ne možemo da otvorimo nalog. Šta još Vaš "
        "profil sadrži birate Vi: {fields}; kao i da li postoje slika, PIN i lozinka.",
        promise("ACC-1"),
        fields=Held("profile"),
    ),
)

_DENIED = (
    clause(
        "no_position",
        (),
        "We never collect where you are.",
        "Nikada ne prikupljamo Vaš položaj.",
        Never(Category.LOCATION),
    ),
    clause(
        "usage",
        (),
        "Data about use never contains your IP address. Figures that we publish about use identify no "
        "person.",
        "Podaci o korišćenju nikada ne sadrže Vašu IP adresu. Brojčani podaci o korišćenju koje "
        "objavljujemo ne otkrivaju identitet nijednog lica.",
        promise("USE-1"),
        promise("RET-4"),
    ),
    clause(
        "no_tracking",
        (),
        "Our mails and pages never track you.",
        "Naši imejlovi i stranice Vas nikada ne prate.",
        promise("USE-9"),
    ),
)

_PURPOSES = (
    clause(
        "interests",
        (*gdpr(13, 1, "d"), *gdpr(14, 2, "b"), *zzpl(23, 1, "4"), *zzpl(24, 2, "2")),
        "Our legitimate interests are: {purposes}.",
        "Na osnovu svojih legitimnih interesa podatke obrađujemo: {purposes}.",
        purposes=RestsOn(LegalBasis.LEGITIMATE_INTERESTS),
    ),
    clause(
        "consents",
        (*gdpr(6, 1, "a"), *zzpl(12, 1, "1")),
        "We process data with your consent only: {purposes}. The app has a switch for each purpose.",
        "Samo uz Vaš pristanak podatke obrađujemo: {purposes}. Aplikacija za svaku svrhu ima prekidač.",
        promise("RGT-7"),
        purposes=RestsOn(LegalBasis.CONSENT),
    ),
    clause(
        "matching",
        (
            *gdpr(14, 1, "c"),
            *gdpr(14, 1, "d"),
            *gdpr(14, 2, "b"),
            *gdpr(14, 5, "b"),
            *zzpl(24, 1, "3"),
            *zzpl(24, 1, "4"),
            *zzpl(24, 2, "2"),
        ),
        "If you consent, the app sends us numbers of your address book, without names, and shows you which "
        "of them belong to users who can be found. Numbers of people who do not use the service are among "
        "them. We compare these people's numbers on the basis of our legitimate interest, and that of our "
        "users, in seeing whom they can reach, and keep none. Others can find you by your number only if you "
        "choose to be found: then anyone who has it sees your name and picture.",
        "Ako pristanete, aplikacija nam šalje brojeve iz Vašeg imenika, bez imena, i prikazuje Vam koji od "
        "njih pripadaju korisnicima koje je moguće pronaći. Među njima su i brojevi ljudi koji ne koriste "
        "uslugu. Brojeve tih ljudi upoređujemo na osnovu svog legitimnog interesa i interesa naših korisnika "
        "da vide s kim mogu da stupe u kontakt, i nijedan ne čuvamo. Drugi mogu da Vas pronađu po broju samo "
        "ako to izaberete: tada svako ko ga ima vidi Vaše ime i sliku.",
        promise("ACC-7"),
        promise("ACC-10"),
        where=practice(Practice.MATCHING_CONTACTS),
    ),
    clause(
        "counting_use",
        (*gdpr(6, 1, "a"), *zzpl(12, 1, "1")),
        "If you consent, we count how you use the app.",
        "Ako pristanete, brojimo kako koristite aplikaciju.",
        where=practice(Practice.COUNTING_USE),
    ),
)

_RECIPIENTS = (
    clause(
        "only",
        (*gdpr(13, 1, "e"), *gdpr(14, 1, "e"), *zzpl(23, 1, "5"), *zzpl(24, 1, "5")),
        "We send your data to the recipients below only, and to each one only the kinds of data that are "
        "listed under its name.",
        "Vaše podatke šaljemo samo primaocima navedenim u nastavku, i svakom samo one vrste podataka koje su "
        "navedene pod njegovim nazivom.",
        Exactly("registered/", frozenset(one.name for one in Recipient)),
        promise("SEC-2"),
        promise("NOT-6"),
    ),
)

_SAFEGUARDS = (
    clause(
        "copies",
        (*gdpr(13, 1, "f"), *gdpr(14, 1, "f"), *zzpl(23, 1, "6"), *zzpl(24, 1, "6")),
        "Write to {contact} for a copy of the clauses and measures that protect a transfer.",
        "Pišite na {contact} da biste dobili kopiju klauzula i mera koje štite prenos.",
        contact=setting("contact"),
    ),
    clause(
        "authorities",
        (*gdpr(6, 1, "c"), *zzpl(12, 1, "3")),
        "An authority receives data only on a valid request, and we record each disclosure.",
        "Organ vlasti dobija podatke samo na osnovu valjanog zahteva, a svako otkrivanje beležimo.",
        promise("NOT-3"),
        promise("NOT-5"),
    ),
)

_CHAT = (
    clause(
        "chat",
        (),
        "Messages, files and reactions pass through {provider} ({role}). How long it stores them: {kept}.",
        "Poruke, datoteke i reakcije prolaze kroz {provider} ({role}). Koliko dugo ih čuva: {kept}.",
        promise("STR-11"),
        provider=registered(Recipient.STREAM, "name"),
        role=registered(Recipient.STREAM, "role"),
        kept=Kept("chat_message"),
    ),
    clause(
        "chat_deletion",
        (),
        "A message that you delete in the app is deleted there too, with its files.",
        "Poruka koju obrišete u aplikaciji briše se i tamo, zajedno sa datotekama.",
        promise("STR-12"),
    ),
    clause(
        "online",
        (),
        "Others in your conversations see when you are online only if you choose so; otherwise {provider} "
        "shows you as offline. For an account older than this policy, that holds from when {provider} has "
        "received it.",
        "Drugi u Vašim razgovorima vide kada ste na mreži samo ako to izaberete; inače Vas {provider} "
        "prikazuje kao da niste na mreži. Za nalog stariji od ove politike to važi od kada {provider} primi "
        "taj podatak.",
        promise("STR-10"),
        where=practice(Practice.HIDING_STATUS),
        provider=registered(Recipient.STREAM, "name"),
    ),
)

_REPORTS = (
    clause(
        "reports",
        (),
        "You can report other users, and they can report you; people without an account report on our site, "
        "by a code to their email address, which we then keep with the report; the sexual abuse of children "
        "needs no address. We copy reported messages and their files from {provider}, and a reported "
        "profile picture, and keep the copies even if the originals are deleted later. A person decides. "
        "Both sides can appeal, and the person reported does not learn from us who reported. How long we "
        "keep it: {kept}.",
        "Možete da prijavite druge korisnike, a i oni Vas; ljudi bez naloga prijavljuju na našoj stranici, "
        "uz kod poslat na njihovu imejl adresu, koju tada čuvamo uz prijavu; za seksualno zlostavljanje "
        "dece adresa nije potrebna. Prijavljene poruke i datoteke u njima kopiramo iz usluge {provider}. "
        "Kopiramo i prijavljenu sliku profila. Kopije čuvamo i kada se originali kasnije obrišu. O prijavi "
        "odlučuje čovek. Obe strane mogu da se žale, a prijavljeno lice od nas ne saznaje ko je podneo "
        "prijavu. Koliko dugo ih čuvamo: {kept}.",
        promise("SAF-1"),
        where=practice(Practice.REPORTING),
        provider=registered(Recipient.STREAM, "name"),
        kept=Kept("abuse_report"),
    ),
    clause(
        "barred_numbers",
        (),
        "Two people can decide that a long suspension outlives the account. Then, until it would have ended, "
        "we keep a hash of the number, in our legitimate interest to protect others, and the number opens no "
        "new account. Who has the number now can object.",
        "Dva lica mogu da odluče da duga obustava nadživi nalog. Tada, dok ona ne bi istekla, čuvamo heš "
        "broja, na osnovu svog legitimnog interesa da zaštitimo druge, i sa tim brojem ne može da se otvori "
        "novi nalog. Ko sada ima taj broj može da uloži prigovor.",
        promise("SAF-1"),
        where=practice(Practice.REPORTING),
    ),
)

_NOTIFICATIONS = (
    clause(
        "pushes",
        (),
        "Notifications reach your phone through {apple} and {google}. They contain no message content: your "
        "app fetches it. You choose in the app what you are notified of; notifications about the "
        "security of your account, your privacy requests, and decisions about reports of abuse cannot be "
        "switched off.",
        "Obaveštenja stižu na Vaš telefon preko {apple} i {google}. U njima nema sadržaja poruka: njega "
        "preuzima Vaša aplikacija. U aplikaciji birate o čemu dobijate obaveštenja; ona o bezbednosti "
        "naloga, o Vašim zahtevima u vezi sa privatnošću i o odlukama o prijavama zloupotrebe ne mogu da se "
        "isključe.",
        promise("CALL-2"),
        where=practice(Practice.NOTIFYING),
        apple=registered(Recipient.APPLE, "name"),
        google=registered(Recipient.GOOGLE, "name"),
    ),
)

_RETENTION = (
    clause(
        "longer",
        (*gdpr(13, 2, "a"), *gdpr(14, 2, "a"), *zzpl(23, 2, "1"), *zzpl(24, 2, "1")),
        "The list of your data above states the period of each kind. A law, a claim or an order may require "
        "us to keep some data longer: then we name the reason and the end, unless the order is secret.",
        "Rok za svaku vrstu podataka naveden je u spisku Vaših podataka. Zbog zakona, pravnog zahteva ili "
        "naloga možda ćemo deo podataka morati da čuvamo duže: tada navodimo razlog i rok, osim ako je "
        "nalog tajan.",
        promise("RET-1"),
        promise("RET-3"),
    ),
    clause(
        "backups",
        (),
        "Backups contain deleted data for another {backups}. Backups of the keys that encrypt your data end "
        "after {keys}; from then on, what those keys encrypted cannot be read in the other backups.",
        "Rezervne kopije sadrže obrisane podatke još {backups}. Kopije ključeva kojima su Vaši podaci "
        "šifrovani prestaju da postoje za {keys}; od tada podaci šifrovani tim ključevima ne mogu da se "
        "pročitaju ni u ostalim kopijama.",
        backups=setting("backups"),
        keys=setting("key_backups"),
    ),
    clause(
        "idle",
        (),
        "If you do not use your account for {unused}, we close it after two warnings.",
        "Ako svoj nalog ne koristite {unused}, zatvaramo ga posle dva upozorenja.",
        where=practice(Practice.CLOSING_IDLE_ACCOUNTS),
        unused=setting("idle"),
    ),
)

_DECISIONS = (
    clause(
        "automated",
        (*gdpr(13, 2, "f"), *gdpr(14, 2, "g"), *gdpr(22), *zzpl(23, 2, "6"), *zzpl(24, 2, "7"), *zzpl(38)),
        "Programs alone decide this: {decisions}. You can ask for a person to decide, and say why.",
        "Programi sami odlučuju o ovome: {decisions}. Možete da tražite da odluči čovek i da navedete "
        "razloge.",
        promise("RGT-11"),
        decisions=Every("automated/"),
    ),
)

_SECURITY = (
    clause(
        "measures",
        (*gdpr(32), *zzpl(50)),
        "These measures protect your data: {measures}.",
        "Vaše podatke štite ove mere: {measures}.",
        promise("SEC-1"),
        measures=Every("measure/"),
    ),
    clause(
        "breaches",
        (*gdpr(33), *gdpr(34), *zzpl(52), *zzpl(53)),
        "If data is breached, we report it to the authority in the time that the law sets, and notify you "
        "where the risk for you is high.",
        "Ako dođe do povrede podataka, prijavljujemo je nadležnom organu u roku koji zakon određuje, a Vas "
        "obaveštavamo kada je rizik po Vas visok.",
        promise("SEC-4"),
    ),
)

_CHANGES = (
    clause(
        "changes",
        (*gdpr(12, 1), *zzpl(21, 1)),
        "We announce a new version {notice} before it applies to you, by mail or in the app, with what "
        "changes.",
        "Novu verziju najavljujemo {notice} pre nego što počne da važi za Vas, imejlom ili u aplikaciji, i "
        "navodimo šta se menja.",
        promise("NOT-1"),
        notice=setting("notice"),
    ),
    clause(
        "merger",
        (),
        "Before your data passes to another company in a merger or sale, we notify you.",
        "Pre nego što Vaši podaci pređu na drugo društvo usled spajanja ili prodaje, obaveštavamo Vas.",
        promise("NOT-2"),
    ),
)
