"""The names of kinds of record, categories, sources, values and purposes, in Serbian."""

from chalicelib.core.phrases import Catalogue

TITLES: Catalogue = {
    "Terms and notices that you accepted": "Uslovi i obaveštenja koje ste prihvatili",
    "Your account": "Vaš nalog",
    "Notices to you: of new terms and policies, and of breaches of your data": (
        "Obaveštenja Vama: o novim uslovima i politikama, i o povredama Vaših podataka"
    ),
    "Users whom you block": "Korisnici koje blokirate",
    "When our staff looked at your account": "Kada su naši zaposleni izvršili uvid u Vaš nalog",
    "Users who block you": "Korisnici koji Vas blokiraju",
    "Your contacts": "Vaši kontakti",
    "Your contact code": "Vaš kod za kontakt",
    "Number of your contacts": "Broj Vaših kontakata",
    "Invitations that you received": "Pozivnice koje ste primili",
    "Calls that you missed": "Pozivi koje ste propustili",
    "What you do not want to be notified of": "O čemu ne želite obaveštenja",
    "Which device gets the notifications of a phone": "Koji uređaj dobija obaveštenja telefona",
    "The newest message of a conversation about which each member was notified": (
        "Najnovija poruka razgovora o kojoj je svaki član obavešten"
    ),
    "Proofs that a phone is yours, for notifications": "Dokazi da je telefon Vaš, radi obaveštenja",
    "Phones to which we send notifications": "Telefoni na koje šaljemo obaveštenja",
    "Invitations that you sent": "Pozivnice koje ste poslali",
    "Devices that were signed in recently and can request a code more easily": (
        "Uređaji koji su nedavno bili prijavljeni i lakše mogu da zatraže kod"
    ),
    "Your last number, email address and language, in case a backup is restored": (
        "Vaš poslednji broj, imejl adresa i jezik, za slučaj vraćanja rezervne kopije"
    ),
    "When an account was last used, and whether we warned that it will be closed": (
        "Kada je nalog poslednji put korišćen i da li smo upozorili da će biti zatvoren"
    ),
    "Conversations of which you are a member": "Razgovori čiji ste član",
    "Your profile": "Vaš profil",
    "Your PIN and your password": "Vaš PIN i Vaša lozinka",
    "Your avatar": "Vaša slika profila",
    "Files of your avatar": "Datoteke Vaše slike profila",
    "Your consents and objections": "Vaši pristanci i prigovori",
    "When you signed in, signed out or confirmed your identity": (
        "Kada ste se prijavili, odjavili ili potvrdili identitet"
    ),
    "Devices that are signed in": "Uređaji koji su prijavljeni",
    "Models of devices that are or were signed in": "Modeli uređaja koji jesu ili su bili prijavljeni",
    "Devices that wait until another one signs them in": ("Uređaji koji čekaju da ih drugi uređaj prijavi"),
    "Your user at our chat provider was deleted or deactivated, but not by us": (
        "Vaš korisnik kod našeg pružaoca usluge ćaskanja je obrisan ili deaktiviran, ali ne od nas"
    ),
    "Your invoices": "Vaši računi",
    "Progress of announcing a new notice to all users": "Tok najave novog obaveštenja svim korisnicima",
    "One-time codes": "Jednokratni kodovi",
    "Codes sent to each country per day": "Kodovi poslati u svaku zemlju po danu",
    "Codes verified recently in each country": "Nedavno potvrđeni kodovi u svakoj zemlji",
    "How your contact code is found": "Kako se pronalazi Vaš kod za kontakt",
    "Marks of requests about contacts, in case they are repeated": (
        "Oznake zahteva u vezi sa kontaktima, za slučaj da se ponove"
    ),
    "Marks of requests that open conversations, in case they are repeated": (
        "Oznake zahteva koji otvaraju razgovore, za slučaj da se ponove"
    ),
    "Mails that we sent, kept in case they cannot be delivered": (
        "Imejlovi koje smo poslali, za slučaj da ne mogu da se isporuče"
    ),
    "What is needed to complete the deletion of an account": "Podaci potrebni da se dovrši brisanje naloga",
    "Counters that prevent abuse": "Brojači koji sprečavaju zloupotrebu",
    "Number of expired records deleted on a day": "Broj isteklih zapisa obrisanih u jednom danu",
    "Progress of deleting expired records": "Tok brisanja isteklih zapisa",
    "Renewal progress": "Tok ponovnog beleženja",
    "Hashes of reports by our chat provider, so that none is used twice": (
        "Heš-vrednosti izveštaja našeg pružaoca usluge ćaskanja, da se nijedan ne bi koristio dva puta"
    ),
    "Phone numbers, addresses and usernames linked to your account": (
        "Brojevi telefona, adrese i korisnička imena povezani sa Vašim nalogom"
    ),
    "Data that we had to keep when an account was deleted": (
        "Podaci koje smo morali da sačuvamo kada je nalog obrisan"
    ),
    "Certificates of the deletion of your data": "Potvrde o brisanju Vaših podataka",
    "Hash of a number with which no account can be opened": ("Heš broja sa kojim ne može da se otvori nalog"),
    "Objections to a refusal of your number": "Prigovori na odbijanje Vašeg broja",
    "Reports of abuse that you made": "Vaše prijave zloupotrebe",
    "Evidence of who decided on reports of abuse": "Dokazi o tome ko je odlučio o prijavama zloupotrebe",
    "Decisions about your account because of reports of abuse": (
        "Odluke o Vašem nalogu zbog prijava zloupotrebe"
    ),
    "Complaints about our answers to your privacy requests": (
        "Pritužbe na naše odgovore na Vaše zahteve u vezi sa privatnošću"
    ),
    "Messages to our support that wait for a code": "Poruke našoj podršci koje čekaju kod",
    "Your messages to our support, and our answers": "Vaše poruke našoj podršci i naši odgovori",
    "Evidence of who answered messages to our support": "Dokazi o tome ko je odgovorio na poruke podršci",
    "Evidence of who decided on complaints about our answers": (
        "Dokazi o tome ko je odlučio o pritužbama na naše odgovore"
    ),
    "Disclosures of your data to authorities and other parties": (
        "Otkrivanja Vaših podataka organima vlasti i drugima"
    ),
    "Where we find a disclosure": "Gde pronalazimo otkrivanje podataka",
    "Copies of your data that we made for you": "Kopije podataka koje smo napravili za Vas",
    "Duties to keep some of your data": "Obaveze čuvanja nekih Vaših podataka",
    "Number of changes of the duties to keep your data": "Broj promena obaveza čuvanja Vaših podataka",
    "Progress of reporting what waits for our staff": "Tok obaveštavanja o onome što čeka naše zaposlene",
    "Progress of closing accounts that are not used any more": (
        "Tok zatvaranja naloga koji se više ne koriste"
    ),
    "Privacy requests that we have not answered yet": (
        "Zahtevi u vezi sa privatnošću na koje još nismo odgovorili"
    ),
    "Progress of comparing our chat provider's users with ours": (
        "Tok poređenja korisnika našeg pružaoca usluge ćaskanja sa našim"
    ),
    "Your privacy requests": "Vaši zahtevi u vezi sa privatnošću",
    "Checks that a deleted user stays deleted at our chat provider": (
        "Provere da obrisani korisnik ostaje obrisan kod našeg pružaoca usluge ćaskanja"
    ),
    "Users of our chat provider without an account": "Korisnici našeg pružaoca usluge ćaskanja bez naloga",
    "Faults that your app reported": "Greške koje je prijavila Vaša aplikacija",
    "Number of usage events accepted today": "Broj događaja o korišćenju primljenih danas",
    "How you used the app": "Kako ste koristili aplikaciju",
    "Intermediate counts for usage figures": "Međuzbirovi za podatke o korišćenju",
    "Evidence of your consents, and of changes of your number, email address and language": (
        "Dokazi o Vašim pristancima i o izmenama Vašeg broja, imejl adrese i jezika"
    ),
    "Evidence of your privacy requests": "Dokazi o Vašim zahtevima u vezi sa privatnošću",
    "Your chat messages": "Vaše poruke iz ćaskanja",
    "The members of your conversations": "Članovi Vaših razgovora",
    "Names of groups": "Nazivi grupa",
    "Copies of your data, as files": "Kopije Vaših podataka, kao datoteke",
    "Evidence of who recorded your invoices": "Dokazi o tome ko je evidentirao Vaše račune",
    "Evidence of who decided on disclosures of your data": (
        "Dokazi o tome ko je odlučio o otkrivanju Vaših podataka"
    ),
    "Evidence of who placed, confirmed and lifted a duty to keep your data": (
        "Dokazi o tome ko je uveo, potvrdio i ukinuo obavezu čuvanja Vaših podataka"
    ),
    "Users whom a breach of personal data concerns, by random ids": (
        "Korisnici na koje se odnosi povreda podataka o ličnosti, pod nasumičnim oznakama"
    ),
    "The text of a notice about a breach of personal data": (
        "Tekst obaveštenja o povredi podataka o ličnosti"
    ),
    "Progress of notifying the people whom a breach concerns": (
        "Tok obaveštavanja ljudi na koje se povreda podataka odnosi"
    ),
    "Numbers and mailboxes that get no direct marketing, by keyed hash": (
        "Brojevi i imejl adrese na koje ne šaljemo oglasne poruke, uz heš zaštićen ključem"
    ),
    "Files by which you prove your identity": "Datoteke kojima dokazujete identitet",
    "Files of your messages, and your picture, that another user reported": (
        "Datoteke iz Vaših poruka i Vaša slika profila, koje je prijavio drugi korisnik"
    ),
    "What became of the files by which you prove your identity": (
        "Šta je bilo sa datotekama kojima dokazujete identitet"
    ),
    "Privacy requests that wait for a code": "Zahtevi u vezi sa privatnošću koji čekaju kod",
    "What you stated to complete or correct your data": (
        "Vaše izjave kojima dopunjujete ili ispravljate svoje podatke"
    ),
    "Reports of abuse that wait for a code": "Prijave zloupotrebe koje čekaju kod",
    "Numbers of your address book that you compare": "Brojevi iz Vašeg imenika koje upoređujete",
    "Numbers of other people in address books": "Brojevi drugih ljudi u imenicima",
    "Hash of a number by which its user can be found": "Heš broja po kojem korisnik može da se pronađe",
    "Your messages, kept while a restriction stops their deletion": (
        "Vaše poruke, koje čuvamo dok ograničenje sprečava njihovo brisanje"
    ),
    "What protects chat from abuse": "Ono što štiti ćaskanje od zloupotrebe",
    "Mark of your deletion, so that a restored backup repeats it": (
        "Oznaka Vašeg brisanja, da bi se ponovilo ako se vrati rezervna kopija"
    ),
    "Unknown": "Nepoznato",
}


