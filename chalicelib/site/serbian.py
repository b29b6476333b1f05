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
    # Cookies
    "This site asks for no consent to cookies, because it stores nothing that needs one.": (
        "Ovaj sajt ne traži pristanak za kolačiće, jer ne čuva ništa za šta je potreban."
    ),
    "The app stores on your phone only what it needs: your session, and what you set there.": (
        "Aplikacija na telefonu čuva samo ono što joj je potrebno: Vašu sesiju i ono što ste podesili."
    ),
    "What is stored": "Šta se čuva",
    "While a form is open, your browser keeps one cookie with the name form, so that the next page knows "
    "the form. It is encrypted, lasts 30 minutes at most, and ends when you close the form.": (
        "Dok je obrazac otvoren, pregledač čuva jedan kolačić, pod imenom form, da bi sledeća stranica "
        "prepoznala obrazac. Šifrovan je, traje najviše 30 minuta i nestaje kada zatvorite obrazac."
    ),
    "What is not stored": "Šta se ne čuva",
    "No other cookie, no local storage, no tag, no beacon, no picture and no script of others. We "
    "do not follow you over pages, and do not recognise you on your next visit.": (
        "Nikakav drugi kolačić, lokalno skladište, oznaka, signal, slika ni skripta drugih. Ne pratimo Vas "
        "po stranicama i ne prepoznajemo Vas pri sledećoj poseti."
    ),
    "Signals of your browser": "Signali Vašeg pregledača",
    "We honour Global Privacy Control: in the app, it decides those purposes about which you have "
    "not decided yourself. On this site there is nothing that it could stop.": (
        "Poštujemo Global Privacy Control: u aplikaciji odlučuje o svrhama o kojima niste odlučili sami. Na "
        "ovom sajtu nema ničega što bi mogao da zaustavi."
    ),
}
