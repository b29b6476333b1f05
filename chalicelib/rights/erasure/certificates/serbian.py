"""The Serbian phrases of a certificate's page, in Latin script, by the English ones (`core/phrases`)."""

from chalicelib.core.phrases import Catalogue

CERTIFICATE: Catalogue = {
    "The deletion of your data at RU4M": "Brisanje Vaših podataka kod RU4M",
    "We deleted your account and your data, except what this page lists first (Art. 17 GDPR, Art. 30 "
    "ZZPL).": (
        "Obrisali smo Vaš nalog i Vaše podatke, osim onoga što je prvo na ovoj stranici (čl. 17. GDPR, čl. "
        "30. ZZPL)."
    ),
    "This page shows what stays and why, what was deleted, and how anyone can check that this certificate is "
    "ours.": (
        "Ova stranica prikazuje šta ostaje i zašto, šta je obrisano, i kako svako može da proveri da je ova "
        "potvrda naša."
    ),
    "About this certificate": "O ovoj potvrdi",
    "What we deleted": "Šta smo obrisali",
    "What Stream reported": "Šta je javio Stream",
    "What stays, and why": "Šta ostaje i zašto",
    "Backups": "Rezervne kopije",
    "How to check this certificate": "Kako se proverava ova potvrda",
    "Where to complain": "Kome možete da podnesete pritužbu",
    "Skip to what stays": "Pređite na ono što ostaje",
    "On this page": "Na ovoj stranici",
    "Controller": "Rukovalac",
    "Contact": "Kontakt",
    "Erasure opened on": "Zahtev za brisanje otvoren",
    "Deletion began": "Brisanje počelo",
    "Deletion was complete": "Brisanje završeno",
    "Number of the erasure": "Broj brisanja",
    "Your name, number and user ID are not on this page. That number and the pseudonym are random IDs.": (
        "Vaše ime, broj telefona i oznaka korisnika nisu na ovoj stranici. Broj brisanja i pseudonim su "
        "nasumične oznake."
    ),
    "Times on this page are in Belgrade time. The signed file uses UTC.": (
        "Vremena na ovoj stranici su po beogradskom vremenu. Potpisana datoteka koristi UTC i na engleskom "
        "je jeziku."
    ),
    "Data": "Podaci",
    "Where": "Gde",
    "Records": "Zapisa",
    "Last deletion": "Poslednje brisanje",
    "Then we searched the tables again. The search that ended on {time} found no record of your account "
    "beside what stays.": (
        "Zatim smo ponovo pretražili tabele. Pretraga završena {time} nije našla nijedan zapis Vašeg naloga "
        "osim onoga što ostaje."
    ),
    "On {time} we also deleted the key that decrypts your data.": (
        "Takođe smo {time} obrisali ključ kojim se dešifruju Vaši podaci."
    ),
    "at least {number}": "najmanje {number}",
    "Other records of your account": "Ostali zapisi Vašeg naloga",
    "Stream.io, Inc. delivers our chat. We asked it to delete your data. We cannot look into its storage, so "
    "this is what Stream reported.": (
        "Stream.io, Inc. isporučuje poruke našeg ćaskanja. Tražili smo da obriše Vaše podatke. Ne možemo da "
        "pogledamo u njegovo skladište, pa je ovo ono što je Stream javio."
    ),
    "We asked on": "Tražili smo",
    "Stream reported on": "Stream je javio",
    "Task at Stream": "Zadatak kod kompanije Stream",
    "Result": "Ishod",
    "What stays": "Šta ostaje",
    "What else stays": "Šta još ostaje",
    "Why": "Zašto",
    "{title} ({count}), moved to locked storage": "{title} ({count}), premešteno u zaključano skladište",
    "The Serbian law (ZZPL) has the same in other articles: Art. 6 GDPR is Art. 12 ZZPL, Art. 7 is Art. 15, "
    "Art. 17 is Art. 30, Art. 21 is Art. 37, and Art. 23 is Art. 40.": (
        "ZZPL to uređuje u drugim članovima: članu 6. GDPR odgovara član 12. ZZPL, članu 7. član 15, članu "
        "17. član 30, članu 21. član 37, a članu 23. član 40."
    ),
    "We cannot change backups, but they expire. After these days no backup has readable data:": (
        "Rezervne kopije ne možemo da menjamo, ali one ističu. Posle ovih dana nijedna rezervna kopija "
        "nema čitljive podatke:"
    ),
    "Encrypted data": "Šifrovani podaci",
    "Random IDs and times": "Nasumične oznake i vremena",
    "Hashes of your number and address": "Heš-vrednosti Vašeg broja i adrese",
    "Data that we have to keep": "Podaci koje moramo da čuvamo",
    "What stays until a stated day can be in backups for at least 35 days longer.": (
        "Ono što ostaje do navedenog dana može da bude u rezervnim kopijama još najmanje 35 dana."
    ),
    "This page is for reading. The signed file is the proof: keep it. Anyone who has it can check without us "
    "that we signed it and that it was not changed. Our guide to certificates lists the commands.": (
        "Ova stranica je za čitanje. Dokaz je potpisana datoteka: sačuvajte je. Svako ko je ima može bez nas "
        "da proveri da smo je potpisali i da nije menjana. Komande su u našem uputstvu za potvrde."
    ),
    "Key that signed": "Ključ kojim je potpisano",
    "Our public keys": "Naši javni ključevi",
    "Signature": "Potpis",
    "ECDSA over P-256 and SHA-256": "ECDSA sa P-256 i SHA-256",
    "Authority": "Nadzorni organ",
    "Address": "Adresa",
    "Phone": "Telefon",
    "Web": "Veb-sajt",
    "If you think that we broke data protection law, you can complain to a supervisory authority (Art. 77 "
    "GDPR, Art. 82 ZZPL). You can also go to court, without complaining first (Art. 79 GDPR, Art. 84 "
    "ZZPL).": (
        "Ako smatrate da smo prekršili propise o zaštiti podataka, možete da podnesete pritužbu nadzornom "
        "organu (čl. 77. GDPR, čl. 82. ZZPL). Možete i da se obratite sudu, bez prethodne pritužbe (čl. 79. "
        "GDPR, čl. 84. ZZPL)."
    ),
    # Who, where
    "RU4M Ltd, Tosin bunar 272B, 11070 Belgrade, RS": "RU4M Ltd, Tošin bunar 272B, 11070 Beograd, Srbija",
    "our database, table accounts": "naša baza podataka, tabela naloga",
    "our database, table claims": "naša baza podataka, tabela brojeva i adresa",
    "our database, table challenges": "naša baza podataka, tabela kodova",
    "our database, table keys": "naša baza podataka, tabela ključeva",
    "our database, table usage": "naša baza podataka, tabela korišćenja",
    "our database, table rights": "naša baza podataka, tabela zahteva",
    "our database, table billing": "naša baza podataka, tabela računa",
    "our database, table held": "naša baza podataka, tabela sačuvanih podataka",
    "our storage of copies of data (Amazon S3)": "naše skladište kopija podataka (Amazon S3)",
    "our storage of pictures (Amazon S3)": "naše skladište slika (Amazon S3)",
    "the suppression list of our mail service (Amazon SES)": (
        "lista blokiranih adresa naše usluge za imejl (Amazon SES)"
    ),
    # What stays
    "evidence of consents, under the pseudonym": "dokazi o pristancima, pod pseudonimom",
    "evidence that number, email address or language was changed, under the pseudonym, if one was": (
        "dokazi da su broj, imejl adresa ili jezik izmenjeni, pod pseudonimom, ako jesu"
    ),
    "the request and the evidence of how it was handled, under random ids": (
        "zahtev i dokazi o postupanju sa njim, pod nasumičnim oznakama"
    ),
    "other requests about rights, with the evidence of how they were handled": (
        "ostali zahtevi u vezi sa pravima, sa dokazima o postupanju sa njima"
    ),
    "the mark that a user id was deleted": "oznaka da je korisnik obrisan",
    "keyed hashes of the phone number and the email address": (
        "heš-vrednosti broja telefona i imejl adrese, zaštićene ključem"
    ),
    "a keyed hash of an email address to which no mail may be sent": (
        "heš imejl adrese na koju ne smeju da se šalju poruke, zaštićen ključem"
    ),
    "keyed hashes of the phone number and the email address, which get no direct marketing": (
        "heš-vrednosti, zaštićene ključem, broja telefona i imejl adrese na koje ne šaljemo oglasne poruke"
    ),
    "one-time codes and counters, which cannot be found from an account": (
        "jednokratni kodovi i brojači, koji ne mogu da se pronađu polazeći od naloga"
    ),
    "marks of sent mails, with random ids, in case the mails bounce": (
        "oznake poslatih imejlova, sa nasumičnim oznakama, za slučaj da se imejlovi vrate"
    ),
    "messages that other people wrote, at Stream": (
        "poruke koje su napisali drugi ljudi, kod kompanije Stream"
    ),
    "quotes in messages that other people wrote, at Stream": (
        "citati u porukama koje su napisali drugi ljudi, kod kompanije Stream"
    ),
    "names of groups, at Stream": "nazivi grupa, kod kompanije Stream",
    "names of groups, sealed in our database, if there are any": (
        "nazivi grupa, šifrovani u našoj bazi podataka, ako ih ima"
    ),
    "the opt-out of the phone number from text messages, if there is one, at Amazon SNS": (
        "odjava broja telefona sa SMS poruka, ako postoji, kod usluge Amazon SNS"
    ),
    "files with exports of chat data, at Stream": (
        "datoteke sa izvozom podataka ćaskanja, kod kompanije Stream"
    ),
    "records of disclosures of the data to authorities and others": (
        "zapisi o otkrivanju podataka organima vlasti i drugima"
    ),
    "records of the holds that kept data, with the evidence of who decided on them": (
        "zapisi o obavezama čuvanja podataka, sa dokazima o tome ko je o njima odlučio"
    ),
    "reports of abuse by or about the account, and decisions about them, if there are any": (
        "prijave zloupotrebe sa naloga ili o nalogu i odluke o njima, ako ih ima"
    ),
    "a keyed hash of the phone number, with which no account can be opened": (
        "heš broja telefona, zaštićen ključem, sa kojim ne može da se otvori nalog"
    ),
    "a keyed hash of the phone number, in the lists of users who blocked it, if there are any": (
        "heš broja telefona, zaštićen ključem, na listama korisnika koji su ga blokirali, ako ih ima"
    ),
    "data that a law requires us to keep and forbids us to disclose, if there is any": (
        "podaci koje po zakonu moramo da čuvamo i ne smemo da otkrijemo, ako ih ima"
    ),
    "data that we have to keep and that a law forbids us to disclose, if there is any": (
        "podaci koje moramo da čuvamo, a zakon nam zabranjuje da ih otkrijemo, ako ih ima"
    ),
    # Why
    "consent has to be proven (Art. 7(1) GDPR)": "pristanak mora da se dokaže (čl. 7. st. 1. GDPR)",
    "it may be needed to establish or defend legal claims (Art. 17(3)(e) GDPR)": (
        "može da bude potrebno za ostvarivanje ili odbranu pravnih zahteva (čl. 17. st. 3. tačka (e) GDPR)"
    ),
    "the id must never be given to anyone else": "oznaka nikada ne sme da se dodeli nekom drugom",
    "nothing of the deleted account may come back with a number or address that was released": (
        "uz broj ili adresu koji su oslobođeni ne sme da se vrati ništa od obrisanog naloga"
    ),
    "the objection to mail stays in force (Art. 21(3) GDPR)": (
        "prigovor na slanje imejlova ostaje na snazi (čl. 21. st. 3. GDPR)"
    ),
    "the objection to direct marketing stays in force (Art. 21(3) GDPR)": (
        "prigovor na direktno oglašavanje ostaje na snazi (čl. 21. st. 3. GDPR)"
    ),
    "a long suspension outlives the account, against which you can object (Art. 6(1)(f) GDPR)": (
        "duga obustava nadživljava nalog, i na to možete da uložite prigovor (čl. 6. st. 1. tačka (f) GDPR)"
    ),
    "it expires within days": "ističe za nekoliko dana",
    "it belongs to the people who wrote it": "pripada ljudima koji su to napisali",
    "only the named service can delete it": "samo navedena usluga može to da obriše",
    "a law requires us to keep it (Art. 17(3)(b) GDPR)": (
        "zakon nas obavezuje da to čuvamo (čl. 17. st. 3. tačka (b) GDPR)"
    ),
    "the decision of other users to block the number stays in force": (
        "odluka drugih korisnika da blokiraju broj ostaje na snazi"
    ),
    "a law may forbid us for a time to disclose that data is kept (Art. 23 GDPR)": (
        "zakon može za neko vreme da nam zabrani da otkrijemo da se podaci čuvaju (čl. 23. GDPR)"
    ),
    # Until when
    "at the stated time": "u navedeno vreme",
    "when the people who wrote it delete it": "kada to obrišu ljudi koji su to napisali",
    "when another member renames the group, or its last member leaves": (
        "kada drugi član preimenuje grupu ili je napusti njen poslednji član"
    ),
    "when the holder of the number asks to receive text messages again": (
        "kada imalac broja zatraži da ponovo prima SMS poruke"
    ),
    "when those users lift the block or delete their accounts": (
        "kada ti korisnici ukinu blokadu ili obrišu svoje naloge"
    ),
    "for good": "trajno",
    "when the law permits us to disclose it: then a new certificate lists it": (
        "kada zakon dozvoli da to otkrijemo: tada to navodi nova potvrda"
    ),
    # What Stream reported
    "the user: id, name and picture": "korisnik: oznaka, ime i slika",
    "messages that the user wrote": "poruke koje je korisnik napisao",
    "files that the user uploaded": "datoteke koje je korisnik otpremio",
    "calls with one other person": "pozivi sa jednom drugom osobom",
    "conversations with one other person": "razgovori sa jednom drugom osobom",
    "Stream reported that it was deleted": "Stream je javio da je obrisano",
    "Stream reported that the user had been deleted before": "Stream je javio da je korisnik već bio obrisan",
    "Stream reported that it has no such user": "Stream je javio da nema takvog korisnika",
    "Stream reported, when it was asked again, that it finds no such user": (
        "Stream je na ponovni upit javio da ne nalazi takvog korisnika"
    ),
    "Stream did not report whether it was deleted": "Stream nije javio da li je obrisano",
    "its deletion was not requested, because it also belongs to the other person": (
        "brisanje nije traženo, jer pripada i drugoj osobi"
    ),
}
