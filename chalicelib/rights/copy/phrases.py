"""The phrases of a copy's page by language: Serbian ones in Latin script, by the English ones."""

from chalicelib.core.languages import Language, counted
from chalicelib.core.phrases import IN_ENGLISH, Catalogue, Phrasebook, in_script
from chalicelib.privacy.periods import Period
from chalicelib.privacy.serbian import PRIVACY, periods

COPY: Catalogue = {
    "Your data at RU4M": "Vaši podaci kod RU4M",
    "Your data for another service": "Vaši podaci za drugu uslugu",
    "You asked which data about you we process. This page shows the data, why we process it, and who "
    "received "
    "it (Art. 15 GDPR, Art. 26 ZZPL).": (
        "Pitali ste koje podatke o Vama obrađujemo. Ova stranica prikazuje te podatke, zašto ih obrađujemo i "
        "ko ih je primio (čl. 15. GDPR, čl. 26. ZZPL)."
    ),
    "You asked for the data that you gave us and that we recorded while you used the service, in a format "
    "that another service can read (Art. 20 GDPR, Art. 36 ZZPL).": (
        "Tražili ste podatke koje ste nam dali i koje smo zabeležili dok ste koristili uslugu, u obliku koji "
        "druga usluga može da čita (čl. 20. GDPR, čl. 36. ZZPL)."
    ),
    "Access": "Pristup",
    "know which data about you we process, and get a copy of it (Art. 15 GDPR, Art. 26 ZZPL)": (
        "da saznate koje podatke o Vama obrađujemo i da dobijete njihovu kopiju (čl. 15. GDPR, čl. 26. ZZPL)"
    ),
    "Correction": "Ispravka",
    "have wrong or incomplete data corrected (Art. 16 GDPR, Art. 29 ZZPL)": (
        "da se netačni ili nepotpuni podaci isprave (čl. 16. GDPR, čl. 29. ZZPL)"
    ),
    "Deletion": "Brisanje",
    "have your data deleted, unless we have to keep it by law or for legal claims (Art. 17 GDPR, Art. 30 "
    "ZZPL)": (
        "da se Vaši podaci obrišu, osim ako moramo da ih čuvamo po zakonu ili zbog pravnih zahteva (čl. 17. "
        "GDPR, čl. 30. ZZPL)"
    ),
    "Restriction": "Ograničenje obrade",
    "have us only store your data, and use it only as the law still allows (Art. 18 GDPR, Art. 31 ZZPL)": (
        "da Vaše podatke samo čuvamo, a koristimo samo kako zakon i tada dozvoljava (čl. 18. GDPR, čl. 31. "
        "ZZPL)"
    ),
    "Portability": "Prenosivost",
    "get your data in a format that another service can read, or have it sent there (Art. 20 GDPR, Art. 36 "
    "ZZPL)": (
        "da dobijete svoje podatke u obliku koji druga usluga može da čita, ili da ih pošaljemo toj usluzi "
        "(čl. 20. GDPR, čl. 36. ZZPL)"
    ),
    "Objection": "Prigovor",
    "object to processing that is based on our legitimate interests (Art. 21(1) GDPR, Art. 37 ZZPL)": (
        "da podnesete prigovor na obradu koja se zasniva na našim legitimnim interesima (čl. 21. st. 1. "
        "GDPR, čl. 37. ZZPL)"
    ),
    "Objection to direct marketing": "Prigovor na direktno oglašavanje",
    "object at any time, without giving a reason (Art. 21(2) GDPR, Art. 37 ZZPL)": (
        "da podnesete prigovor u svakom trenutku, bez navođenja razloga (čl. 21. st. 2. GDPR, čl. 37. ZZPL)"
    ),
    "You can withdraw a consent at any time, in the app as easily as you gave it, or by writing to us. The "
    "withdrawal applies to the future (Art. 7(3) GDPR, Art. 15 ZZPL).": (
        "Pristanak možete u svakom trenutku da opozovete: u aplikaciji, jednako lako kao što ste ga dali, "
        "ili ako nam pišete. Opoziv važi za ubuduće (čl. 7. st. 3. GDPR, čl. 15. ZZPL)."
    ),
    "Skip to your records": "Pređite na svoje zapise",
    "Your records": "Vaši zapisi",
    "{time}, including data that has since expired": (
        "{time}, uključujući podatke koji su u međuvremenu istekli"
    ),
    "Controller": "Rukovalac",
    "Contact": "Kontakt",
    "You asked on": "Zahtev podnet",
    "Data as of": "Stanje podataka na dan",
    "Copy made on": "Kopija napravljena",
    "Request": "Zahtev",
    "Automated decisions": "Automatizovane odluke",
    "Programs alone decide this: {decisions}. You can ask for a person to decide, and say why. We create no "
    "profile of you (Art. 22 GDPR, Art. 38 ZZPL)": (
        "Programi sami odlučuju o ovome: {decisions}. Možete da "
        "tražite da odluči čovek i da navedete razloge. Ne pravimo Vaš profil (čl. 22. GDPR, čl. 38. ZZPL)"
    ),
    "Times on this page are in Belgrade time. The other files of this package use UTC.": (
        "Vremena na ovoj stranici su po beogradskom vremenu. Ostale datoteke ovog paketa koriste UTC i na "
        "engleskom su jeziku."
    ),
    "In this package": "U ovom paketu",
    "What is missing": "Šta nedostaje",
    "Who received data": "Ko je primio podatke",
    "Your rights, and where to complain": "Vaša prava i kome možete da podnesete pritužbu",
    "On this page": "Na ovoj stranici",
    "This page shows the first {count} records of each kind. The other files contain all of them.": (
        "Ova stranica prikazuje prvih {count} zapisa svake vrste. Ostale datoteke sadrže sve zapise."
    ),
    "Nothing. We could read everything that we looked for.": (
        "Ništa. Uspeli smo da pročitamo sve što smo tražili."
    ),
    "What it does": "Šta radi",
    "Role": "Uloga",
    "Where": "Gde",
    "Legal ground for transfers abroad": "Pravni osnov za prenos u inostranstvo",
    "Safeguards": "Mere zaštite",
    "Address": "Adresa",
    "Phone": "Telefon",
    "Web": "Veb-sajt",
    "You can exercise these rights in the app, or by writing to {mail}:": (
        "Ova prava možete da ostvarite u aplikaciji ili ako pišete na {mail}:"
    ),
    "If you think that we break data protection law, you can complain to a supervisory authority (Art. 77 "
    "GDPR, Art. 82 ZZPL).": (
        "Ako smatrate da kršimo propise o zaštiti podataka, možete da podnesete pritužbu nadzornom organu "
        "(čl. 77. GDPR, čl. 82. ZZPL)."
    ),
    "You can also go to court, without complaining first (Art. 79 GDPR, Art. 84 ZZPL).": (
        "Možete i da se obratite sudu, bez prethodne pritužbe (čl. 79. GDPR, čl. 84. ZZPL)."
    ),
    # One kind of record
    "Why": "Zašto",
    "Legal basis": "Pravni osnov",
    "How long we keep it": "Koliko dugo čuvamo",
    "Who received it": "Ko je primio",
    "Who receives it": "Ko prima",
    "Missing:": "Nedostaje:",
    "not in this copy": "nije u ovoj kopiji",
    "missing": "nedostaje",
    "no records in this copy": "nema zapisa u ovoj kopiji",
    "Not in this copy, and why": "Šta nije u ovoj kopiji i zašto",
    "We have none of these": "Ovo nemamo",
    "{count} kinds of data": "Broj vrsta podataka: {count}",
    "Data for which your consent has ended is in no copy: it is being deleted.": (
        "Podaci za koje je Vaš pristanak prestao nisu ni u jednoj kopiji: brišemo ih."
    ),
    "About this copy": "O ovoj kopiji",
    "{records} could not be included: {why}.": "Nije uključeno ({records}): {why}.",
    "no longer known": "više nije poznato",
    "The same in all of these records": "Isto u svim ovim zapisima",
    "This page shows the first {shown} of {total}. All of them are in {file}.": (
        "Ova stranica prikazuje prvih {shown} od ukupno {total}. Svi su u {file}."
    ),
    "It is also in {file}.": "Nalazi se i u {file}.",
    "They are also in {file}.": "Nalaze se i u {file}.",
    "Field": "Polje",
    "What it is": "Šta je to",
    "Where it comes from": "Odakle potiče",
    "the recipients of the record": "primaoci zapisa",
    "What each field is": "Šta je koje polje",
    "All of it": "Sve",
    "What is left out, and why": "Šta je izostavljeno i zašto",
    "(cut after {shown} of {all} characters)": "(skraćeno posle {shown} od {all} znakova)",
    "no recipient": "nema primaoca",
    # Files
    "all records, for programs": "svi zapisi, za programe",
    "the format of data.json, for programs (JSON Schema)": (
        "format datoteke data.json, za programe (JSON Schema)"
    ),
    "everything in this package, with checksums; what is not in it, and why": (
        "sve što je u ovom paketu, sa kontrolnim zbirovima; šta nije u njemu i zašto"
    ),
    # Records that cannot be read
    "the stored data was altered, so it cannot be decrypted": (
        "sačuvani podaci su izmenjeni, pa ne mogu da se dešifruju"
    ),
    "the file of the picture is no longer stored": "datoteka sa slikom više nije sačuvana",
    "the key to decrypt the stored data no longer exists": (
        "ključ za dešifrovanje sačuvanih podataka više ne postoji"
    ),
    "the stored data is in a format that can no longer be read": (
        "sačuvani podaci su u formatu koji više ne može da se pročita"
    ),
    "the kind of record is no longer known": "vrsta zapisa više nije poznata",
    "the stored data was altered after it was written": "sačuvani podaci su izmenjeni posle upisa",
    "using the data requires your consent, and your decision about that could not be read": (
        "za korišćenje podataka je potreban Vaš pristanak, a Vaša odluka o tome nije mogla da se pročita"
    ),
    "we could not look for these records, because the data needed to find them could not be read": (
        "ove zapise nismo mogli da potražimo, jer podaci potrebni za to nisu mogli da se pročitaju"
    ),
}

