"""Erasure: the account and its data are deleted, here and at Stream (Art. 17 GDPR, ADR 30)."""

from chalicelib.rights.request.declaration import ANNOUNCE, IN_GENERAL, At, RightDeclaration
from chalicelib.rights.request.notes import ErasureNotes
from chalicelib.rights.request.terms import Destination, RefusalReason, Right, Status


def _at(module: str) -> At:
    """No other worker may delete keys or sign certificates."""
    return At(f"erasure.{module}", Destination.ERASURES)


_CONFIRM, _FREEZE, _CAPTURE, _STREAM = _at("confirm"), _at("freeze"), _at("capture"), _at("stream_deletion")
_KEEP, _DELETE, _CERTIFY, _LAPSE = _at("keep"), _at("delete"), _at("certify"), _at("lapse")

# Notify the subject at once that the account will be deleted, and how to cancel that.
CONFIRM = _CONFIRM.step("confirm")
# Wait for the subject's other requests, while the grace period fits before the deadline.
SETTLE = _FREEZE.step("settle")
FREEZE = _FREEZE.step("freeze")  # freeze the account, and end its sessions
# Deactivate the user at Stream, and revoke its tokens.
SUSPEND_AT_STREAM = _FREEZE.step("suspend_at_stream")
GRACE = _FREEZE.step("grace")  # wait for the end of the time in which the erasure can be cancelled
# The point of no return: end the account, and keep the inputs of the later steps.
CAPTURE = _CAPTURE.step("capture")
# Mark the erasure outside of the tables, for restores of backups.
RECORD_TOMBSTONE = _CAPTURE.step("record_tombstone")
QUARANTINE = _CAPTURE.step("quarantine")  # take the account off its claims
DELETE_AT_STREAM = _STREAM.step("delete_at_stream")  # request the deletion of the user at Stream
# Wait for that deletion, and check its result.
AWAIT_STREAM_DELETION = _STREAM.step("await_stream_deletion")
# Move what a law or a hold keeps out of the subject's reach and under another key.
KEEP_HELD = _KEEP.step("keep_held")
# Delete copies in S3, and take the address off SES's suppression list.
DELETE_COPIES = _DELETE.step("delete_copies")
DELETE_RECORDS = _DELETE.step("delete_records")  # delete the subject's records in all tables
VERIFY_DELETION = _DELETE.step("verify_deletion")  # the second pass: search for late writes
DELETE_KEY = _DELETE.step("delete_key")  # delete the subject's data key
# Sign the certificate, which is the answer; the final tombstone and the checks at Stream are stored with it.
CERTIFY = _CERTIFY.step("certify")
NOTIFY = _CONFIRM.step("notify")  # notify the subject that the deletion is complete
# Write the final tombstone to the locked bucket too, delete the inputs of the steps.
FORGET = _CAPTURE.step("forget")
# Wait for the ends of holds, delete what they kept, issue the certificate anew.
AWAIT_LAPSE = _LAPSE.step("await_lapse")
THAW = _FREEZE.step("thaw")  # after a cancellation or refusal: restore the account's state
CONFIRM_CANCELLATION = _CONFIRM.step("confirm_cancellation")  # notify the subject that the account stays
RESUME_AT_STREAM = _FREEZE.step("resume_at_stream")  # let the user connect to Stream again

ERASURE = RightDeclaration(
    right=Right.ERASURE,
    dpv="A17",
    notes=ErasureNotes,
    intake="erasure.intake:ERASURE",
    words="erasure.words:ERASURE",
    steps=(
        CONFIRM, SETTLE, FREEZE, SUSPEND_AT_STREAM, GRACE,
        CAPTURE, RECORD_TOMBSTONE, QUARANTINE, DELETE_AT_STREAM, AWAIT_STREAM_DELETION, KEEP_HELD,
        DELETE_COPIES, DELETE_RECORDS, VERIFY_DELETION, DELETE_KEY, CERTIFY, NOTIFY, FORGET, AWAIT_LAPSE,
    ),
    endings={
        Status.CANCELLED: (THAW, CONFIRM_CANCELLATION, RESUME_AT_STREAM),
        None: (THAW, ANNOUNCE, RESUME_AT_STREAM),
    },
    refusals=IN_GENERAL
    | {
        RefusalReason.LEGALLY_REQUIRED,
        RefusalReason.LEGAL_CLAIMS,
        RefusalReason.FREEDOM_OF_EXPRESSION,
        RefusalReason.PUBLIC_INTEREST,
        RefusalReason.PUBLIC_HEALTH,
        RefusalReason.ARCHIVING,
    },
    cools_before=CAPTURE,
    warns_before=CONFIRM,
    shown_when_done=CAPTURE,
    unshown=AWAIT_LAPSE,
)  # fmt: skip
