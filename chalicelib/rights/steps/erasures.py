"""The worker that erases accounts: its steps by name.

It has a function, a queue and a role of its own: no other worker may delete keys or sign certificates. Its
duties are done by the usual worker.
"""

from chalicelib.privacy.leases import Turns
from chalicelib.rights.engine.engine import Steps, Worker
from chalicelib.rights.engine.queue import Destination
from chalicelib.rights.erasure import capture, certify, confirm, delete, freeze, keep, lapse, stream_deletion

_ALL = (
    confirm.CONFIRM,
    freeze.SETTLE,
    freeze.FREEZE,
    freeze.SUSPEND_AT_STREAM,
    freeze.GRACE,
    capture.CAPTURE,
    capture.RECORD_TOMBSTONE,
    capture.QUARANTINE,
    stream_deletion.DELETE_AT_STREAM,
    stream_deletion.AWAIT_STREAM_DELETION,
    keep.KEEP_HELD,
    delete.DELETE_COPIES,
    delete.DELETE_RECORDS,
    delete.VERIFY_DELETION,
    delete.DELETE_KEY,
    certify.CERTIFY,
    confirm.NOTIFY,
    capture.FORGET,
    lapse.AWAIT_LAPSE,
    freeze.THAW,
    confirm.CONFIRM_CANCELLATION,
    freeze.RESUME_AT_STREAM,
)
STEPS: Steps = {step.name: step for step in _ALL}

WORKER = Worker(Destination.ERASURES, STEPS, turns=Turns("rights"))