# The data at Stream: fields, what is left out and what is missing.
CHAT: Catalogue = {
    "Messages, files and reactions between users.": "Poruke, datoteke i reakcije između korisnika.",
    "Added": "Dodato",
    "Attachment": "Prilog",
    "Attachments": "Prilozi",
    "Author": "Autor",
    "Call": "Poziv",
    "Conversation": "Razgovor",
    "Conversations muted": "Utišani razgovori",
    "Count": "Broj",
    "Deactivated": "Deaktivirano",
    "Deleted": "Obrisano",
    "Devices": "Uređaji",
    "Edited": "Izmenjeno",
    "Ended": "Završeno",
    "Id": "Oznaka",
    "Image": "Slika",
    "Invisible": "Nevidljivo",
    "Kind": "Vrsta",
    "Last active": "Poslednja aktivnost",
    "Line": "Red",
    "Media type": "Vrsta sadržaja",
    "Mentioned person": "Pomenuta osoba",
    "Mentions": "Pominjanja",
    "Message": "Poruka",
    "Older messages": "Starije poruke",
    "People blocked": "Blokirane osobe",
    "People muted": "Utišane osobe",
    "Profile": "Profil",
    "Provider": "Pružalac",
    "Quoted message": "Citirana poruka",
    "Quotes": "Citati",
    "Reaction": "Reakcija",
    "Reactions": "Reakcije",
    "Reference to a message": "Upućivanje na poruku",
    "Reply to": "Odgovor na",
    "Score": "Ocena",
    "Starts": "Počinje",
    "Text": "Tekst",
    "To": "Za",
    "Type": "Tip",
    "Updated": "Izmenjeno",
    "Url": "Veza",
    "all but its id, type and name": "sve osim oznake, tipa i naziva",
    "all but the name": "sve osim imena",
    "its text and all but its id, author's name and time": "tekst i sve osim oznake, imena autora i vremena",
    "mutes, blocks and devices": "utišavanja, blokade i uređaji",
    "the reference": "upućivanje",
    "others' reactions, and which message of others it replies to": (
        "reakcije drugih, i na koju poruku drugih odgovara"
    ),
    "which message of others it is to": "na koju poruku drugih se odnosi",
    "Stream collects and stores this when you connect. Stream's export of your data does not contain it, so "
    "this copy does not contain it either": (
        "Stream to prikuplja i čuva kada se povežete. Stream to ne uključuje u izvoz Vaših podataka, pa ni "
        "ova kopija to ne sadrži"
    ),
    "it is about other people (Art. 15(4) and 20(4) GDPR, Art. 26 and 36 ZZPL)": (
        "odnosi se na druge ljude (čl. 15. st. 4. i čl. 20. st. 4. GDPR, čl. 26. i 36. ZZPL)"
    ),
    "how reports, blocks and bans are handled protects those who reported (Art. 15(4) GDPR, Art. 26 ZZPL)": (
        "postupanje sa prijavama, blokadama i zabranama štiti one koji su nešto prijavili (čl. 15. st. 4. "
        "GDPR, čl. 26. ZZPL)"
    ),
    "a setting of the chat system that says nothing about you as a person": (
        "podešavanje sistema za ćaskanje koje ništa ne govori o Vama kao osobi"
    ),
    "it repeats what is in this copy, or is made from it or from what a link in it leads to": (
        "ponavlja ono što je u ovoj kopiji, ili je nastalo od toga ili od onoga na šta vodi neka veza u njoj"
    ),
    "a person who has it could act on your device or in your name": (
        "osoba koja to ima mogla bi da postupa na Vašem uređaju ili u Vaše ime"
    ),
    "a field that we do not know and cannot assess; ask us, and a person will check it": (
        "polje koje ne poznajemo i ne možemo da procenimo; pitajte nas i zaposleni će to proveriti"
    ),
    "it has a form that we cannot read; ask us, and a person will check it": (
        "ima oblik koji ne možemo da pročitamo; pitajte nas i zaposleni će to proveriti"
    ),
    "you did not provide it; the access copy has it (Art. 20(1) GDPR, Art. 36 ZZPL)": (
        "niste ga dali Vi; nalazi se u kopiji za pristup (čl. 20. st. 1. GDPR, čl. 36. ZZPL)"
    ),
    "Stream has no user for your account: none was created, or it was deleted there.": (
        "Stream nema korisnika za Vaš nalog: nije ni napravljen ili je tamo obrisan."
    ),
    "Stream refused the export. It exports at most 10,000 messages and 10,000 reactions.": (
        "Stream je odbio izvoz. Izvozi najviše 10.000 poruka i 10.000 reakcija."
    ),
    "Stream could not make the export. It exports at most 10,000 messages and 10,000 reactions.": (
        "Stream nije uspeo da napravi izvoz. Izvozi najviše 10.000 poruka i 10.000 reakcija."
    ),
    "Stream did not finish the export within a day.": "Stream nije završio izvoz u roku od jednog dana.",
    "Stream no longer knows the export that we requested.": "Stream više ne zna za izvoz koji smo tražili.",
    "Stream no longer has the file that it made.": "Stream više nema datoteku koju je napravio.",
    "Stream's link to the file led to a host that is not Stream's, so we did not open it.": (
        "Veza koju je dao Stream vodila je na server koji ne pripada kompaniji Stream, pa je nismo otvorili."
    ),
    "The file is too large for this package.": "Datoteka je prevelika za ovaj paket.",
    "The file from Stream contains no data that we could identify as yours.": (
        "Datoteka koju je dao Stream ne sadrži podatke koje bismo mogli da prepoznamo kao Vaše."
    ),
    "The export reached Stream's limit of messages or reactions, so there may be more of them.": (
        "Izvoz je dostigao ograničenje broja poruka ili reakcija koje ima Stream, pa ih možda ima još."
    ),
}


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
