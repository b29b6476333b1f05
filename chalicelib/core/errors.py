"""The one error hierarchy: domain words with an HTTP status of their own (RFC 9457).

    Problem                      a request that is answered with a problem document
    ├── InvalidRequest      400  invalid_request, with `errors`
    │   ├── UnexpectedField 400  unexpected_field
    │   ├── (challenges)         invalid_phone
    │   └── (messages)           invalid_email
    ├── Unauthenticated     401  unauthenticated
    │   └── SessionEnded    401  session_ended
    ├── Forbidden           403
    │   ├── (sessions)           account_frozen, restricted, step_up_required
    │   ├── (notices)            terms_not_accepted
    │   └── (rights)             own_proposal
    ├── NotFound            404  not_found
    ├── Conflict            409
    │   ├── InProgress      409  in_progress
    │   ├── (signup)             terms_outdated
    │   ├── (consents)           notice_outdated
    │   ├── (profiles)           email_taken
    │   └── (rights)             already_open, too_late, not_ready, not_now, proposed_already,
    │                            nothing_proposed
    ├── Gone                410
    │   ├── (challenges)         challenge_expired
    │   └── (rights)             gone, once a copy is deleted
    ├── ChangedMeanwhile    412  changed_meanwhile
    ├── PayloadTooLarge     413  payload_too_large
    ├── UnsupportedMedia    415  unsupported_media_type
    ├── Unprocessable       422
    │   ├── IdempotencyMismatch  idempotency_mismatch
    │   ├── (challenges)         wrong_code
    │   └── (rights)             not_offered_here, not_carried_out, extension_not_allowed
    ├── PreconditionRequired 428 precondition_required
    ├── TooMany             429  too_many_requests, with `limit` and `retry_after`
    │   └── (challenges)         too_many_codes, too_many_attempts
    ├── InternalError       500  internal_error
    └── Unavailable         503  unavailable
        └── (challenges)         sms_unavailable, email_unavailable

A concept defines its own problems next to its model. The text of a Problem is its code: nothing that
a person sent may stand in an exception (SEC-1). What is not a Problem is a bug and answered as 500.
"""

from collections.abc import Mapping
from typing import ClassVar

from chalicelib.core.metrics import Metric

BASE_TYPE = "https://ru4m.com/problems/"

Members = Mapping[str, object]
Schemas = Mapping[str, Mapping[str, object]]  # JSON Schema of each member


class Problem(Exception):
    """A request that can't be served, told in the terms of RFC 9457."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on our side"
    metric: ClassVar[Metric | None] = None
    # Members beyond those of RFC 9457, for the contract: what always stands there, what may.
    shows: ClassVar[Schemas] = {}
    may_show: ClassVar[Schemas] = {}

    def __init__(self, detail: str | None = None, **members: object) -> None:
        super().__init__(self.code)
        self.detail = detail or self.title
        self.members: Members = members

    def document(self, request_id: str) -> dict[str, object]:
        """The body of the answer. No member replaces one that every problem has."""
        return {
            **self.members,
            "type": BASE_TYPE + self.code,
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "request_id": request_id,
        }


class InvalidRequest(Problem):
    """The request can't be read. `errors` name places and rules, never the rejected value."""

    status = 400
    code = "invalid_request"
    title = "The request is malformed or invalid"
    may_show: ClassVar[Schemas] = {
        "errors": {
            "type": "array",
            "description": "Places in the body and the rules that they break; never the rejected value",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    "pointer": {"type": "string", "format": "json-pointer"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        }
    }


class UnexpectedField(InvalidRequest):
    """The request has fields that this call doesn't know."""

    code = "unexpected_field"
    title = "The request has fields that this call does not take"


class Unauthenticated(Problem):
    """No valid access token."""

    status = 401
    code = "unauthenticated"
    title = "A valid access token is required"


class SessionEnded(Unauthenticated):
    """The token is genuine, but its session is over (logout, idle lapse, erasure)."""

    code = "session_ended"
    title = "This session has ended"


class Forbidden(Problem):
    """Known, but not allowed."""

    status = 403
    code = "forbidden"
    title = "This is not allowed"


class NotFound(Problem):
    """Nothing is there, or nothing that this caller may see."""

    status = 404
    code = "not_found"
    title = "There is nothing here"


class ConflictingRequest(Problem):
    """The request contradicts what is stored."""

    status = 409
    code = "conflict"
    title = "The request contradicts the current state"


class InProgress(ConflictingRequest):
    """The same request (Idempotency-Key) is still being served."""

    code = "in_progress"
    title = "The same request is still being served"


class Gone(Problem):
    """It was there once."""

    status = 410
    code = "gone"
    title = "This is no longer available"


class ChangedMeanwhile(Problem):
    """If-Match names a version that is not the current one."""

    status = 412
    code = "changed_meanwhile"
    title = "It was changed meanwhile; read it again"


class PayloadTooLarge(Problem):
    """The body is over the size that this call takes."""

    status = 413
    code = "payload_too_large"
    title = "The body is too large"


class UnsupportedMedia(Problem):
    """The body has another media type than this call takes."""

    status = 415
    code = "unsupported_media_type"
    title = "The body's media type is not supported"


class Unprocessable(Problem):
    """Well-formed, but not acceptable."""

    status = 422
    code = "unprocessable"
    title = "The request can't be accepted"


class IdempotencyMismatch(Unprocessable):
    """The Idempotency-Key was used with another body."""

    code = "idempotency_mismatch"
    title = "This Idempotency-Key belongs to another request"


class PreconditionRequired(Problem):
    """If-Match is missing, or names no single version."""

    status = 428
    code = "precondition_required"
    title = "Send If-Match with the ETag that was read"


class TooMany(Problem):
    """A limit is reached: `limit` names it, `retry_after` (seconds) says until when."""

    status = 429
    code = "too_many_requests"
    title = "Too many requests"
    metric = Metric.REQUEST_LIMITED
    shows: ClassVar[Schemas] = {
        "limit": {"type": "string", "description": "What was limited"},
        "retry_after": {
            "type": "integer",
            "minimum": 1,
            "description": "Seconds after which to try again; also the header Retry-After",
        },
    }


class InternalError(Problem):
    """A bug of ours. Nothing about it is told."""


class Unavailable(Problem):
    """Something that we depend on does not answer; the same request may be sent again."""

    status = 503
    code = "unavailable"
    title = "Temporarily unavailable; try again"
