"""The facts that only the policy says, in Serbian: decisions of programs, and measures."""

from chalicelib.core.phrases import Catalogue

PRACTICES: Catalogue = {
    "a request without proof of identity is refused once the time for the proof is over": (
        "zahtev bez dokaza identiteta se odbija kada istekne rok za dokaz"
    ),
    "an account that is not used any more is closed": "nalog koji se više ne koristi se zatvara",
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
        "rezervne kopije prestaju posle određenog roka, prvo kopije ključeva; potvrda o brisanju navodi kraj "
        "preostalih"
    ),
    "evidence is hash-chained and signed, in storage that cannot be overwritten": (
        "dokazi su povezani hešom i potpisani, u skladištu u kojem ne mogu da se prepišu"
    ),
}
