"""What only the policy says, in Serbian: purposes with their basis, measures and fields."""

from chalicelib.core.phrases import Catalogue

PRACTICES: Catalogue = {
    "{purpose}, on the basis of {basis}": "{purpose}; pravni osnov: {basis}",
    "data is encrypted in transit and at rest; personal fields are sealed with our AES-256-GCM keys, except "
    "where the reason is stated": (
        "podaci su šifrovani u prenosu i pri čuvanju; lična polja su šifrovana našim AES-256-GCM ključevima, "
        "osim gde je naveden razlog"
    ),
    "each function has its own role with least privilege; a role can delete only what it names": (
        "svaka funkcija ima svoju ulogu sa najmanjim potrebnim ovlašćenjima; uloga može da obriše samo ono "
        "što navodi"
    ),
    "logs, metrics and URLs contain nothing that a person sent": (
        "logovi, metrike i veb-adrese ne sadrže ništa što je neka osoba poslala"
    ),
    "backups end after a fixed time, those of the subjects' keys first; the certificate of an erasure states "
    "the end of those that are left": (
        "rezervne kopije se brišu posle određenog roka, prvo kopije ključeva; potvrda o brisanju navodi do "
        "kada ostaju preostale"
    ),
    "evidence is hash-chained and signed, in storage that cannot be overwritten": (
        "dokazi su povezani hešom i potpisani, u skladištu u kojem ne mogu da se prepišu"
    ),
}

# What the policy says of a field of a kind (`privacy/clauses/fields`).
FIELDS: Catalogue = {
    "random ID that stands for you": "nasumična oznaka koja Vas predstavlja",
    "the users whom you block, and since when": "korisnici koje blokirate i od kada",
    "a keyed hash of the number of each, by which a block recognises the user again": (
        "heš broja svakog od njih, zaštićen ključem, po kome blokada ponovo prepoznaje korisnika"
    ),
    "the key of those hashes": "ključ tih heševa",
    "what was deleted, what stays and why, under a random ID": (
        "šta je obrisano, šta ostaje i zašto, pod nasumičnom oznakom"
    ),
    "random ID, model and operating system of the device, and version of the app": (
        "nasumična oznaka, model i operativni sistem uređaja, i verzija aplikacije"
    ),
    "a hash of it, made with a key of ours": "heš, napravljen našim ključem",
    "the user ID of each contact": "oznaka korisnika svakog kontakta",
    "what failed, and the memory that was in use": "šta nije uspelo i koliko je memorije bilo zauzeto",
    "how long it took": "koliko je trajalo",
    "model of the device": "model uređaja",
    "name of the event": "naziv događaja",
    "screen of the app": "ekran aplikacije",
    "why the ground applies": "zašto osnov važi",
    "who received the data": "ko je primio podatke",
    "the assessment of a second member of our staff": "procena drugog našeg zaposlenog",
    "proposed changes of a secrecy that an order requires": (
        "predložene izmene tajnosti koju zahteva nalog organa"
    ),
    "the order that requires secrecy": "nalog koji zahteva tajnost",
    "the letter of an authority that complains": "pismo organa vlasti koji podnosi pritužbu",
    "a proposed decision": "predložena odluka",
    "what is contested, and why": "šta se osporava i zašto",
    "whom you mean": "koga imate u vidu",
    "email address for our answer": "imejl adresa za naš odgovor",
    "what you write to us": "ono što nam pišete",
    "our answer": "naš odgovor",
    "what you request": "ono što tražite",
    "random ID of the device": "nasumična oznaka uređaja",
    "the records, with all their data": "zapisi, sa svim podacima koje sadrže",
    "where each record was stored": "gde se svaki zapis čuvao",
    "why we have to keep the data": "zašto moramo da čuvamo podatke",
    "the user ID of the person who invited you": "oznaka korisnika koji Vas je pozvao",
    "amount": "iznos",
    "whether anyone who has your number sees your name and picture": (
        "da li svako ko ima Vaš broj vidi Vaše ime i sliku"
    ),
    "whether others in your conversations may see when you are online": (
        "da li drugi u Vašim razgovorima smeju da vide kada ste na mreži"
    ),
    "the user ID of the person who called you": "oznaka korisnika koji Vas je zvao",
    "conversations that you muted": "razgovori koje ste utišali",
    "users whom you muted": "korisnici koje ste utišali",
    "kinds of notifications that are switched off": "vrste obaveštenja koje su isključene",
    "when you want to be left undisturbed, with your time zone": (
        "kada ne želite da Vas uznemiravamo, sa vremenskom zonom"
    ),
    "the random text by which your app proves that a phone is its own": (
        "nasumični tekst kojim Vaša aplikacija dokazuje da je telefon njen"
    ),
    "what Apple or Google calls the app on your phone": (
        "oznaka koju Apple ili Google koristi za aplikaciju na Vašem telefonu"
    ),
    "consents given or refused": "dati i odbijeni pristanci",
    "withdrawals that are still to be recorded": "opozivi koje još treba zabeležiti",
    "the requests that caused restrictions and objections": "zahtevi iz kojih potiču ograničenja i prigovori",
    "purposes whose data is still to be deleted": "svrhe čije podatke još treba obrisati",
    "whether all use of your data is restricted": "da li je ograničeno svako korišćenje Vaših podataka",
    "email address for the answer": "imejl adresa za odgovor",
    "language and region for the answer": "jezik i region za odgovor",
    "phone number for the answer": "broj telefona za odgovor",
    "the correction that you ask for": "ispravka koju tražite",
    "our decision": "naša odluka",
    "what is kept after a deletion, and until when": "šta se čuva posle brisanja i do kada",
    "why we end a restriction": "zašto prekidamo ograničenje",
    "the reasons that you give": "razlozi koje navodite",
    "the service to which your data is to be sent": "usluga kojoj treba poslati Vaše podatke",
}
