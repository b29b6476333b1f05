"""The statement of accessibility: what these pages aim for, what was tested and how, and what was not."""

from __future__ import annotations

from chalicelib.privacy.clauses.binding import Single, setting
from chalicelib.privacy.clauses.clause import Chapter, clause

# Facts of the page: names that stay as they are.
NAMES = {
    "accessibility/guidelines": "Web Content Accessibility Guidelines (WCAG) 2.2, AA",
    "accessibility/tool": "axe",
}
CHAPTERS = (
    Chapter(
        "aim",
        {"en": "What we aim for", "sr": "Čemu težimo"},
        (
            clause(
                "site.accessibility.aim",
                (),
                "Everyone should be able to use these pages. We build them for these guidelines: "
                "{guidelines}.",
                "Ove stranice treba svako da može da koristi. Pravimo ih prema ovim smernicama: "
                "{guidelines}.",
                guidelines=Single("accessibility/guidelines"),
            ),
        ),
    ),
    Chapter(
        "tested",
        {"en": "What is tested", "sr": "Šta se proverava"},
        (
            clause(
                "site.accessibility.program",
                (),
                "Programs test these pages, and the first page of each form, in a browser before each "
                "release. The tool {tool} has to find no fault. The contrast of text has to be 4.5 at least, "
                "in light and in dark colours. The pages have to fit a window of 320 pixels, which is what "
                "a zoom of 400 % leaves of a usual one.",
                "Programi proveravaju ove stranice i prvu stranicu svakog obrasca u pregledaču pre svakog "
                "izdanja. Alat {tool} ne sme da nađe nijednu grešku. Kontrast teksta mora da bude najmanje "
                "4,5, u svetlim i u tamnim bojama. Stranice moraju da stanu u prozor od 320 piksela, koliko "
                "od uobičajenog ostavlja uvećanje od 400 %.",
                tool=Single("accessibility/tool"),
            ),
            clause(
                "site.accessibility.keyboard",
                (),
                "The pages have to work with the keyboard alone, and without scripts. To check a "
                "certificate in the page needs a script; the page describes a way without one.",
                "Stranice moraju da rade samo sa tastaturom i bez skripti. Za proveru potvrde na samoj "
                "stranici potrebna je skripta; stranica opisuje i način bez nje.",
            ),
            clause(
                "site.accessibility.missing",
                (),
                "The later pages of a form, with a code or a request, are tested by {tool} too, but in one "
                "window and in light colours only. So far no person has tested the pages with a screen "
                "reader, and no other body has assessed them.",
                "Naredne stranice obrasca, sa kodom ili zahtevom, takođe proverava {tool}, ali samo u jednom "
                "prozoru i u svetlim bojama. Do sada nijedna osoba nije isprobala stranice sa čitačem "
                "ekrana, niti ih je ocenilo drugo telo.",
                tool=Single("accessibility/tool"),
            ),
        ),
    ),
    Chapter(
        "report",
        {"en": "If something stops you", "sr": "Ako Vas nešto sprečava"},
        (
            clause(
                "site.accessibility.report",
                (),
                "Write to {contact}: the page, what you wanted to do, and what happened. We also give you "
                "in another way what a page does not give you, and accept your request by email or letter.",
                "Pišite na {contact}: koja stranica, šta ste hteli da uradite i šta se dogodilo. Ono što "
                "Vam stranica ne pruža dajemo Vam na drugi način, a zahtev primamo i imejlom ili pismom.",
                contact=setting("contact"),
            ),
        ),
    ),
)
