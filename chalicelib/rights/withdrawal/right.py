"""Withdrawal of a consent: the intake has the whole effect (Art. 7(3) GDPR)."""

from chalicelib.rights.request.declaration import ANNOUNCE, RightDeclaration
from chalicelib.rights.request.notes import CopyNotes
from chalicelib.rights.request.terms import Right, Status

CONSENT_WITHDRAWAL = RightDeclaration(
    right=Right.CONSENT_WITHDRAWAL,
    dpv="A7-3",
    notes=CopyNotes,  # they store nothing, and a note is never taken away
    intake="withdrawal.intake:CONSENT_WITHDRAWAL",
    words="withdrawal.words:CONSENT_WITHDRAWAL",
    steps=(ANNOUNCE,),
    endings={Status.CANCELLED: (), None: (ANNOUNCE,)},
)
