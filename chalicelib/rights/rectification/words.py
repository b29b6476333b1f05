"""The words of rectification: outcomes, and what is said where nothing is stored."""

from chalicelib.rights.answers.words import RightWords, in_both
from chalicelib.rights.request.terms import Status

RECTIFICATION = RightWords(
    title="Correction",
    outcomes={
        Status.COMPLETED: in_both(
            "We corrected your data as you asked (Art. 16 GDPR, Art. 29 ZZPL).",
            "Ispravili smo Vaše podatke kako ste tražili (čl. 16. GDPR, čl. 29. ZZPL).",
        ),
        Status.PARTIALLY_COMPLETED: in_both(
            "We corrected a part of the data that you named (Art. 16 GDPR, Art. 29 ZZPL).",
            "Ispravili smo deo podataka koje ste naveli (čl. 16. GDPR, čl. 29. ZZPL).",
        ),
        Status.REFUSED: in_both(
            "We did not change the data that you named (Art. 16 GDPR, Art. 29 ZZPL).",
            "Nismo promenili podatke koje ste naveli (čl. 16. GDPR, čl. 29. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "Your request to correct your data was cancelled.",
            "Vaš zahtev za ispravku podataka je otkazan.",
        ),
    },
    nothing_held=in_both("So there is nothing to correct.", "Zato nema šta da se ispravi."),
    on_page=("Correction", "have wrong or incomplete data corrected (Art. 16 GDPR)"),
)
