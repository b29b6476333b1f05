"""The steps and duties of the usual worker, by name; `transfer` has a worker of its own."""

from chalicelib.privacy.leases import Turns
from chalicelib.rights.copy import assemble as package
from chalicelib.rights.copy import stream_export as stream
from chalicelib.rights.engine.engine import Duties, Steps, Worker
from chalicelib.rights.engine.queue import Destination
from chalicelib.rights.objection import weigh
from chalicelib.rights.rectification import steps as recipients
from chalicelib.rights.request.duties import Duty
from chalicelib.rights.restriction import steps as restrict
from chalicelib.rights.steps import announce, guests, pin

_ALL = (
    pin.PIN,
    stream.ASK_STREAM,
    stream.AWAIT_STREAM,
    package.ASSEMBLE,
    package.DELIVER,
    package.DISCARD,
    announce.ANNOUNCE,
    recipients.NOTIFY_RECIPIENTS,
    restrict.RESTRICT_AT_STREAM,
    restrict.PRESERVE_MESSAGES,
    restrict.CONCLUDE,
    restrict.UPHOLD,
    restrict.END_RESTRAINT,
    restrict.RELEASE_AT_STREAM,
    restrict.DISCARD_PRESERVED,
    weigh.WEIGH,
    guests.SEARCH,
    guests.ANSWER,
    guests.FORGET_CONTACT,
    guests.WARN,
    guests.COOL_DOWN,
    guests.CORRECT,
)
STEPS: Steps = {step.name: step for step in _ALL}

DUTIES: Duties = {
    Duty.PIN: pin.renew_pins,
    Duty.REMIND: pin.send_reminder,
    Duty.RECORD_OVERDUE: pin.record_overdue,
    Duty.ANNOUNCE_EXTENSION: announce.announce_extension,
    Duty.RECORD_OWED: pin.record_owed,
    Duty.RECORD_UNPROVEN: pin.record_unproven,
    Duty.REMIND_OF_PROOF: guests.remind_of_proof,
    Duty.REFUSE_UNPROVEN: guests.refuse_unproven,
}

WORKER = Worker(Destination.WORK, STEPS, DUTIES, Turns("rights"))
