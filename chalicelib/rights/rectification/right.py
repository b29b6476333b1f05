"""Rectification: at once for what the app edits, else after a decision (Art. 16 GDPR, ADR 50)."""

from chalicelib.rights.request.declaration import (
    ANNOUNCE,
    COOL_DOWN,
    IN_GENERAL,
    WARN,
    At,
    RightDeclaration,
    RightWords,
    in_both,
)
from chalicelib.rights.request.notes import RequestNotes
from chalicelib.rights.request.terms import RefusalReason, Right, Status

_STEPS = At("rectification.steps")

# Carry out a correction that waited until the account was warned; this is the answer.
CORRECT = _STEPS.step("correct")
NOTIFY_RECIPIENTS = _STEPS.step("notify_recipients")  # notify each recipient of the data (Art. 19 GDPR)

# Wait for the code by which the account's owner proves the number that the account gets; this is the answer.
GIVE_NUMBER = _STEPS.step("give_number")

# The variant of a correction of what the subject edits in the app, requested without a session.
LATER = "later"
# The variant for an owner whom no code to the account's number reaches (ADR 68).
NEW_NUMBER = "new_number"

# The steps after the answer. A request under review has none before its decision.
_RECTIFIED = (ANNOUNCE, NOTIFY_RECIPIENTS)

_WORDS = RightWords(
    title="Correction",
    outcomes={
        Status.COMPLETED: in_both(
            "We corrected your data as you asked, or stored your statement beside it (Art. 16 GDPR, Art. 29 "
            "ZZPL).",
            "Ispravili smo Vaše podatke kako ste tražili ili smo uz njih sačuvali Vašu izjavu (čl. 16. GDPR, "
            "čl. 29. ZZPL).",
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
    on_page=("Correction", "have wrong or incomplete data corrected (Art. 16 GDPR, Art. 29 ZZPL)"),
)

RECTIFICATION = RightDeclaration(
    right=Right.RECTIFICATION,
    dpv="A16",
    notes=RequestNotes,
    intake="rectification.intake:RECTIFICATION",
    words=_WORDS,
    steps=_RECTIFIED,
    variants={
        LATER: (WARN, COOL_DOWN, CORRECT, *_RECTIFIED),
        NEW_NUMBER: (COOL_DOWN, GIVE_NUMBER, *_RECTIFIED),
    },
    endings={Status.CANCELLED: (), Status.REFUSED: (ANNOUNCE,), None: _RECTIFIED},
    refusals=IN_GENERAL | {RefusalReason.ACCURATE},
)
