"""Erasure: the account and its data are deleted, here and at Stream (Art. 17 GDPR, ADR 30)."""

from chalicelib.rights.request.declaration import (
    ANNOUNCE,
    IN_GENERAL,
    At,
    RightDeclaration,
    RightWords,
    in_both,
)
from chalicelib.rights.request.notes import ErasureNotes
from chalicelib.rights.request.terms import Destination, RefusalReason, Right, Status


def _at(module: str) -> At:
    """No other worker may delete keys or sign certificates."""
    return At(f"erasure.{module}", Destination.ERASURES)


_CONFIRM, _FREEZE, _CAPTURE = _at("confirm"), _at("freeze"), _at("capture")
_KEEP, _DELETE, _CERTIFY = _at("keep"), _at("delete"), _at("certify")

# Notify the subject at once that the account will be deleted, and how to cancel that.
CONFIRM = _CONFIRM.step("confirm")
# Wait for the subject's other requests, while the grace period fits before the deadline.
SETTLE = _FREEZE.step("settle")
FREEZE = _FREEZE.step("freeze")  # freeze the account, and end its sessions
# Deactivate the user at Stream, and revoke its tokens.
SUSPEND_AT_STREAM = _FREEZE.step("suspend_at_stream")
GRACE = _CONFIRM.step("grace")  # wait for the end of the time in which the erasure can be cancelled
# The point of no return: end the account, and keep the inputs of the later steps.
CAPTURE = _CAPTURE.step("capture")
# Mark the erasure outside of the tables, for restores of backups.
RECORD_TOMBSTONE = _CAPTURE.step("record_tombstone")
QUARANTINE = _CAPTURE.step("quarantine")  # take the account off its claims
DELETE_AT_STREAM = _DELETE.step("delete_at_stream")  # request the deletion of the user at Stream
# Wait for that deletion, and check its result.
AWAIT_STREAM_DELETION = _DELETE.step("await_stream_deletion")
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
AWAIT_LAPSE = _CERTIFY.step("await_lapse")
THAW = _FREEZE.step("thaw")  # after a cancellation or refusal: restore the account's state
CONFIRM_CANCELLATION = _CONFIRM.step("confirm_cancellation")  # notify the subject that the account stays
RESUME_AT_STREAM = _FREEZE.step("resume_at_stream")  # let the user connect to Stream again

_WORDS = RightWords(
    title="Deletion",
    outcomes={
        Status.COMPLETED: in_both(
            "We deleted your account and your data (Art. 17 GDPR, Art. 30 ZZPL). The certificate says what "
            "was deleted, what stays and why.",
            "Obrisali smo Vaš nalog i Vaše podatke (čl. 17. GDPR, čl. 30. ZZPL). U potvrdi piše šta je "
            "obrisano, šta ostaje i zašto.",
        ),
        Status.PARTIALLY_COMPLETED: in_both(
            "We deleted your account and your data, with exceptions (Art. 17 GDPR, Art. 30 ZZPL). The "
            "certificate says what was deleted, what stays and why.",
            "Obrisali smo Vaš nalog i Vaše podatke, uz izuzetke (čl. 17. GDPR, čl. 30. ZZPL). U potvrdi piše "
            "šta je obrisano, šta ostaje i zašto.",
        ),
        Status.REFUSED: in_both(
            "We did not delete your account and your data (Art. 17 GDPR, Art. 30 ZZPL).",
            "Nismo obrisali Vaš nalog i Vaše podatke (čl. 17. GDPR, čl. 30. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "The deletion of your account was cancelled. The account and the data stay.",
            "Brisanje Vašeg naloga je otkazano. Nalog i podaci ostaju.",
        ),
    },
    nothing_held=in_both(
        "So there is nothing to delete. After the deletion of an account, keyed hashes of its number "
        "and email address stay for some days, without the account. If it objected to direct marketing, such "
        "hashes stay longer, so that the objection stays in force. Then we delete them.",
        "Zato nema šta da se obriše. Posle brisanja naloga, heš-vrednosti njegovog broja i adrese, "
        "zaštićene ključem, ostaju nekoliko dana, bez naloga. Ako je sa naloga podnet prigovor na direktno "
        "oglašavanje, takve vrednosti ostaju duže, da bi prigovor ostao na snazi. Zatim ih brišemo.",
    ),
    on_page=(
        "Deletion",
        (
            "have your data deleted, unless we have to keep it by law or for legal claims (Art. 17 GDPR, "
            "Art. 30 ZZPL)"
        ),
    ),
)

ERASURE = RightDeclaration(
    right=Right.ERASURE,
    dpv="A17",
    notes=ErasureNotes,
    intake="erasure.intake:ERASURE",
    words=_WORDS,
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
