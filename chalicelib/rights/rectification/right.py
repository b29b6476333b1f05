"""Rectification: at once for what the app edits, else after a decision (Art. 16 GDPR, ADR 50)."""

from chalicelib.rights.request.declaration import ANNOUNCE, COOL_DOWN, IN_GENERAL, WARN, At, RightDeclaration
from chalicelib.rights.request.notes import RequestNotes
from chalicelib.rights.request.terms import RefusalReason, Right, Status

_STEPS = At("rectification.steps")

# Carry out a correction that waited until the account was warned; this is the answer.
CORRECT = _STEPS.step("correct")
NOTIFY_RECIPIENTS = _STEPS.step("notify_recipients")  # notify each recipient of the data (Art. 19 GDPR)

# The variant of a correction of what the subject edits in the app, requested without a session.
LATER = "later"

# The steps after the answer. A request under review has none before its decision.
_RECTIFIED = (ANNOUNCE, NOTIFY_RECIPIENTS)

RECTIFICATION = RightDeclaration(
    right=Right.RECTIFICATION,
    dpv="A16",
    notes=RequestNotes,
    intake="rectification.intake:RECTIFICATION",
    words="rectification.words:RECTIFICATION",
    steps=_RECTIFIED,
    variants={LATER: (WARN, COOL_DOWN, CORRECT, *_RECTIFIED)},
    endings={Status.CANCELLED: (), Status.REFUSED: (ANNOUNCE,), None: _RECTIFIED},
    refusals=IN_GENERAL | {RefusalReason.ACCURATE},
)
