"""Withdrawal of a consent: the intake has the whole effect (Art. 7(3) GDPR)."""

from chalicelib.rights.request.declaration import ANNOUNCE, RightDeclaration
from chalicelib.rights.request.notes import CopyNotes
from chalicelib.rights.request.terms import Right, Status

CONSENT_WITHDRAWAL = RightDeclaration(
    right=Right.CONSENT_WITHDRAWAL,
    dpv="A7-3",
    notes=CopyNotes,  # of no use here; stored requests have them, and no note is ever removed
    intake="withdrawal.intake:CONSENT_WITHDRAWAL",
    words="withdrawal.words:CONSENT_WITHDRAWAL",
    steps=(ANNOUNCE,),
    endings={Status.CANCELLED: (), None: (ANNOUNCE,)},
)
