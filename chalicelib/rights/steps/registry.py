"""The steps and duties of the usual worker; transfers have their own (`handing_on`)."""

from chalicelib.core.turns import Turns
from chalicelib.rights.duties import Duty
from chalicelib.rights.engine import Duties, Steps, Worker
from chalicelib.rights.plans.step import Step
from chalicelib.rights.queue import Destination
from chalicelib.rights.steps import keeping, telling
from chalicelib.rights.steps.copying import AskStream, AwaitStream
from chalicelib.rights.steps.discarding import Discard
from chalicelib.rights.steps.keeping import Pin
from chalicelib.rights.steps.packing import Assemble, Deliver
from chalicelib.rights.steps.telling import Tell

_ALL: tuple[Step, ...] = (
    Pin(),
    AskStream(),
    AwaitStream(),
    Assemble(),
    Deliver(),
    Tell(),
    Discard(),
)
STEPS: Steps = {step.name: step for step in _ALL}

DUTIES: Duties = {
    Duty.PIN: keeping.renew_pins,
    Duty.REMIND: keeping.send_reminder,
    Duty.NOTE_OVERDUE: keeping.record_overdue,
    Duty.TELL_EXTENDED: telling.announce_extension,
    Duty.RECORD_OWED: keeping.record_owed,
}

WORKER = Worker(Destination.WORK, STEPS, DUTIES, Turns("rights"))
