"""The Serbian phrases of the yearly figures, in Latin script, by the English ones (`core/phrases`)."""

from chalicelib.core.phrases import Catalogue

YEAR: Catalogue = {
    "Privacy at RU4M in {year}": "Privatnost kod RU4M, {year}. godina",
    "What people asked RU4M about their data, how we answered, and which data others asked us for.": (
        "Šta su ljudi tražili od RU4M u vezi sa svojim podacima, kako smo odgovorili i koje podatke "
        "su drugi tražili od nas."
    ),
    "The year is not over. These figures cover what we received up to {day}.": (
        "Godina nije završena. Ovi podaci obuhvataju ono što smo primili do {day}."
    ),
    "The figures show what was decided by {day}.": "Podaci prikazuju šta je odlučeno do {day}.",
    "A dash stands for a figure that we do not publish: it is from 1 to 9, or such a figure could be "
    "computed from it. This protects people who could otherwise be recognised.": (
        "Crtica stoji umesto broja koji ne objavljujemo: on je od 1 do 9, ili bi takav broj mogao da se "
        "izračuna iz njega. To štiti ljude koji bi inače mogli da budu prepoznati."
    ),
    "not published": "nije objavljeno",
    "Controller": "Rukovalac",
    "RU4M Ltd, Tosin bunar 272B, 11070 Belgrade, RS": "RU4M Ltd, Tošin bunar 272B, 11070 Beograd, Srbija",
    # Requests
    "Requests about rights": "Zahtevi u vezi sa pravima",
    "A request counts in the year in which we received it, in the app, by letter or in another way. Accounts "
    "that we close because they were not used do not count.": (
        "Zahtev se broji u godini u kojoj smo ga primili, u aplikaciji, pismom ili na drugi način. Nalozi "
        "koje zatvaramo jer nisu korišćeni ne broje se."
    ),
    "Right": "Pravo",
    "Received": "Primljeno",
    "Complied with": "Ispunjeno",
    "In part": "Delimično",
    "Denied": "Odbijeno",
    "Withdrawn": "Povučeno",
    "Open": "Otvoreno",
    "Copy of the data (access)": "Kopija podataka (pristup)",
    "Copy for another service (portability)": "Kopija za drugu uslugu (prenosivost)",
    "Correction": "Ispravka",
    "Deletion": "Brisanje",
    "Restriction": "Ograničenje obrade",
    "Objection": "Prigovor",
    "Objection to direct marketing": "Prigovor na direktno oglašavanje",
    "Withdrawal of consent": "Opoziv pristanka",
    "All rights": "Sva prava",
    # Days
    "Days to answer": "Dana do odgovora",
    "Days count from the day on which we received a request to the day on which it was decided. They include "
    "days in which we waited for a proof of identity. They are shown if they are about ten answers or more, "
    "whose number can be read above, and disclose nothing about fewer.": (
        "Dani se broje od dana prijema zahteva do dana odluke. Uključeni su i dani u kojima smo čekali "
        "dokaz identiteta. Prikazuju se ako se odnose na deset ili više odgovora, čiji se broj vidi iz "
        "prethodne tabele, i ako ne otkrivaju ništa o manjem broju."
    ),
    "Median": "Medijana",
    "Mean": "Prosek",
    # Complaints
    "Complaints about answers": "Pritužbe na odgovore",
    "A complaint about one of our answers counts in the year in which we received it, from the person or "
    "from an authority. It is decided by two members of our staff who had no part in the answer.": (
        "Pritužba na neki naš odgovor broji se u godini u kojoj smo je primili, od osobe ili od organa "
        "vlasti. O njoj odlučuju dva naša zaposlena koja nisu učestvovala u odgovoru."
    ),
    "Complaint of": "Ko se žalio",
    "People": "Ljudi",
    "Authorities": "Organi vlasti",
    "All complaints": "Sve pritužbe",
    "Upheld": "Usvojeno",
    "Rejected": "Odbijeno",
    # Disclosures
    "Disclosures to authorities and others": "Otkrivanje podataka organima vlasti i drugima",
    "A disclosure counts in the year in which it was recorded. Data goes out only after a second member of "
    "our staff approved it.": (
        "Otkrivanje se broji u godini u kojoj je zabeleženo. Podaci se daju tek kada to odobri i drugi naš "
        "zaposleni."
    ),
    "Ground": "Osnov",
    "Data given": "Podaci dati",
    "All grounds": "Svi osnovi",
    "a court ordered it": "naredio je sud",
    "an authority ordered it within its powers": "naredio je organ vlasti u okviru svojih ovlašćenja",
    "a law requires it without an order": "zakon to zahteva bez naredbe",
    "to protect the life or safety of a person": "da bi se zaštitili život ili bezbednost neke osobe",
    "to prevent or investigate a misuse of the service": (
        "da bi se sprečila ili istražila zloupotreba usluge"
    ),
    "to protect our rights or property, or to enforce an agreement": (
        "da bi se zaštitila naša prava ili imovina, ili sproveo ugovor"
    ),
    "to establish or defend a legal claim, or to avoid liability": (
        "da bi se ostvario ili odbranio pravni zahtev, ili izbegla odgovornost"
    ),
    "our business merges, is acquired, or sells assets": (
        "naše poslovanje se spaja, preuzima ili prodaje imovinu"
    ),
    # Breaches
    "Breaches of personal data": "Povrede podataka o ličnosti",
    "A breach counts in the year in which we discovered it.": (
        "Povreda se broji u godini u kojoj smo je otkrili."
    ),
    "Discovered": "Otkriveno",
    "An authority and the people affected were notified": (
        "Obavešteni su nadzorni organ i ljudi kojih se tiče"
    ),
    "Only an authority was notified": "Obavešten je samo nadzorni organ",
    "Only the people affected were notified so far": "Do sada su obavešteni samo ljudi kojih se tiče",
    "No notification was required, or none was sent so far": (
        "Obaveštenje nije bilo potrebno, ili do sada nije poslato"
    ),
}
