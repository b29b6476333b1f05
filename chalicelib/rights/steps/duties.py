"""The duties of the usual worker, by name."""

from chalicelib.rights.engine.step import Duties
from chalicelib.rights.request.duties import Duty
from chalicelib.rights.steps import announce, guests, pin

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
