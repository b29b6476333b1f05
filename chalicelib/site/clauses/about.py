"""The clauses of the pages about recipients and about us."""

from __future__ import annotations

from chalicelib.privacy.clauses.binding import registered, setting
from chalicelib.privacy.clauses.clause import Article, clause
from chalicelib.privacy.recipients import Recipient

RECIPIENTS = (
    clause(
        "site.recipients.only",
        (),
        "We send your data to these recipients only, and to each of them only what is stated here. "
        "{provider} "
        "stores and processes all of it for us.",
        "Vaše podatke šaljemo samo ovim primaocima, i svakom samo ono što je ovde navedeno. {provider} sve "
        "to "
        "čuva i obrađuje za nas.",
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
DSA = clause(
    "site.imprint.dsa",
    (Article("DSA", 11, 1), Article("DSA", 12, 1)),
    "For users, and for the authorities of the European Union and its member states (Regulation (EU) "
    "2022/2065): {contact}. Write in English or Serbian; a person reads it.",
    "Za korisnike i za organe Evropske unije i njenih država članica (Uredba (EU) 2022/2065): {contact}. "
    "Pišite na engleskom ili srpskom jeziku; poruku čita čovek.",
    contact=setting("contact"),
)
