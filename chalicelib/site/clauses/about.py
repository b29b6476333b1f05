"""The clauses of the pages about recipients and about us."""

from __future__ import annotations

from chalicelib.privacy.clauses.binding import registered, setting
from chalicelib.privacy.clauses.clause import Article, clause, gdpr
from chalicelib.privacy.recipients import Recipient

RECIPIENTS = (
    clause(
        "site.recipients.sent",
        (),
        "We send your data to these recipients, and to an authority on a valid request; we record each "
        "disclosure. People you chat with see your messages and profile. {provider} stores and processes "
        "our own databases for us.",
        "Vaše podatke šaljemo ovim primaocima, a organu vlasti na osnovu valjanog zahteva; svako otkrivanje "
        "beležimo. Osobe sa kojima ćaskate vide Vaše poruke i profil. {provider} za nas čuva i obrađuje "
        "naše baze podataka.",
        provider=registered(Recipient.AWS, "name"),
    ),
    clause(
        "site.recipients.copies",
        (),
        "Write to {contact} for a copy of the clauses and measures that protect a transfer.",
        "Pišite na {contact} da biste dobili kopiju klauzula i mera koje štite prenos.",
        contact=setting("contact"),
    ),
)
CONTROLLER = clause(
    "site.imprint.controller",
    (),
    "This company is also the controller of your data.",
    "Ovo društvo je i rukovalac Vašim podacima.",
)
# Besides the authority that supervises us and the courts (`privacy/remedies`).
OTHER_AUTHORITIES = clause(
    "site.complain.others",
    gdpr(77, 1),
    "You can also complain to the authority of the country where you live or work, or where the law was "
    "broken.",
    "Pritužbu možete da podnesete i organu države u kojoj živite ili radite ili u kojoj je došlo do povrede "
    "prava.",
)
DSA = clause(
    "site.imprint.dsa",
    (Article("DSA", 11, 1), Article("DSA", 12, 1)),
    "For users, and for the authorities of the European Union and its member states (Regulation (EU) "
    "2022/2065): {contact}. Write in English or Serbian; a person reads it.",
    "Za korisnike i za organe Evropske unije i njenih država članica (Uredba (EU) 2022/2065): {contact}. "
    "Pišite na engleskom ili srpskom jeziku; poruku čita čovek.",
    contact=setting("contact"),
)
