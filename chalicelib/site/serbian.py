"""The Serbian phrases of the site, in Latin script, by the English ones (`core/phrases`)."""

from chalicelib.core.phrases import Catalogue

SITE: Catalogue = {
    "To the content": "Na sadržaj",
    "Menu": "Meni",
    "More pages": "Još stranica",
    "Privacy centre": "Centar za privatnost",
    "Delete my account": "Brisanje naloga",
    "Privacy policy": "Politika privatnosti",
    "Write to us": "Pišite nam",
    "Terms of use": "Uslovi korišćenja",
    "Who receives data": "Ko prima podatke",
    "The year in figures": "Godina u brojkama",
    "Check a certificate": "Provera potvrde",
    "Cookies": "Kolačići",
    "Safety of children": "Bezbednost dece",
    "Accessibility": "Pristupačnost",
    "Imprint and contact": "Impresum i kontakt",
    # The first page
    "Use your rights over your data here, with or without the RU4M app.": (
        "Ovde ostvarujete prava na svoje podatke, sa aplikacijom RU4M ili bez nje."
    ),
    "Your rights": "Vaša prava",
    "More": "Ostalo",
    "I have a receipt": "Imam potvrdu o prijemu",
    "See your request, cancel it, or fetch what we prepared for you.": (
        "Pogledajte svoj zahtev, otkažite ga ili preuzmite ono što smo za Vas pripremili."
    ),
    "Check that the certificate of a deletion is ours.": "Proverite da li je potvrda o brisanju naša.",
    "Ask about your data or about the service.": "Pitajte nas o svojim podacima ili o usluzi.",
    "Read what we process, why, and for how long.": "Pročitajte šta obrađujemo, zašto i koliko dugo.",
    "Complain to the authority": "Pritužba nadzornom organu",
    "If you think that we broke the law.": "Ako smatrate da smo prekršili propise.",
    # Rights
    "Get a copy of your data": "Kopija Vaših podataka",
    "Take your data to another service": "Prenos podataka drugoj usluzi",
    "Correct your data": "Ispravka Vaših podataka",
    "Restrict the use of your data": "Ograničenje obrade Vaših podataka",
    "Object to the use of your data": "Prigovor na obradu Vaših podataka",
    "Stop marketing": "Prigovor na oglasne poruke",
    "Withdraw a consent": "Opoziv pristanka",
    "What happens": "Šta se dešava",
    "How long it takes": "Koliko to traje",
    "What we need": "Šta nam je potrebno",
    "What we may refuse": "Šta možemo da odbijemo",
    "Where to complain": "Kome možete da podnesete pritužbu",
    "What is deleted": "Šta se briše",
    "What stays, and how long": "Šta ostaje i koliko dugo",
    "What others keep": "Šta ostaje kod drugih",
    "Backups": "Rezervne kopije",
    "Data": "Podaci",
    "Data, if there is any": "Podaci, ako ih ima",
    "How long we keep it": "Koliko dugo ih čuvamo",
    # Versions of the policy and the terms
    "In effect now": "Važi sada",
    "Announced": "Najavljena",
    # Recipients
    "By purpose": "Po svrsi",
    "Each recipient": "Svaki primalac",
    "Why": "Zašto",
    "Who receives it": "Ko ih prima",
    # Imprint
    "Company": "Privredno društvo",
    "Name": "Naziv",
    "Address": "Adresa",
    "Company number": "Matični broj",
    "Tax number": "PIB",
    "Contact": "Kontakt",
    "Phone": "Telefon",
    "Web": "Veb-sajt",
    "Point of contact under the Digital Services Act": "Kontakt tačka prema Aktu o digitalnim uslugama",
    "Supervisory authority": "Nadzorni organ",
    "Data protection officer": "Lice za zaštitu podataka o ličnosti",
    "Representatives": "Predstavnici",
    "This statement is of {day}.": "Ova izjava je od {day}.",
    # Cookies
    "This site asks for no consent to cookies, because it stores nothing that needs one.": (
        "Ovaj sajt ne traži pristanak za kolačiće, jer ne čuva ništa za šta je potreban."
    ),
    "The app stores on your phone only what it needs: your session, and what you set there.": (
        "Aplikacija na telefonu čuva samo ono što joj je potrebno: Vašu sesiju i ono što ste podesili."
    ),
    "What is stored": "Šta se čuva",
    "While a form is open, your browser keeps one cookie with the name {cookie}, so that the next page knows "
    "the form. It is encrypted, lasts 30 minutes at most, and ends when you close the form.": (
        "Dok je obrazac otvoren, pregledač čuva jedan kolačić, pod imenom {cookie}, da bi sledeća stranica "
        "prepoznala obrazac. Šifrovan je, traje najviše 30 minuta i nestaje kada zatvorite obrazac."
    ),
    "What is not stored": "Šta se ne čuva",
    "No other cookie, no local storage, no tag, no beacon, no picture and no script of others. We "
    "do not follow you over pages, and do not recognise you on your next visit.": (
        "Nikakav drugi kolačić, lokalno skladište, oznaka, signal, slika ni skripta drugih. Ne pratimo Vas "
        "po stranicama i ne prepoznajemo Vas pri sledećoj poseti."
    ),
    "Signals of your browser": "Signali Vašeg pregledača",
    "We honour {signal}: in the app it refuses marketing and personalised advertisements, unless you decided "
    "yourself. On this site there is nothing that it could stop.": (
        "Poštujemo {signal}: u aplikaciji odbija oglasne poruke i oglase prema Vašim podacima, osim ako ste "
        "odlučili sami. Na ovom sajtu nema ničega što bi mogao da zaustavi."
    ),
}
