"""Every step and every duty by name: what the worker hands to the engine."""

from chalicelib.rights.duties import Duty
from chalicelib.rights.engine import Duties, Steps
from chalicelib.rights.plans.step import Step
from chalicelib.rights.steps import keeping, telling
from chalicelib.rights.steps.copying import AskStream, AwaitStream
from chalicelib.rights.steps.discarding import Discard
from chalicelib.rights.steps.handing_on import Transfer
from chalicelib.rights.steps.keeping import Pin
from chalicelib.rights.steps.packing import Assemble, Deliver
from chalicelib.rights.steps.telling import Tell

_ALL: tuple[Step, ...] = (
    Pin(),
    AskStream(),
    AwaitStream(),
    Assemble(),
    Transfer(),
    Deliver(),
    Tell(),
    Discard(),
)
STEPS: Steps = {step.name: step for step in _ALL}

DUTIES: Duties = {
    Duty.PIN: keeping.renew_pins,
    Duty.REMIND: keeping.remind,
    Duty.NOTE_OVERDUE: keeping.note_overdue,
    Duty.TELL_EXTENDED: telling.tell_extended,
}
