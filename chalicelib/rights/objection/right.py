"""Objections: weighed, or to direct marketing, which cannot be refused (Art. 21 GDPR, ADR 47, ADR 48)."""

from chalicelib.rights.request.declaration import ANNOUNCE, IN_GENERAL, At, RightDeclaration
from chalicelib.rights.request.notes import CopyNotes, RestraintNotes
from chalicelib.rights.request.terms import RefusalReason, Right, Status
from chalicelib.rights.restriction.right import END_RESTRAINT, UPHOLD

WEIGH = At("objection.weigh").step("weigh")  # wait for the weighing of an objection

OBJECTION = RightDeclaration(
    right=Right.OBJECTION,
    dpv="A21",
    notes=RestraintNotes,
    intake="objection.intake:OBJECTION",
    words="objection.words:OBJECTION",
    steps=(WEIGH, ANNOUNCE, UPHOLD),
    endings={
        Status.CANCELLED: (),
        Status.REFUSED: (ANNOUNCE, END_RESTRAINT),
        None: (ANNOUNCE, UPHOLD),
    },
    refusals=IN_GENERAL
    | {RefusalReason.COMPELLING_GROUNDS, RefusalReason.NEEDED_FOR_CLAIMS, RefusalReason.OTHER_BASIS},
)
# The intake has the whole effect.
MARKETING_OBJECTION = RightDeclaration(
    right=Right.MARKETING_OBJECTION,
    dpv="A21",
    notes=CopyNotes,  # of no use here; stored requests have them, and no note is ever removed
    intake="objection.intake:MARKETING_OBJECTION",
    words="objection.words:MARKETING_OBJECTION",
    steps=(ANNOUNCE,),
    endings={Status.CANCELLED: (), None: (ANNOUNCE,)},
)
