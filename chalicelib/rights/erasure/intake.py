"""How an erasure begins (Art. 17 GDPR)."""

from chalicelib.rights.intake.submission import Beginning, IntakeRule, Submission
from chalicelib.rights.request import procedures
from chalicelib.rights.request.notes import ErasureNotes


def _begin(submission: Submission) -> Beginning:
    until = submission.cools_until
    notes = ErasureNotes(waives_grace=bool(submission.body.waive_grace), cools_until=until)
    steps = procedures.steps_of(submission.body.right)
    return Beginning(procedures.cooled(submission.body.right, steps) if until else steps, notes)


ERASURE = IntakeRule(_begin, takes=frozenset({"waive_grace"}), wants_step_up=True)
