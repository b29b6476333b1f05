"""Withdrawal of a consent: the intake has the whole effect (Art. 7(3) GDPR)."""

from chalicelib.rights.request.declaration import ANNOUNCE, RightDeclaration, RightWords, in_both
from chalicelib.rights.request.notes import CopyNotes
from chalicelib.rights.request.terms import Right, Status

_WORDS = RightWords(
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

CONSENT_WITHDRAWAL = RightDeclaration(
    right=Right.CONSENT_WITHDRAWAL,
    dpv="A7-3",
    notes=CopyNotes,  # of no use here; stored requests have them, and no note is ever removed
    intake="withdrawal.intake:CONSENT_WITHDRAWAL",
    words=_WORDS,
    steps=(ANNOUNCE,),
    endings={Status.CANCELLED: (), None: (ANNOUNCE,)},
)
