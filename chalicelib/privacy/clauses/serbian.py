"""What only the policy says, in Serbian: purposes with their basis, and measures."""

from chalicelib.core.phrases import Catalogue

PRACTICES: Catalogue = {
    "{purpose}, on the basis of {basis}": "{purpose}; pravni osnov: {basis}",
    "data is encrypted in transit and at rest; personal fields are sealed with our AES-256-GCM keys, except "
    "where the reason is stated": (
        "podaci su šifrovani u prenosu i pri čuvanju; lična polja su šifrovana našim AES-256-GCM ključevima, "
        "osim gde je naveden razlog"
    ),
    "each function has its own role with least privilege; a role can delete only what it names": (
        "svaka funkcija ima svoju ulogu sa najmanjim potrebnim ovlašćenjima; uloga može da obriše samo ono "
        "što navodi"
    ),
    "logs, metrics and URLs contain nothing that a person sent": (
        "logovi, metrike i veb-adrese ne sadrže ništa što je neka osoba poslala"
    ),
    "backups end after a fixed time, those of the subjects' keys first; the certificate of an erasure states "
    "the end of those that are left": (
        "rezervne kopije se brišu posle određenog roka, prvo kopije ključeva; potvrda o brisanju navodi do "
        "kada ostaju preostale"
    ),
    "evidence is hash-chained and signed, in storage that cannot be overwritten": (
        "dokazi su povezani hešom i potpisani, u skladištu u kojem ne mogu da se prepišu"
    ),
}
