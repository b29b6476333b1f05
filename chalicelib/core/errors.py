"""The error hierarchy: each problem has a code and an HTTP status (RFC 9457).

    Problem                      a request that gets a problem document as its response
    ├── InvalidRequest      400  invalid_request, with `errors`
    │   ├── UnexpectedField 400  unexpected_field
    │   ├── (challenges)         invalid_phone
    │   └── (messages)           invalid_email
    ├── Unauthenticated     401  unauthenticated
    │   ├── SessionEnded    401  session_ended
    │   ├── (signup)             wrong_credentials
    │   └── (webhook)            invalid_signature
    ├── Forbidden           403
    │   ├── (bars)               number_not_available
    │   ├── (sessions)           account_frozen, account_suspended, restricted, session_waits,
    │   │                        step_up_required
    │   ├── (notices)            terms_not_accepted
    │   ├── (consents)           purpose_not_permitted, with the `reason`
    │   ├── (conversations)      not_longest_member
    │   ├── (staff)              own_proposal, also of disclosures, holds, breaches, removals
    │   ├── (complaints)         took_part
    │   └── (safety)             reporting_paused, took_part_before
    ├── NotFound            404  not_found
    │   ├── (contacts)           wrong_contact_code
    │   ├── (safety)             no_such_report, on the site
    │   └── (conversations)      unknown_member
    ├── ConflictingRequest  409  conflict
    │   ├── InProgress      409  in_progress
    │   ├── (notices)            terms_outdated
    │   ├── (consents)           notice_outdated, not_offered, would_end_consents
    │   ├── (billing)            invoice_number_used
    │   ├── (openings)           not_waiting
    │   ├── (profiles)           email_taken, number_taken
    │   ├── (passwords)          username_taken
    │   ├── (rights)             already_open, too_late, not_ready, not_now, late_receipt,
    │   │                        no_more_papers
    │   ├── (staff)              proposed_already, nothing_proposed
    │   ├── (complaints)         complained_already
    │   ├── (support)            support_message_settled
    │   ├── (safety)             appealed_already, appeal_too_late, decided_before, number_is_free
    │   ├── (disclosures)        decided_already, not_approved, proposal_lapsed
    │   ├── (breaches)           breach_closed, breach_unfinished, assessed_otherwise, notices_begun,
    │   │                        rendering_changed, too_many_parts
    │   ├── (reports)            report_over, too_many_packs
    │   └── (retention)          too_late, hold_ended, not_approved, removal_lapsed
    ├── Gone                410
    │   ├── (challenges)         challenge_expired
    │   ├── (links)              link_expired
    │   ├── (push_tokens)        push_token_not_proven
    │   ├── (contacts)           contact_code_replaced, also once it is withdrawn
    │   ├── (conversations)      conversation_left, by the caller
    │   └── (rights)             export_deleted
    ├── ChangedMeanwhile    412  changed_meanwhile
    ├── PayloadTooLarge     413  payload_too_large
    ├── UnsupportedMedia    415  unsupported_media_type
    ├── Unprocessable       422
    │   ├── IdempotencyMismatch  idempotency_mismatch
    │   ├── (challenges)         wrong_code
    │   ├── (secrets)            wrong_secret
    │   ├── (contacts)           contact_limit_reached
    │   ├── (conversations)      member_limit_reached, fixed_members, not_a_group
    │   ├── (blocks)             block_limit_reached
    │   ├── (consents)           age_unknown
    │   ├── (rights)             not_carried_out, extension_not_allowed, proof_not_accepted
    │   └── (disclosures)        notice_not_in_force
    ├── (secrets)           423  pin_required
    ├── (http)              426  app_outdated
    ├── PreconditionRequired 428 precondition_required
    ├── TooMany             429  too_many_requests, with `limit` and `retry_after`
    │   ├── (secrets)            too_many_tries
    │   ├── (challenges)         too_many_codes, too_many_attempts
    │   └── (signup)             too_many_logins
    ├── InternalError       500  internal_error
    └── Unavailable         503  unavailable
        └── (challenges)         sms_unavailable, email_unavailable

A concept defines its own problems next to its model. The code of a problem is the name of its class in snake
case, unless the class states another one: clients depend on it, so docs/openapi.json shows a change. The
message of the exception is the code: an exception must not contain anything that a person sent (SEC-1). Any
other exception is a bug and becomes a 500.
"""

import re
from collections.abc import Mapping
from typing import ClassVar, TypeVar

from chalicelib.core.contract_words import ErrorCode, InnerLimit, LimitName
from chalicelib.core.metrics import Metric

BASE_TYPE = "https://ru4m.com/problems/"
_CAPITAL = re.compile(r"(?<!^)[A-Z]")

Members = Mapping[str, object]
Schemas = Mapping[str, Mapping[str, object]]  # JSON Schema of each member


