"""Access and portability: a copy of the subject's data (Art. 15 and 20 GDPR)."""

from chalicelib.rights.request.declaration import ANNOUNCE, IN_GENERAL, PIN, At, RightDeclaration
from chalicelib.rights.request.notes import CopyNotes
from chalicelib.rights.request.terms import Destination, RefusalReason, Right, Status

_STREAM, _COPY = At("copy.stream_export"), At("copy.assemble")
# It may send data out of our account, so it has a role of its own.
_TRANSFER = At("copy.transfer", Destination.TRANSFERS)

ASK_STREAM = _STREAM.step("ask_stream")  # request an export of the subject's data from Stream
AWAIT_STREAM = _STREAM.step("await_stream")  # wait for that export
ASSEMBLE = _COPY.step("assemble")  # pack all data into one file
TRANSFER = _TRANSFER.step("transfer")  # send the file to the controller that the subject named
DELIVER = _COPY.step("deliver")  # let the subject fetch the file; this is the answer
DISCARD = _COPY.step("discard")  # delete the file once its retention period ends

# The variant of a request that names another controller.
HANDED_ON = "handed_on"

_STEPS = (PIN, ASK_STREAM, AWAIT_STREAM, ASSEMBLE, DELIVER, ANNOUNCE, DISCARD)
_STEPS_HANDED_ON = (PIN, ASK_STREAM, AWAIT_STREAM, ASSEMBLE, TRANSFER, DELIVER, ANNOUNCE, DISCARD)
_ENDINGS = {Status.CANCELLED: (DISCARD,), None: (ANNOUNCE, DISCARD)}

ACCESS = RightDeclaration(
    right=Right.ACCESS,
    dpv="A15",
    notes=CopyNotes,
    intake="copy.intake:ACCESS",
    words="copy.words:ACCESS",
    steps=_STEPS,
    variants={HANDED_ON: _STEPS_HANDED_ON},
    endings=_ENDINGS,
    refusals=IN_GENERAL | {RefusalReason.OTHERS_IN_COPY},
    cools_before=ASK_STREAM,
)
PORTABILITY = RightDeclaration(
    right=Right.PORTABILITY,
    dpv="A20",
    notes=CopyNotes,
    intake="copy.intake:PORTABILITY",
    words="copy.words:PORTABILITY",
    steps=_STEPS,
    variants={HANDED_ON: _STEPS_HANDED_ON},
    endings=_ENDINGS,
    refusals=IN_GENERAL | {RefusalReason.NOT_PORTABLE, RefusalReason.OTHERS_IN_TRANSFER},
    cools_before=ASK_STREAM,
)
