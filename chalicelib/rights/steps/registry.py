"""Every step and every duty by name: what the worker hands to the engine."""

from chalicelib.rights.duties import Duty
from chalicelib.rights.engine import Duties, Steps
from chalicelib.rights.steps import keeping
from chalicelib.rights.steps.discarding import Discard
from chalicelib.rights.steps.keeping import Pin
from chalicelib.rights.steps.telling import Tell

STEPS: Steps = {step.name: step for step in (Pin(), Tell(), Discard())}

DUTIES: Duties = {
    Duty.PIN: keeping.renew_pins,
    Duty.REMIND: keeping.remind,
    Duty.NOTE_OVERDUE: keeping.note_overdue,
}
