"""The words of erasure: outcomes, and what is said where nothing is stored."""

from chalicelib.rights.answers.words import RightWords, in_both
from chalicelib.rights.request.terms import Status

ERASURE = RightWords(
    title="Deletion",
    outcomes={
        Status.COMPLETED: in_both(
            "Your account and your data were deleted (Art. 17 GDPR, Art. 30 ZZPL). The certificate says what "
            "was deleted, what stays and why.",
            "Vaš nalog i Vaši podaci su obrisani (čl. 17. GDPR, čl. 30. ZZPL). U potvrdi piše šta je "
            "obrisano, "
            "šta ostaje i zašto.",
        ),
        Status.PARTIALLY_COMPLETED: in_both(
            "Your account and your data were deleted, with exceptions (Art. 17 GDPR, Art. 30 ZZPL). The "
            "certificate says what was deleted, what stays and why.",
            "Vaš nalog i Vaši podaci su obrisani, uz izuzetke (čl. 17. GDPR, čl. 30. ZZPL). U potvrdi piše "
            "šta "
            "je obrisano, šta ostaje i zašto.",
        ),
        Status.REFUSED: in_both(
            "We did not delete your account and your data (Art. 17 GDPR, Art. 30 ZZPL).",
            "Nismo obrisali Vaš nalog i Vaše podatke (čl. 17. GDPR, čl. 30. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "The deletion of your account was cancelled. The account and the data stay.",
            "Brisanje Vašeg naloga je otkazano. Nalog i podaci ostaju.",
        ),
    },
    nothing_held=in_both(
        "So there is nothing to delete. After the deletion of an account, keyed hashes of its number "
        "and email address stay for some days, without the account. If it objected to direct marketing, such "
        "hashes stay longer, so that the objection stays in force. Then we delete them.",
        "Zato nema šta da se obriše. Posle brisanja naloga, heš-vrednosti njegovog broja i adrese, "
        "zaštićene ključem, ostaju nekoliko dana, bez naloga. Ako je sa naloga podnet prigovor na direktno "
        "oglašavanje, takve vrednosti ostaju duže, da bi prigovor ostao na snazi. Zatim ih brišemo.",
    ),
    on_page=(
        "Deletion",
        "have your data deleted, unless a law requires us to keep it (Art. 17 GDPR)",
    ),
)
