"""The words of restriction: outcomes, and what is said where nothing is stored."""

from chalicelib.rights.answers.words import RightWords, in_both
from chalicelib.rights.request.terms import Status

RESTRICTION = RightWords(
    title="Restriction",
    outcomes={
        Status.COMPLETED: in_both(
            "We restricted the processing that you named (Art. 18 GDPR, Art. 31 ZZPL). We store the data, "
            "and "
            "use it otherwise only as these articles allow. Before we lift the restriction, we will inform "
            "you.",
            "Ograničili smo obradu koju ste naveli (čl. 18. GDPR, čl. 31. ZZPL). Podatke čuvamo, a inače ih "
            "koristimo samo kako ovi članovi dozvoljavaju. Obavestićemo Vas pre nego što ograničenje "
            "prestane.",
        ),
        Status.PARTIALLY_COMPLETED: in_both(
            "We restricted a part of the processing that you named (Art. 18 GDPR, Art. 31 ZZPL). Before we "
            "lift the restriction, we will inform you.",
            "Ograničili smo deo obrade koju ste naveli (čl. 18. GDPR, čl. 31. ZZPL). Obavestićemo Vas pre "
            "nego "
            "što ograničenje prestane.",
        ),
        Status.REFUSED: in_both(
            "We did not restrict the processing of your data (Art. 18 GDPR, Art. 31 ZZPL).",
            "Nismo ograničili obradu Vaših podataka (čl. 18. GDPR, čl. 31. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "Your request to restrict the processing of your data was cancelled.",
            "Vaš zahtev za ograničenje obrade podataka je otkazan.",
        ),
    },
    nothing_held=in_both("So there is no processing to restrict.", "Zato nema obrade koju bismo ograničili."),
    on_page=("Restriction", "have us store your data without using it (Art. 18 GDPR)"),
)
