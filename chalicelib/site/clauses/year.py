"""What the page of the yearly figures says before a year is published."""

from __future__ import annotations

from chalicelib.privacy.clauses.clause import Chapter, clause

CHAPTERS = (
    Chapter(
        "none",
        {"en": "No figures yet", "sr": "Još nema brojki"},
        (
            clause(
                "site.year.none",
                (),
                "The figures of 2026 are the first. They come after the year is over.",
                "Prve su brojke za 2026. godinu. Objavljujemo ih kada se godina završi.",
            ),
        ),
    ),
    Chapter(
        "contents",
        {"en": "What they will contain", "sr": "Šta će sadržati"},
        (
            clause(
                "site.year.requests",
                (),
                "How many requests we received by right, how they ended, and how many days an answer took.",
                "Koliko smo zahteva primili po pravima, kako su se završili i koliko dana je trajalo do "
                "odgovora.",
            ),
            clause(
                "site.year.others",
                (),
                "Complaints about our answers, and how they were decided. Requests of authorities and others "
                "for data, and whether they got it. Breaches of personal data, and who was notified.",
                "Pritužbe na naše odgovore i kako je o njima odlučeno. Zahteve organa vlasti i drugih za "
                "podatke i da li su ih dobili. Povrede podataka i ko je o njima obavešten.",
            ),
            clause(
                "site.year.hidden",
                (),
                "Figures from 1 to 9, and those from which such a figure could be computed, are not "
                "published.",
                "Brojke od 1 do 9, i one iz kojih bi takva brojka mogla da se izračuna, ne objavljujemo.",
            ),
        ),
    ),
)