class Problem(Exception):
    """A request that cannot be served, described as in RFC 9457."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on our side"
    metric: ClassVar[Metric | None] = None
    # Members beyond those of RFC 9457, for the OpenAPI document: those always present, those optional.
    shows: ClassVar[Schemas] = {}
    may_show: ClassVar[Schemas] = {}

    def __init_subclass__(cls) -> None:
        """Derive the code of a problem that has a title of its own."""
        super().__init_subclass__()
        if "title" in vars(cls) and "code" not in vars(cls):
            cls.code = _CAPITAL.sub(r"_\g<0>", cls.__name__).lower()

    def __init__(self, detail: str | None = None, **members: object) -> None:
        super().__init__(self.code)
        self.detail = detail or self.title
        self.members: Members = members

    @property
    def counted_as(self) -> str | None:
        """The value of the dimension of `metric`; None if that has none."""
        return None

    def document(self, request_id: str) -> dict[str, object]:
        """Return the body of the response. Extra members cannot replace the standard ones."""
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
    """The request is invalid. `errors` name places and rules, never the rejected value."""

    status = 400
    title = "The request is malformed or invalid"
    may_show: ClassVar[Schemas] = {
        "errors": {
            "type": "array",
            "description": "Invalid places in the body and the rules they break. Never the rejected value",
            "items": {"$ref": "#/components/schemas/RequestError"},
        }
    }


def fault(pointer: str, code: ErrorCode, message: str) -> dict[str, str]:
    """Return one of the `errors` of an invalid request; `message` must not quote what was sent."""
    return {"pointer": pointer, "code": code, "message": message}


def does_not_apply(name: str, rule: str) -> InvalidRequest:
    """Return the problem that a field does not apply to this request; `rule` says why."""
    return InvalidRequest(errors=[fault(f"/{name}", ErrorCode.DOES_NOT_APPLY, rule)])


class UnexpectedField(InvalidRequest):
    """The request has fields that this route does not accept."""

    title = "The request has fields that this route does not accept"


class Unauthenticated(Problem):
    """No valid access token."""

    status = 401
    title = "A valid access token is required"


class SessionEnded(Unauthenticated):
    """The token is genuine, but its session has ended (logout, expiry when idle, erasure)."""

    title = "This session has ended"


class Forbidden(Problem):
    """The caller is authenticated, but not allowed to do this."""

    status = 403
    title = "This is not allowed"


class NotFound(Problem):
    """The resource does not exist, or this caller may not see it."""

    status = 404
    title = "Not found"


T = TypeVar("T")


def existing(value: T | None, problem: type[Problem] = NotFound) -> T:
    """Return what was found; raise the problem if that is nothing."""
    if value is None:
        raise problem
    return value


class ConflictingRequest(Problem):
    """The request conflicts with the stored state."""

    status = 409
    code = "conflict"
    title = "The request conflicts with the current state"


class InProgress(ConflictingRequest):
    """A request with the same Idempotency-Key is still being processed."""

    title = "The same request is still being processed"


class Gone(Problem):
    """The resource existed, and was deleted permanently."""

    status = 410
    title = "This is no longer available"


class ChangedMeanwhile(Problem):
    """If-Match names a version that is not the current one."""

    status = 412
    title = "It has changed since it was read; read it again"


class PayloadTooLarge(Problem):
    """The body is larger than this route accepts."""

    status = 413
    title = "The request body is too large"


class UnsupportedMedia(Problem):
    """This route does not accept the media type of the body."""

    status = 415
    code = "unsupported_media_type"
    title = "The media type of the request body is not supported"


class Unprocessable(Problem):
    """The request is well-formed but breaks a rule."""

    status = 422
    title = "The request cannot be accepted"


class IdempotencyMismatch(Unprocessable):
    """The Idempotency-Key was already used with a different body."""

    title = "This Idempotency-Key was already used for a different request"


class PreconditionRequired(Problem):
    """If-Match is missing or does not name exactly one version."""

    status = 428
    title = "The header If-Match with the ETag of the version read is required"


class TooMany(Problem):
    """A limit is reached.

    `limit` names it; `retry_after` is the time until a retry may succeed, in seconds.
    """

    status = 429
    code = "too_many_requests"
    title = "Too many requests"
    metric = Metric.REQUEST_LIMITED
    shows: ClassVar[Schemas] = {
        "limit": {"$ref": "#/components/schemas/LimitName"},
        "retry_after": {
            "type": "integer",
            "minimum": 1,
            "description": "Seconds to wait before the next try. Also sent as the header Retry-After",
        },
    }

    def __init__(self, *, limit: LimitName | InnerLimit, retry_after: int) -> None:
        super().__init__(limit=limit, retry_after=retry_after)
        self.limit = limit

    @property
    def counted_as(self) -> str:
        """The name of the limit."""
        return self.limit


class InternalError(Problem):
    """A bug on our side. The response discloses nothing about it."""


class Unavailable(Problem):
    """A service that we depend on does not respond. The client may repeat the same request."""

    status = 503
    title = "Temporarily unavailable; try again"
