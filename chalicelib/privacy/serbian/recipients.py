"""The recipients of the register and the controller's authority in Serbian."""

from chalicelib.core.phrases import Catalogue

RECIPIENTS: Catalogue = {
    "Amazon Web Services EMEA SARL": "Amazon Web Services EMEA SARL",
    "Stream.io, Inc.": "Stream.io, Inc.",
    "Mobile carriers in the country of a user's number": (
        "Mobilni operatori u državi telefonskog broja korisnika"
    ),
    "The provider of a user's mailbox": "Pružalac imejl usluge korisnika",
    "A service that a user named": "Usluga koju je naveo korisnik",
    "Apple Inc.": "Apple Inc.",
    "Google Ireland Limited": "Google Ireland Limited",
    "RU4M's office in Belgrade": "Kancelarija RU4M u Beogradu",
    # What they do
    "runs our servers and databases, and sends our mail and text messages": (
        "održava naše servere i baze podataka i šalje naše imejlove i SMS poruke"
    ),
    "delivers chat messages and stores them for a limited time; receives an id, a display name, the address "
    "of a picture, whether the user hides when they are online, the ids of the users whom a user blocks, and "
    "for each conversation the ids of its members and a group's name": (
        "isporučuje poruke iz ćaskanja i čuva ih ograničeno vreme; prima oznaku, ime za prikaz, adresu "
        "slike, podatak da li korisnik skriva kada je na mreži, oznake korisnika koje korisnik blokira, a za "
        "svaki razgovor oznake članova i naziv grupe"
    ),
    "deliver codes, and notices about the account and about privacy requests, by text message": (
        "isporučuju kodove i obaveštenja o nalogu i o zahtevima u vezi sa privatnošću SMS porukom"
    ),
    "receives the mail that we send to the user: about the account and about notices, our answers to "
    "messages to us, our decisions about reports of abuse, and marketing if the user consented": (
        "prima imejlove koje šaljemo korisniku: o nalogu i o obaveštenjima, naše odgovore na poruke podršci, "
        "naše odluke o prijavama zloupotrebe, i oglasne poruke ako je korisnik na njih pristao"
    ),
    "delivers notifications to iPhones: receives which phone, what kind of thing happened, the user's "
    "language, and an opaque id": (
        "isporučuje obaveštenja na iPhone telefone: prima oznaku telefona, vrstu događaja, jezik korisnika i "
        "nasumičnu oznaku"
    ),
    "delivers notifications to Android phones: receives which phone, what kind of thing happened, the user's "
    "language, and an opaque id": (
        "isporučuje obaveštenja na Android telefone: prima oznaku telefona, vrstu događaja, jezik korisnika "
        "i nasumičnu oznaku"
    ),
    "receives data only if a user asks us to send it there (Art. 20(2) GDPR; Art. 36 ZZPL)": (
        "prima podatke samo ako korisnik traži da ih tamo pošaljemo (čl. 20. st. 2. GDPR; čl. 36. ZZPL)"
    ),
    "answers requests, records invoices and investigates abuse": (
        "odgovara na zahteve, evidentira račune i istražuje zloupotrebe"
    ),
    # Roles
    "processor, on our documented instructions only": "obrađivač, samo po našim dokumentovanim uputstvima",
    "independent controller": "samostalni rukovalac",
    "the controller's own staff": "zaposleni kod rukovaoca",
    # Why there is nothing to notify (Art. 19 GDPR)
    "It delivers messages to you, and holds no record of ours": ("Isporučuje Vam poruke i nema naših zapisa"),
    "Our own staff, who read the changed records": "Naši zaposleni, koji vide izmenjene zapise",
    "You had the data sent there, so only you know what it has": (
        "Podaci su tamo poslati na Vaš zahtev, pa samo Vi znate šta ima"
    ),
    "It has no user for you": "Nema korisnika za Vas",
    # Countries
    "EU": "EU",
    "EU; the company, which has access to the data, is in the United States": (
        "EU; kompanija, koja ima pristup podacima, nalazi se u Sjedinjenim Američkim Državama"
    ),
    "the country of the user's number": "država broja telefona korisnika",
    "where the user's mailbox is": "tamo gde se nalazi imejl sanduče korisnika",
    "the place that the user chose": "mesto koje je izabrao korisnik",
    "Serbia": "Srbija",
    "the United States": "Sjedinjene Američke Države",
    "Ireland; the group, which delivers the notifications, is in the United States": (
        "Irska; grupa, koja isporučuje obaveštenja, nalazi se u Sjedinjenim Američkim Državama"
    ),
    # Grounds of transfers
    "none needed: data stays in the EU (adequate protection under Art. 64 ZZPL)": (
        "nije potreban: podaci ostaju u EU (primeren nivo zaštite po čl. 64. ZZPL)"
    ),
    "standard contractual clauses (Art. 46(2)(c) GDPR; see Art. 63 ff. ZZPL)": (
        "standardne ugovorne klauzule (čl. 46. st. 2. tačka (c) GDPR; videti čl. 63. i dalje ZZPL)"
    ),
    "necessary for the contract with the subject (Art. 49(1)(b) GDPR; Art. 69 ZZPL)": (
        "neophodno za ugovor sa korisnikom (čl. 49. st. 1. tačka (b) GDPR; čl. 69. ZZPL)"
    ),
    "no transfer by us: the subject decides where the data goes": (
        "mi ne prenosimo podatke: korisnik odlučuje kuda se podaci šalju"
    ),
    "standard contractual clauses (Art. 46(2)(c) GDPR); none needed under ZZPL within Serbia": (
        "standardne ugovorne klauzule (čl. 46. st. 2. tačka (c) GDPR); po ZZPL nisu potrebne unutar Srbije"
    ),
    # Contacts for rights
    "the recipient itself, at the contact that its privacy notice names": (
        "sam primalac, na kontakt iz njegovog obaveštenja o privatnosti"
    ),
    # Safeguards
    "a region in the EU; any other is refused at start": (
        "region u EU; svaki drugi se odbija pri pokretanju"
    ),
    "personal fields are encrypted with our keys before they are stored, except those of usage data": (
        "lična polja se pre čuvanja šifruju našim ključevima, osim polja podataka o korišćenju"
    ),
    "files of pictures and identity papers are encrypted by Amazon": (
        "datoteke slika i ličnih isprava šifruje Amazon"
    ),
    "an application hosted in the EU": "aplikacija koja se nalazi u EU",
    "a random id that only we can resolve": "nasumična oznaka koju samo mi možemo da povežemo",
    "a message with a code contains no other personal data": "poruka sa kodom ne sadrži druge podatke o "
    "ličnosti",
    "a notice contains no name; it may contain a day, and a link that opens one request only": (
        "obaveštenje ne sadrži ime; može da sadrži dan i vezu koja otvara samo jedan zahtev"
    ),
    "opening and clicking are not tracked": "ne prati se otvaranje poruke ni otvaranje veza",
    (
        "no personal data in the text, but in answers to messages to us, and rule and measures in a decision "
        "about reports of abuse; an answer to a privacy request names the authority of the country that the "
        "user declared"
    ): (
        "u tekstu nema podataka o ličnosti, osim u odgovorima na poruke podršci, i pravila i mera u odluci "
        "o prijavama zloupotrebe; odgovor na zahtev o privatnosti navodi nadzorni organ zemlje koju je "
        "korisnik naveo"
    ),
    "sent only after the user proved their identity, to the address that they named": (
        "šalje se tek kada korisnik dokaže identitet, na adresu koju je naveo"
    ),
    "public addresses only, over TLS with a verified name, without following redirects": (
        "samo na javne adrese, preko TLS sa proverenim imenom, bez praćenja preusmeravanja"
    ),
    "a notification contains a fixed line in the user's language, and no text of a message, no name and no "
    "phone number; the app fetches them": (
        "obaveštenje sadrži stalan red na jeziku korisnika, a ne sadrži tekst poruke, ime ni broj telefona; "
        "njih preuzima aplikacija"
    ),
    "an id that says nothing to this recipient": "oznaka koja tom primaocu ništa ne otkriva",
    "separate roles for staff": "odvojene uloge zaposlenih",
    "whenever staff view a request or an invoice, the view and the person are recorded": (
        "kad god zaposleni izvrši uvid u zahtev ili račun, beleže se i uvid i osoba"
    ),
    # Where the controller has representatives
    "the European Union": "Evropska unija",
    "the United Kingdom": "Ujedinjeno Kraljevstvo",
    "Switzerland": "Švajcarska",
    # The controller and its authority
    "Tosin bunar 272B, 11070 Belgrade": "Tošin bunar 272B, 11070 Beograd",
    "Commissioner for Information of Public Importance and Personal Data Protection": (
        "Poverenik za informacije od javnog značaja i zaštitu podataka o ličnosti"
    ),
    "Bulevar kralja Aleksandra 15, 11000 Belgrade, Serbia": (
        "Bulevar kralja Aleksandra 15, 11000 Beograd, Srbija"
    ),
}
