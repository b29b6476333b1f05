"""Purposes, legal bases, and why fields are left out of a copy, in Serbian."""

from chalicelib.core.phrases import Catalogue

REASONS: Catalogue = {
    # Purposes
    "to comply with a law": "radi poštovanja zakona",
    "to verify who signs in": "da bismo proverili ko se prijavljuje",
    "to provide the service": "da bismo pružali uslugu",
    "to protect accounts from abuse": "da bismo zaštitili naloge od zloupotrebe",
    "to find and fix faults": "da bismo pronašli i otklonili greške",
    "to learn how the app is used": "da bismo saznali kako se aplikacija koristi",
    "to establish or defend legal claims": "radi ostvarivanja ili odbrane pravnih zahteva",
    "to inform users about the service": "da bismo korisnike obavestili o usluzi",
    "to send news and offers": "da bismo slali novosti i ponude",
    "to choose advertisements based on a user's data": "da bismo oglase birali prema podacima korisnika",
    "to share a user's position with chosen contacts": (
        "da bismo lokaciju korisnika podelili sa izabranim kontaktima"
    ),
    "to show which of a user's contacts use the service": (
        "da bismo pokazali koji kontakti korisnika koriste uslugu"
    ),
    "to verify a profile through an account at another service": (
        "da bismo profil potvrdili preko naloga kod druge usluge"
    ),
    "to back up messages to a place that the user chose": (
        "da bismo poruke sačuvali na mestu koje je korisnik izabrao"
    ),
    # Legal bases
    "a legal obligation (Art. 6(1)(c) GDPR, Art. 12(1)(3) ZZPL)": (
        "pravna obaveza (čl. 6. st. 1. tačka (c) GDPR, čl. 12. st. 1. tačka 3) ZZPL)"
    ),
    "the contract with you (Art. 6(1)(b) GDPR, Art. 12(1)(2) ZZPL)": (
        "ugovor sa Vama (čl. 6. st. 1. tačka (b) GDPR, čl. 12. st. 1. tačka 2) ZZPL)"
    ),
    "our legitimate interests (Art. 6(1)(f) GDPR, Art. 12(1)(6) ZZPL)": (
        "naši legitimni interesi (čl. 6. st. 1. tačka (f) GDPR, čl. 12. st. 1. tačka 6) ZZPL)"
    ),
    "your consent (Art. 6(1)(a) GDPR, Art. 12(1)(1) ZZPL)": (
        "Vaš pristanak (čl. 6. st. 1. tačka (a) GDPR, čl. 12. st. 1. tačka 1) ZZPL)"
    ),
    # What programs decide alone
    "a request without proof of identity is refused once the time for the proof is over": (
        "zahtev bez dokaza identiteta odbija se kada istekne rok za dokaz"
    ),
    "an account ends if another person proves twice, some days apart, that its number is theirs now": (
        "nalog prestaje ako druga osoba dvaput, sa razmakom od nekoliko dana, dokaže da je broj sada njen"
    ),
    "an account that is not used any more is closed, while our privacy policy says so": (
        "nalog koji se više ne koristi zatvara se, dok tako piše u našoj politici privatnosti"
    ),
    # Why something is left out
    "it names no account": "ne navodi nijedan nalog",
    "it follows from the other instants": "proizlazi iz ostalih vremena",
    "they lead to the reporters (Art. 15(4) GDPR, Art. 26 ZZPL)": (
        "vode do podnosilaca prijava (čl. 15. st. 4. GDPR, čl. 26. ZZPL)"
    ),
    "another person wrote the messages that you reported (Art. 15(4) GDPR, Art. 26 ZZPL)": (
        "poruke koje ste prijavili napisalo je drugo lice (čl. 15. st. 4. GDPR, čl. 26. ZZPL)"
    ),
    "it shows whose a number or name is (Art. 15(4) GDPR, Art. 26 ZZPL)": (
        "pokazuje čiji je broj ili ime (čl. 15. st. 4. GDPR, čl. 26. ZZPL)"
    ),
    "decisions that are only proposed, because they have no effect": (
        "odluke koje su samo predložene, jer nemaju dejstvo"
    ),
    "an internal id of another user's account": "interna oznaka naloga drugog korisnika",
    "it recognises another user's number, which is that user's data": (
        "prepoznaje broj drugog korisnika, a to je podatak tog korisnika"
    ),
    "which users block you: it would disclose a decision of theirs (Art. 15(4) GDPR, Art. 26 ZZPL)": (
        "koji Vas korisnici blokiraju: otkrilo bi njihovu odluku (čl. 15. st. 4. GDPR, čl. 26. ZZPL)"
    ),
    "your code is derived from it and from a key of ours; anyone with the code can become your contact": (
        "Vaš kod se izvodi iz toga i iz našeg ključa; svako ko ima kod može da postane Vaš kontakt"
    ),
    "a keyed hash of your code": "heš Vašeg koda, zaštićen ključem",
    "a keyed hash of your number": "heš Vašeg broja, zaštićen ključem",
    "it only says which session has the token; your copy shows the token itself": (
        "samo govori koja prijava ima oznaku; kopija sadrži samu oznaku"
    ),
    "a keyed hash of the token": "heš oznake, zaštićen ključem",
    "invitations that you sent and that were delivered: it would disclose whether another user has an "
    "account and blocks you (Art. 15(4) GDPR, Art. 26 ZZPL)": (
        "pozivnice koje ste poslali i koje su isporučene: otkrilo bi da li drugi korisnik ima nalog i da li "
        "Vas blokira (čl. 15. st. 4. GDPR, čl. 26. ZZPL)"
    ),
    "it names a key of ours, under which the hash was made": "označava naš ključ, kojim je heš napravljen",
    "refresh tokens are made from it": "od toga se prave tokeni za obnovu prijave",
    "counts the changes of the record": "broji promene zapisa",
    "it cannot be found from your account; it expires within days": (
        "ne može da se pronađe polazeći od Vašeg naloga; ističe za nekoliko dana"
    ),
    "it names no account, and may come from an earlier owner of the number or mailbox; the objection of an "
    "account is among its decisions": (
        "ne navodi nijedan nalog i može da potiče od ranijeg vlasnika broja ili sandučeta; prigovor naloga "
        "je među njegovim izborima"
    ),
    "the devices in it may belong to another person": "uređaji u njemu mogu pripadati drugoj osobi",
    "only claims of deleted accounts have it": "imaju ga samo oznake obrisanih naloga",
    "there is none before your account is deleted; the answer to a deletion lists it": (
        "ne postoji pre brisanja Vašeg naloga; odgovor na zahtev za brisanje to navodi"
    ),
    "internal state of our work; its result is in the other fields": (
        "interno stanje našeg rada; rezultat je u ostalim poljima"
    ),
    "our assessment, which may concern other people (Art. 15(4) GDPR, Art. 26 ZZPL); the ground is its "
    "result": (
        "naša procena, koja može da se odnosi na druge ljude (čl. 15. st. 4. GDPR, čl. 26. ZZPL); osnov je "
        "njen rezultat"
    ),
    "a member of our staff, who acts on our instructions (Art. 15(4) and 29 GDPR, Art. 26 and 46 ZZPL)": (
        "naš zaposleni, koji postupa po našim uputstvima (čl. 15. st. 4. i čl. 29. GDPR, čl. 26. i 46. ZZPL)"
    ),
    "it only determined when we may disclose this entry": (
        "samo je određivalo kada smemo da otkrijemo ovaj zapis"
    ),
    "disclosures that are not approved, because no data may go out; and those of which a law forbids us to "
    "inform you, until the law allows it (Art. 23 GDPR, Art. 40 ZZPL)": (
        "otkrivanja koja nisu odobrena, jer podaci ne smeju da se predaju; i ona o kojima zakon zabranjuje "
        "da "
        "Vas obavestimo, dok zakon to ne dozvoli (čl. 23. GDPR, čl. 40. ZZPL)"
    ),
    "internal state of our work on the complaint; its result is in the other fields": (
        "interno stanje našeg rada na pritužbi; rezultat je u ostalim poljima"
    ),
    "internal state of our work on the message; its result is in the other fields": (
        "interno stanje našeg rada na poruci; rezultat je u ostalim poljima"
    ),
    "it is not approved yet": "još nije odobreno",
    "internal state of our work on the upload": "interno stanje našeg rada na slanju",
    "internal state of our work on the papers": "interno stanje našeg rada na dokumentima",
    "internal state of our work on the request; its result is in the other fields": (
        "interno stanje našeg rada na zahtevu; rezultat je u ostalim poljima"
    ),
    "the disclosure itself is listed, unless an order forbids that": (
        "samo otkrivanje je navedeno, osim ako nalog to zabranjuje"
    ),
    "internal state of our work on the hold": "interno stanje našeg rada na obavezi čuvanja",
    "it names a member of staff": "navodi zaposlenog",
    "it names a member of staff, or an entry of the history of one": (
        "navodi zaposlenog, ili unos u istoriji zaposlenog"
    ),
    "which staff looked at your account: it could disclose an investigation that is secret": (
        "koji zaposleni su izvršili uvid u Vaš nalog: to bi moglo da otkrije ispitivanje koje je tajno"
    ),
    "a hold of which an order forbids us to inform you, until that order ends (Art. 23 GDPR, Art. 40 ZZPL)": (
        "obaveza čuvanja o kojoj nalog zabranjuje da Vas obavestimo, dok taj nalog važi (čl. 23. GDPR, čl. "
        "40. ZZPL)"
    ),
    "the internal version of the holds on your data, which would disclose secret ones too": (
        "interna verzija obaveza čuvanja Vaših podataka, koja bi otkrila i tajne obaveze"
    ),
    "internal state of our work on the deletion": "interno stanje našeg rada na brisanju",
    "with it, the content of an entry could be guessed from its hash": (
        "pomoću toga bi sadržaj zapisa mogao da se pogodi iz njegovog heša"
    ),
    "the entry names their role instead. Our staff act on our instructions, so they are not recipients, and "
    "they have rights of their own (Art. 15(4) and 29 GDPR, Art. 26 and 46 ZZPL)": (
        "zapis umesto toga navodi njihovu ulogu. Naši zaposleni postupaju po našim uputstvima, pa nisu "
        "primaoci, i imaju sopstvena prava (čl. 15. st. 4. i čl. 29. GDPR, čl. 26. i 46. ZZPL)"
    ),
    "created by us, or not processed on the basis of your consent or of a contract with you (Art. 20(1) "
    "GDPR, Art. 36 ZZPL)": (
        "nastalo kod nas, ili se ne obrađuje na osnovu Vašeg pristanka ili ugovora sa Vama (čl. 20. st. 1. "
        "GDPR, čl. 36. ZZPL)"
    ),
    "a secret: anyone who has it could sign in as you": (
        "tajna: svako ko je zna mogao bi da se prijavi kao Vi"
    ),
}

