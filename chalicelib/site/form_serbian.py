"""The Serbian phrases of the forms, in Latin script, by the English ones (`core/phrases`)."""

from chalicelib.core.phrases import Catalogue

FORMS: Catalogue = {
    # Each form
    "This did not work": "Ovo nije uspelo",
    "Begin here": "Počnite ovde",
    "Send me a code": "Pošaljite mi kod",
    "Your mobile number or email address": "Vaš broj mobilnog telefona ili imejl adresa",
    "We send a code there. Use the one of your account, if you have one. A number without a country code is "
    "one of Serbia.": (
        "Tamo šaljemo kod. Ako imate nalog, upotrebite broj ili adresu tog naloga. Broj bez pozivnog broja "
        "zemlje smatramo brojem iz Srbije."
    ),
    # Questions of a right
    "Why?": "Zašto?",
    "Please choose": "Izaberite",
    "The data is wrong, and you are checking it": "Podaci su netačni, a vi ih proveravate",
    "Using the data is unlawful, but do not delete it": "Upotreba podataka je nezakonita, ali ih ne brišite",
    "I need the data for a legal claim": "Podaci su mi potrebni za pravni zahtev",
    "I have objected, and you are weighing it": "Moj prigovor je podnet, a vi ga razmatrate",
    "What is wrong, and what is right?": "Šta je netačno, a šta je tačno?",
    "Name each detail, and its right value.": "Navedite svaki podatak i njegovu tačnu vrednost.",
    "What should we know? (optional)": "Šta treba da znamo? (nije obavezno)",
    "Your reasons (optional)": "Vaši razlozi (nije obavezno)",
    "Your situation helps us to weigh your objection.": "Vaša situacija nam pomaže da razmotrimo prigovor.",
    "Which consent?": "Koji pristanak?",
    "All of my consents": "Sve moje pristanke",
    "To which use?": "Na koju upotrebu?",
    "Every use that I can object to": "Na svaku upotrebu na koju mogu da podnesem prigovor",
    # The receipt
    "Your request": "Vaš zahtev",
    "Your receipt, or the whole link": "Vaša potvrda o prijemu ili cela veza",
    "The page showed it when you made the request. Some of our messages have it too.": (
        "Stranica ju je prikazala kada ste podneli zahtev. Imaju je i neke naše poruke."
    ),
    "At most 2,000 characters.": "Najviše 2.000 znakova.",
    "Show my request": "Prikažite moj zahtev",
    "I have a receipt": "Imam potvrdu o prijemu",
    "See how far your request is, cancel it, or fetch what we made for you. You need neither the app nor an "
    "account. On a phone with the RU4M app, the link can open the app, which shows the same.": (
        "Pogledajte dokle je stigao Vaš zahtev, otkažite ga ili preuzmite ono što smo za Vas napravili. Ne "
        "trebaju Vam ni aplikacija ni nalog. Na telefonu sa aplikacijom RU4M veza može da otvori "
        "aplikaciju, koja prikazuje isto."
    ),
    # A message to us
    "Your email address": "Vaša imejl adresa",
    "We send a code there, and then the answer.": "Tamo šaljemo kod, a zatim i odgovor.",
    "Your message": "Vaša poruka",
    "Ask us about the app, your account or your data. A person reads it and answers by email.": (
        "Pitajte nas o aplikaciji, svom nalogu ili svojim podacima. Poruku čita čovek i odgovara imejlom."
    ),
    "We keep your message and our answer for one year, then we delete them.": (
        "Vašu poruku i naš odgovor čuvamo godinu dana, a zatim ih brišemo."
    ),
    "Do not send passwords, codes or identity papers.": "Ne šaljite lozinke, kodove ni lične isprave.",
    "Thank you": "Hvala",
    "We have your message, and answer it by email.": "Primili smo Vašu poruku i odgovorićemo imejlom.",
    # A report of abuse
    "Report abuse": "Prijavite zloupotrebu",
    "If somebody uses RU4M to hurt you or others.": "Ako neko koristi RU4M da naškodi Vama ili drugima.",
    "What is it about?": "O čemu se radi?",
    "Sexual abuse of children": "Seksualno zlostavljanje dece",
    "A threat to life": "Pretnja po život",
    "Violence, or a threat of it": "Nasilje ili pretnja nasiljem",
    "Harassment": "Uznemiravanje",
    "Hatred against people": "Mržnja prema ljudima",
    "Sexual content without consent": "Seksualni sadržaj bez pristanka",
    "A false identity": "Lažno predstavljanje",
    "Fraud": "Prevara",
    "Unwanted mass messages": "Neželjene masovne poruke",
    "Trade in what the law forbids": "Trgovina onim što zakon zabranjuje",
    "Something else": "Nešto drugo",
    "Who is it, and where did you see it?": "Ko je to i gde ste to videli?",
    "A mobile number or an email address helps us most to find the account. Say all you know.": (
        "Broj mobilnog telefona ili imejl adresa najviše nam pomažu da pronađemo nalog. Navedite sve što "
        "znate."
    ),
    "We keep a report, and the address if you gave one, for 15 months at most, then we delete them.": (
        "Prijavu, i adresu ako ste je naveli, čuvamo najviše 15 meseci, a zatim ih brišemo."
    ),
    "We have no report with this number from this address. Close the form and begin again.": (
        "Nemamo prijavu sa ovim brojem sa ove adrese. Zatvorite obrazac i počnite ponovo."
    ),
    "A person paused your reports, except those about dangers to children or life.": (
        "Čovek je obustavio Vaše prijave, osim onih o opasnosti po decu ili život."
    ),
    "What happened, and why is it wrong?": "Šta se dogodilo i zašto to nije u redu?",
    "We send a code there, and then our decision. You do not need it to report sexual abuse of children: "
    "leave it empty, we do not keep it.": (
        "Tamo šaljemo kod, a zatim i odluku. Za prijavu seksualnog zlostavljanja dece adresa nije potrebna: "
        "ostavite polje prazno, ne čuvamo je."
    ),
    "To appeal: the number of your report": "Za žalbu: broj Vaše prijave",
    "Only if we decided about a report of yours, and you disagree. Say why above.": (
        "Samo ako smo odlučili o Vašoj prijavi, a Vi se ne slažete. Razloge navedite iznad."
    ),
    "By sending this you say that you believe it to be true and complete.": (
        "Slanjem potvrđujete da je ovo, po Vašem uverenju, tačno i potpuno."
    ),
    "Send": "Pošaljite",
    "Is a life or a child in danger now? Call the police first.": (
        "Da li je nečiji život ili dete sada u opasnosti? Prvo pozovite policiju."
    ),
    "With the app, report where you see it: then we can copy the messages at once.": (
        "Ako imate aplikaciju, prijavite tamo gde to vidite: tada odmah možemo da kopiramo poruke."
    ),
    "A person decides: within an hour about children and threats to life, within a day about all else. The "
    "person whom you report does not learn from us who you are.": (
        "Odlučuje čovek: o prijavama koje se tiču dece ili pretnji po život u roku od jednog sata, o svim "
        "ostalim u roku od jednog dana. Prijavljeno lice od nas ne saznaje ko ste."
    ),
    "We have it under the number {report}. Note the number.": (
        "Primili smo ovo pod brojem {report}. Zabeležite broj."
    ),
    "A person answers by {until} at the latest.": "Čovek odgovara najkasnije do {until}.",
    "We send the answer by email.": "Odgovor šaljemo imejlom.",
    "You gave no address, so we cannot send you an answer.": (
        "Niste naveli adresu, pa ne možemo da Vam pošaljemo odgovor."
    ),
    "This is not possible yet. Write to us.": "To još nije moguće. Pišite nam.",
    "You have appealed already. There is one appeal.": "Već ste se žalili. Žalba je moguća jednom.",
    "You cannot appeal against this yet, or not any more.": (
        "Na ovo još ne možete da se žalite, ili više ne možete."
    ),
    "This is not the number of a report.": "Ovo nije broj prijave.",
    # The code
    "Enter the code": "Unesite kod",
    "We sent a code by text message.": "Poslali smo kod SMS porukom.",
    "We sent a code by email.": "Poslali smo kod imejlom.",
    "It can be used until": "Može da se upotrebi do",
    "The six digits of the code": "Šest cifara koda",
    "The key from our staff, if they gave you one": "Ključ koji Vam je dalo naše osoblje, ako ga imate",
    "Continue": "Nastavite",
    "Send a new code": "Pošaljite nov kod",
    "Close the form": "Zatvorite obrazac",
    "This form ends at": "Ovaj obrazac ističe",
    # No form
    "No form is open": "Nijedan obrazac nije otvoren",
    "A form ends thirty minutes after it was opened, and when you close it. What you sent before is with us: "
    "your receipt shows it.": (
        "Obrazac ističe trideset minuta posle otvaranja, i kada ga zatvorite. Ono što ste ranije poslali je "
        "kod nas: to prikazuje Vaša potvrda o prijemu."
    ),
    "If you have just sent a form, your browser keeps no cookies. Allow them for this page, or write to "
    "us.": (
        "Ako ste upravo poslali obrazac, pregledač ne čuva kolačiće. Dozvolite ih za ovu stranicu ili nam "
        "pišite."
    ),
    "Begin again": "Počnite ponovo",
    # Mistakes
    "We send no codes to numbers of this country. Use an email address, or write to us.": (
        "Na brojeve ove zemlje ne šaljemo kodove. Upotrebite imejl adresu ili nam pišite."
    ),
    "We cannot send a code there. Check the number or the email address.": (
        "Tamo ne možemo da pošaljemo kod. Proverite broj ili imejl adresu."
    ),
    "Please fill in this field.": "Popunite ovo polje.",
    "We cannot take this as it is. Write to us.": "Ovako ne možemo da primimo. Pišite nam.",
    "This code can no longer be used. Ask for a new one.": "Ovaj kod više ne važi. Zatražite nov.",
    "There is a request of this kind already, and we are working on it. Its receipt or the app shows it. "
    "Without them, write to us.": (
        "Zahtev te vrste već postoji i radimo na njemu. Prikazuje ga potvrda o prijemu ili aplikacija. Bez "
        "njih nam pišite."
    ),
    "We are doing this already. Press the button again in a few seconds.": (
        "To već radimo. Pritisnite dugme ponovo za nekoliko sekundi."
    ),
    "This is not the key that our staff gave you.": "To nije ključ koji Vam je dalo naše osoblje.",
    "Another form is open. Press the button again to leave it.": (
        "Otvoren je drugi obrazac. Pritisnite dugme ponovo da biste ga napustili."
    ),
    "Back to the request": "Nazad na zahtev",
    "Your new number": "Vaš nov broj",
    "Your account under another number": "Vaš nalog pod drugim brojem",
    "We send a code there. You also need the key that our staff gave you.": (
        "Tamo šaljemo kod. Potreban Vam je i ključ koji ste dobili od našeg osoblja."
    ),
    "This is no further proof: it is not of the account, or it was added too recently. Use another one.": (
        "Ovo nije dodatni dokaz: ne pripada nalogu ili je dodato nedavno. Upotrebite drugi."
    ),
    "This is not possible now. Write to us if you need it.": "To sada nije moguće. Ako treba, pišite nam.",
    "It is too late to cancel.": "Prekasno je za otkazivanje.",
    "There is no request for this receipt. Open the whole link from our message. We delete requests after "
    "some years.": (
        "Ne postoji zahtev za ovu potvrdu o prijemu. Otvorite celu vezu iz naše poruke. Posle nekoliko "
        "godina brišemo zahteve."
    ),
    "Enter the six digits of the code.": "Unesite šest cifara koda.",
    "This field is longer than we can take.": "Ovo polje je duže nego što možemo da primimo.",
    "This is not the code that we sent. Attempts left: {left}.": (
        "Ovo nije kod koji smo poslali. Preostalo pokušaja: {left}."
    ),
    "There were too many attempts. Try again after {at}.": "Previše pokušaja. Pokušajte ponovo posle: {at}.",
    "Our service is busy. Nothing was lost: try again in a minute.": (
        "Naš servis je preopterećen. Ništa nije izgubljeno: pokušajte ponovo za minut."
    ),
    # A request
    "Deletion of your account": "Brisanje naloga",
    "The request was cancelled.": "Zahtev je otkazan.",
    "We refused your request.": "Odbili smo Vaš zahtev.",
    "Before we answer, we need a further proof that the request came from you.": (
        "Pre odgovora nam je potreban još jedan dokaz da ste zahtev podneli Vi."
    ),
    "To give it, write to {contact}.": "Da biste ga pružili, pišite na {contact}.",
    "We have answered your request.": "Odgovorili smo na Vaš zahtev.",
    "We have answered your request. A copy is shown only in the app of the account, for some days.": (
        "Odgovorili smo na Vaš zahtev. Kopija se prikazuje samo u aplikaciji naloga, nekoliko dana."
    ),
    "We are working on your request.": "Radimo na Vašem zahtevu.",
    "The deletion was cancelled. Your account and its data stay.": (
        "Brisanje je otkazano. Nalog i podaci ostaju."
    ),
    "We did not delete your account.": "Nismo obrisali Vaš nalog.",
    "Your account and your data will be deleted, except what we have to keep by law or for legal claims. You "
    "can still cancel this.": (
        "Vaš nalog i Vaši podaci biće obrisani, osim onih koje moramo da čuvamo po zakonu ili zbog pravnih "
        "zahteva. Još možete da otkažete brisanje."
    ),
    "The deletion has begun and cannot be stopped any more. When it is done, this page shows the "
    "certificate. Keep the receipt.": (
        "Brisanje je počelo i više ne može da se zaustavi. Kada se završi, ova stranica prikazuje potvrdu o "
        "brisanju. Sačuvajte potvrdu o prijemu."
    ),
    "You do not want this? Cancel the deletion. If another person asked for it, write to {contact}.": (
        "Ne želite ovo? Otkažite brisanje. Ako je to tražio neko drugi, pišite na {contact}."
    ),
    "We need more time for your request, because it is complex.": (
        "Za Vaš zahtev nam treba više vremena, jer je složen."
    ),
    "We need more time for your request, because there are many requests.": (
        "Za Vaš zahtev nam treba više vremena, jer ima mnogo zahteva."
    ),
    "End of the restriction:": "Kraj ograničenja:",
    "Received": "Primljeno",
    "Deletion begins at the earliest": "Brisanje počinje najranije",
    "Answer due by": "Rok za odgovor",
    "Decided": "Odlučeno",
    "until": "poslednji dan:",
    "Cancel the deletion": "Otkažite brisanje",
    "Cancel the request": "Otkažite zahtev",
    "Download the copy": "Preuzmite kopiju",
    "Download the signed file": "Preuzmite potpisanu datoteku",
    "Read the certificate": "Pročitajte potvrdu",
    # A further proof
    "A further proof": "Dodatni dokaz",
    "the number": "broj",
    "the email address": "imejl adresa",
    "the device": "uređaj",
    "a check by our staff": "provera našeg osoblja",
    "Proven so far: {proofs}.": "Do sada dokazano: {proofs}.",
    "Without it, we refuse the request on": "Bez njega ćemo odbiti zahtev",
    "Another account has the number. You can prove it again from": (
        "Broj pripada drugom nalogu. Možete ponovo da ga dokažete od"
    ),
    "The email address or the number of the account": "Adresa e-pošte ili broj naloga",
    "Use the one that you did not use before. We send a code there.": (
        "Upotrebite onaj podatak koji do sada niste upotrebili. Tamo šaljemo kod."
    ),
    "You have no other one? Write to {contact}.": "Nemate drugi? Pišite na {contact}.",
    "Your receipt": "Vaša potvrda o prijemu",
    "Save this link, or print this page. It shows the request until we delete it, also after an account is "
    "deleted. Anyone who has it can read the request, cancel it and download its copy: give it to no one.": (
        "Sačuvajte ovu vezu ili odštampajte stranicu. Prikazuje zahtev dok ga ne obrišemo, i pošto se nalog "
        "obriše. Ko je ima, može da pročita i otkaže zahtev i da preuzme kopiju: ne dajite je nikome."
    ),
    "A check by our staff": "Provera našeg osoblja",
    "We have both proofs. Two of our staff now check who made the request. Write to {contact}, so that they "
    "can check. Without the check, we refuse the request on": (
        "Imamo oba dokaza. Dvoje naših zaposlenih sada proverava ko je podneo zahtev. Pišite na {contact} da "
        "bi mogli da provere. Bez provere odbijamo zahtev"
    ),  # Marketing
    "Stop marketing?": "Ne želite više oglasne poruke?",
    "We then send you no more news and offers, and do not choose advertisements by your data. Mails about an "
    "account and about rights are not affected. You need neither the app nor to sign in.": (
        "Više Vam nećemo slati novosti i ponude i nećemo birati oglase prema Vašim podacima. Na poruke o "
        "nalogu i pravima to ne utiče. Ne treba Vam aplikacija i ne morate da se prijavite."
    ),
    "I want no marketing": "Ne želim oglasne poruke",
    "No more marketing": "Nema više oglasnih poruka",
    "Done. We send you no more news and offers; one that is already on its way may still arrive. An account "
    "can consent to them again in the app.": (
        "Gotovo. Više Vam nećemo slati novosti i ponude; poruka koja je već poslata može još da stigne. Uz "
        "nalog, pristanak može ponovo da se da u aplikaciji."
    ),
    # Versions
    "Policy and terms": "Politika i uslovi",
    "The version in effect from {day}": "Verzija koja važi od {day}",
}