KINDS: Catalogue = {
    # Categories
    "ID, state or time": "oznaka, stanje ili vreme",
    "phone number": "broj telefona",
    "language": "jezik",
    "a random ID that stands for you": "nasumična oznaka koja Vas predstavlja",
    "people whom you know or block": "osobe koje poznajete ili blokirate",
    "name": "ime",
    "date of birth": "datum rođenja",
    "job title": "radno mesto",
    "workplace": "poslodavac",
    "country": "država",
    "a picture of you": "Vaša slika",
    "email address": "imejl adresa",
    "username": "korisničko ime",
    "account settings": "podešavanja naloga",
    "privacy preferences": "izbori u vezi sa privatnošću",
    "ID of a device": "oznaka uređaja",
    "what you paid": "šta ste platili",
    "what you wrote or shared": "šta ste napisali ili podelili",
    "technical reports": "tehnički izveštaji",
    "device": "uređaj",
    "how you use the app": "kako koristite aplikaciju",
    "position": "položaj",
    "IP address": "IP adresa",
    "what proves who signs in": "ono čime se dokazuje ko se prijavljuje",
    # Sources
    "created by the service": "stvorila je usluga",
    "from the payment provider, which makes the invoices": "od pružaoca usluge plaćanja, koji izdaje račune",
    "from you": "od Vas",
    "recorded while you used the service": "zabeleženo dok ste koristili uslugu",
    # Values
    "yes": "da",
    "no": "ne",
}

# Purposes, which name values of a record.
PURPOSES: Catalogue = {
    "Analytics": "Analitika",
    "Authentication": "Prijavljivanje",
    "Contact matching": "Pronalaženje kontakata",
    "Legal claims": "Pravni zahtevi",
    "Legal obligation": "Pravna obaveza",
    "Location sharing": "Deljenje lokacije",
    "Marketing": "Oglašavanje",
    "Message backup": "Rezervna kopija poruka",
    "Notifications": "Obaveštenja o usluzi",
    "Personalised ads": "Prilagođeni oglasi",
    "Security": "Bezbednost",
    "Service": "Usluga",
    "Social verification": "Potvrda preko društvenih mreža",
}
