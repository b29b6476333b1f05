"""The words of the withdrawal of a consent: outcomes, and what is said where nothing is stored."""

from chalicelib.rights.answers.words import RightWords, in_both
from chalicelib.rights.request.terms import Status

CONSENT_WITHDRAWAL = RightWords(
    title="Withdrawal of consent",
    outcomes={
        Status.COMPLETED: in_both(
            "Your consent is withdrawn. The withdrawal applies to the future (Art. 7(3) GDPR, Art. 15 ZZPL).",
            "Vaš pristanak je opozvan. Opoziv važi za ubuduće (čl. 7. st. 3. GDPR, čl. 15. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "Your request to withdraw a consent was cancelled.",
            "Vaš zahtev za opoziv pristanka je otkazan.",
        ),
    },
    nothing_held=in_both(
        "So there is no consent of yours that we rely on.", "Zato nema Vašeg pristanka na koji se oslanjamo."
    ),
)
