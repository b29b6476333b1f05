"""The problems of rights requests: the first six of subjects, the others of operators.

When one is raised, the request is unchanged.
"""

from typing import ClassVar

from chalicelib.core.errors import ConflictingRequest, Gone, Schemas, Unprocessable
from chalicelib.core.ids import RightsRequestId


class AlreadyOpen(ConflictingRequest):
    """The subject already has an open request for this right; `open_request_id` names it."""

    code = "already_open"
    title = "There is already an open request for this right"
    shows: ClassVar[Schemas] = {
        "open_request_id": {
            "type": "string",
            "pattern": f"^{RightsRequestId.pattern.pattern}$",
            "description": "The open request for this right",
        }
    }


class TooLate(ConflictingRequest):
    """The request is already decided, or its copy is being sent to another controller."""

    code = "too_late"
    title = "It is too late to change this request"


class NotReady(ConflictingRequest):
    """The copy or the certificate does not exist yet."""

    code = "not_ready"
    title = "The copy or the certificate is not ready yet"


class ExportGone(Gone):
    """The copy is deleted after some days; a new request creates a new one."""

    code = "gone"
    title = "The copy has been deleted; make a new request to get another"


class ProofNotAccepted(Unprocessable):
    """The code was right, but the number or mailbox is not that of the account."""

    code = "proof_not_accepted"
    title = "This number or mailbox does not belong to the account"


class NotNow(ConflictingRequest):
    """The status of the request does not allow this."""

    code = "not_now"
    title = "The current status of the request does not allow this"


class NotCarriedOut(Unprocessable):
    """A rectification names no values, so nothing was corrected and the answer cannot say that."""

    code = "not_carried_out"
    title = "The request names no values to correct, so it cannot be answered as completed"


class ExtensionNotAllowed(Unprocessable):
    """The law does not allow this extension; `detail` says why (Art. 12(3) GDPR)."""

    code = "extension_not_allowed"
    title = "The deadline cannot be extended"