# Why a law keeps records after an erasure.
LAWS: Catalogue = {
    "to answer reports and appeals, and to prove how we decided, Art. 16 and 17 of Regulation (EU) "
    "2022/2065, Art. 17(3)(e) GDPR, Art. 30 ZZPL": (
        "da bismo odgovorili na prijave i žalbe i dokazali kako smo odlučili, čl. 16. i 17. Uredbe (EU) "
        "2022/2065, čl. 17. st. 3. tačka (e) GDPR, čl. 30. ZZPL"
    ),
    "to establish or defend claims, Art. 6(1)(f) and 17(3)(e) GDPR, Art. 12(1)(6) and 30 ZZPL": (
        "radi ostvarivanja ili odbrane zahteva, čl. 6. st. 1. tačka (f) i čl. 17. st. 3. tačka (e) GDPR, "
        "čl. 12. st. 1. tačka 6) i čl. 30. ZZPL"
    ),
    "to prove to whom data was disclosed and why, Art. 5(2) and 17(3)(e) GDPR, Art. 5(2) and 30 ZZPL": (
        "radi dokaza kome su i zašto podaci otkriveni, čl. 5. st. 2. i čl. 17. st. 3. tačka (e) GDPR, čl. 5. "
        "st. 2. i čl. 30. ZZPL"
    ),
    "the laws of Serbia on value added tax and on accounting": (
        "zakoni Srbije o porezu na dodatu vrednost i o računovodstvu"
    ),
    "a hold whose record was lost": "obaveza čuvanja čiji je zapis izgubljen",
}
