"""How an erasure begins (Art. 17 GDPR)."""

from chalicelib.rights import procedures
from chalicelib.rights.intake.submission import Beginning, IntakeRule, Submission
from chalicelib.rights.notes import ErasureNotes


def _begin(submission: Submission) -> Beginning:
    notes = ErasureNotes(waives_grace=bool(submission.body.waive_grace))
    return Beginning(procedures.steps_of(submission.body.right, None), notes)


ERASURE = IntakeRule(_begin, takes=frozenset({"waive_grace"}), wants_step_up=True)
