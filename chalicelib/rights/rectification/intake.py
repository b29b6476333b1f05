"""How a rectification begins, and the writes that its decision takes (Art. 16 GDPR; ADR 50).

Self-service fields change in the transaction of the request. A statement without changes completes the data,
and stands beside the records. Other fields are reviewed by operators; until the decision, what they are
evaluated for is restricted. All changes of a request are valid, or none is made.

Outside the app, one proof or one operator could change an account's data. So the account is warned, and what
is not reviewed changes with the answer, days later (ADR 49).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from chalicelib.accounts import service as accounts
from chalicelib.accounts.profiles import service as profiles
from chalicelib.accounts.profiles.model import ProfileChanges, SubjectStatement
from chalicelib.accounts.profiles.service import TooManyStatements
from chalicelib.consents.model import NotOffered
from chalicelib.consents.profile_changes import service as profile_changes
from chalicelib.core import clock
from chalicelib.core.contract_words import ErrorCode
from chalicelib.core.errors import InvalidRequest, Unavailable, does_not_apply, fault
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.transactions import Write
from chalicelib.privacy.personal import StillSealed
from chalicelib.privacy.purposes import Purpose
from chalicelib.rights.intake.submission import (
    Beginning,
    ClosingEffect,
    IntakeRule,
    Subject,
    Submission,
    read_subject,
)
from chalicelib.rights.rectification import right
from chalicelib.rights.request import procedures, recipients, restraints
from chalicelib.rights.request.model import NUMBER, AskedCorrection, RightsRequest
from chalicelib.rights.request.notes import RequestNotes
from chalicelib.rights.request.recipients import CorrectableField, CorrectionWay
from chalicelib.rights.request.restraints import Decided
from chalicelib.rights.request.terms import Status, StepStatus

_Value = str | bool | None
_Changes = Mapping[str, _Value]
_CORRECTS = frozenset({Status.COMPLETED, Status.PARTIALLY_COMPLETED})


@dataclass(frozen=True)
class _Asked:
    """What a request asks for, checked: changes of the profile, and fields for review."""

    at_once: ProfileChanges | None
    reviewed: tuple[CorrectableField, ...]


def _begin(submission: Submission) -> Beginning:
    body = submission.body
    asked = _checked(body.changes or {}, body.reason)
    applied = tuple(sorted(asked.at_once.model_fields_set)) if asked.at_once else ()
    correction = AskedCorrection(changes=body.changes or {}, applied=applied)
    said: dict[str, object] = {
        **({"corrected": list(applied)} if applied else {}),
        **({"reviewed": [field.name for field in asked.reviewed]} if asked.reviewed else {}),
        **({} if body.changes else {"stated": 1}),
        **({"restricted": sorted(contested)} if (contested := _contested(asked)) else {}),
    }
    return Beginning(
        () if asked.reviewed else procedures.steps_of(submission.body.right),
        RequestNotes(),
        also=_effect(submission, asked),
        said=said,
        answer=None if asked.reviewed else Status.COMPLETED,
        status=Status.AWAITING_REVIEW,
        correction=correction,
    )


def _defer(submission: Submission) -> Beginning:
    """How a request without a session begins: fields for review as in the app; all else changes later."""
    body = submission.body
    asked = _checked(body.changes or {}, body.reason)
    if asked.reviewed and asked.at_once:
        message = "Without a session, the fields of the profile need a request of their own"
        raise InvalidRequest(errors=[fault("/changes", ErrorCode.SEPARATE_REQUEST, message)])
    if asked.reviewed:
        return _begin(submission)
    stated = _stated(body.changes, body.reason, submission.request_id, submission.at)
    _refuse_without_effect(submission.subject, asked.at_once)
    _data_writes(submission.subject, asked.at_once, stated)  # refuses now what cannot be done later either
    deferred = tuple(sorted(asked.at_once.model_fields_set)) if asked.at_once else ()
    return Beginning(
        procedures.steps_of(submission.body.right, right.LATER),
        RequestNotes(),
        also=[accounts.not_erasing(submission.subject.account.account_id)],
        said={"deferred": list(deferred)} if deferred else {"stated": 1},
        correction=AskedCorrection(changes=body.changes or {}, deferred=deferred),
    )


def _begin_new_number(submission: Submission) -> Beginning:
    """How an entry begins by which the account's owner gets another number (ADR 68)."""
    return Beginning(
        procedures.steps_of(submission.body.right, right.NEW_NUMBER),
        RequestNotes(),
        also=[accounts.not_erasing(submission.subject.account.account_id)],
        said={"deferred": [NUMBER]},
        correction=AskedCorrection(deferred=(NUMBER,)),
    )


def deferred_writes(request: RightsRequest) -> list[Write] | None:
    """The writes of a correction that waited for the warning; None if the account is erased.

    Raises:
        Unavailable: the profile cannot be opened.
        InvalidRequest: a value is no longer valid, or nothing follows from a switch any more, or the account
            has too many statements.
    """
    subject, correction = read_subject(request.account_id), request.correction
    if subject is None or correction is None:
        return None
    asked = _checked(correction.changes, request.reason)
    stated = _stated(correction.changes, request.reason, request.request_id, clock.now())
    _refuse_without_effect(subject, asked.at_once)
    return _data_writes(subject, asked.at_once, stated)


def _stated(
    changes: _Changes | None, reason: str | None, request_id: RightsRequestId, at: datetime
) -> SubjectStatement | None:
    """The statement that a request without changes makes; None for one with changes."""
    return None if changes else SubjectStatement(request_id=request_id, made_at=at, text=reason or "")


def _effect(submission: Submission, asked: _Asked) -> list[Write]:
    subject, body = submission.subject, submission.body
    stated = _stated(body.changes, body.reason, submission.request_id, submission.at)
    _refuse_without_effect(subject, asked.at_once)
    writes = _data_writes(subject, asked.at_once, stated)
    if contested := _contested(asked):
        _refuse_to_end_consents(subject, asked.at_once)
        decided = Decided(subject.account, subject.purposes, subject.keys)
        writes.append(restraints.contesting(decided, submission.request_id, contested))
    return writes


def _refuse_without_effect(subject: Subject, changes: ProfileChanges | None) -> None:
    """Refuse to change a switch from which nothing follows yet.

    Raises:
        InvalidRequest: see above.
    """
    if changes and subject.profile:
        for switch in profile_changes.without_effect(subject.profile, changes):
            raise does_not_apply(f"changes/{switch}", NotOffered.title)


def _refuse_to_end_consents(subject: Subject, changes: ProfileChanges | None) -> None:
    """Refuse to end consents in the transaction that restricts a purpose: both write the subject's decisions.

    Raises:
        InvalidRequest: the changes end consents, and need a request of their own.
    """
    account, profile, purposes = subject.account, subject.profile, subject.purposes
    if changes and profile and profile_changes.too_young(account, profile, changes, purposes, subject.keys):
        message = "A change that ends consents needs a request of its own"
        raise InvalidRequest(errors=[fault("/changes", ErrorCode.SEPARATE_REQUEST, message)])


def _data_writes(
    subject: Subject, at_once: ProfileChanges | None, stated: SubjectStatement | None
) -> list[Write]:
    """The writes of changes and of a statement; one of them requires that the account is not being erased.

    Raises:
        Unavailable: the account or its profile cannot be opened; an alarm reports that.
        InvalidRequest: the account has as many statements as it may have.
    """
    writes: list[Write] = []
    # A transaction has one write of an item: a changed account is not being erased either.
    of_account: list[Write] = []
    if at_once:
        writes, of_account = _changes_at_once(subject, at_once)
    if stated:
        writes.append(_statements_write(subject, [stated], "reason"))
    return [*(of_account or [accounts.not_erasing(subject.account.account_id)]), *writes]


def _changes_at_once(subject: Subject, changes: ProfileChanges) -> tuple[list[Write], list[Write]]:
    """The writes of the profile, and those of the account.

    Raises:
        Unavailable: one of them cannot be opened.
    """
    if subject.profile is None:
        raise Unavailable
    account, profile, keys = subject.account, subject.profile, subject.keys
    try:
        writes, of_account = profiles.change_writes(account, profile, changes, keys)
        ended = profile_changes.too_young(account, profile, changes, subject.purposes, keys)
    except StillSealed:
        raise Unavailable from None
    return [*writes, *(ended.writes if ended else ())], of_account


def _contested(asked: _Asked) -> set[Purpose]:
    """The purposes for which the contested fields are evaluated."""
    return {field.contested for field in asked.reviewed if field.contested}


def _statements_write(subject: Subject, new: list[SubjectStatement], named: str) -> Write:
    account_id = subject.account.account_id
    try:
        return profiles.statements_write(account_id, subject.statements, new, subject.keys)
    except TooManyStatements:
        raise does_not_apply(named, "The account has as many statements as it may have") from None


# --- checks


def _checked(changes: _Changes, reason: str | None) -> _Asked:
    """Check each change against the table of correctable fields, and values by the profile's own rules.

    Raises:
        InvalidRequest: it names each wrong place and the rule, never the value.
    """
    if not changes and reason is None:
        raise InvalidRequest(errors=[fault("/changes", ErrorCode.MISSING, "Send changes, a reason, or both")])
    table = recipients.table()
    fields = {name: table.get(name) for name in changes}
    wrong = [one for name, field in fields.items() if (one := _fault_of(name, field, changes[name]))]
    reviewed = [field for field in fields.values() if field and field.way is CorrectionWay.REVIEWED]
    if reviewed and reason is None:
        wrong.append(fault("/reason", ErrorCode.MISSING, "Say why the stored value is wrong"))
    if wrong:
        raise InvalidRequest(errors=wrong)
    at_once = {name: changes[name] for name, f in fields.items() if f and f.way is CorrectionWay.AT_ONCE}
    return _Asked(_profile_changes(at_once) if at_once else None, tuple(reviewed))


def _fault_of(name: str, field: CorrectableField | None, value: _Value) -> dict[str, str] | None:
    place = f"/changes/{name}"
    if field is None:
        return fault(place, ErrorCode.UNEXPECTED, "No correctable field has this name")
    if field.instead:
        return fault(place, ErrorCode.ANOTHER_WAY, field.instead)
    if field.way is CorrectionWay.REVIEWED and not isinstance(value, str):
        return fault(
            place, ErrorCode.MISSING, "Send the correct value. Data is removed by the right to erasure"
        )
    return None


def _profile_changes(changes: _Changes) -> ProfileChanges:
    """The changes as a merge patch of the profile."""
    try:
        return ProfileChanges.model_validate(changes)
    except ValidationError as error:
        raise ProfileChanges.refusal(error, under="/changes") from None


# --- decisions


def proposed_values(
    request: RightsRequest, status: Status, values: Mapping[str, str] | None
) -> dict[str, str] | None:
    """The values that a proposed decision carries; the approval applies them.

    A completed request gets the values that were asked for, unless others are given for the same fields. A
    partial decision names the fields that it corrects.

    Raises:
        InvalidRequest: the values do not fit the status or the fields under review.
    """
    if request.correction is None or status is Status.REFUSED:
        if values is not None:
            raise does_not_apply("corrections", "Only a decision that corrects data carries values")
        return None
    asked = request.correction.reviewed
    if status is Status.COMPLETED:
        values = asked if values is None else values
        if values.keys() != asked.keys():
            raise does_not_apply("corrections", "A completed request corrects each field under review")
    elif values is None or not values.keys() < asked.keys():
        raise does_not_apply("corrections", "A partial decision corrects some of the fields under review")
    elif not values and not request.correction.applied:
        raise does_not_apply("corrections", "A decision that corrects no field is a refusal")
    return dict(values)


def _close(request: RightsRequest, status: Status) -> ClosingEffect:
    """What a cancellation or decision writes: approved values, and the end of what was restricted.

    A decision that completes a correction need not wait for the end of the warning.

    Raises:
        InvalidRequest, Unavailable: as for `deferred_writes`.
    """
    if status is Status.COMPLETED and _waits_for_warning(request):
        return ClosingEffect(request.notes, also=deferred_writes(request) or [])
    ended = list(restraints.ending(request.account_id, request.request_id))
    approved = _approved(request) if status in _CORRECTS else []
    return ClosingEffect(request.notes, also=[*ended, *approved])


def _approved(request: RightsRequest) -> list[Write]:
    """The write of the values that a decision carries; none if the account is erased."""
    correction = request.correction
    if correction is None or not correction.proposed:
        return []
    subject = read_subject(request.account_id)
    if subject is None:
        return []
    at = clock.now()
    new = [
        SubjectStatement(
            request_id=request.request_id, made_at=at, text=request.reason or "", about=name, value=value
        )
        for name, value in correction.proposed.items()
    ]
    return [_statements_write(subject, new, "corrections")]


def _waits_for_warning(request: RightsRequest) -> bool:
    """Return whether a correction is carried out only after the account was warned, and was not yet."""
    return any(step.name == right.CORRECT and step.status is not StepStatus.DONE for step in request.steps)


NEW_NUMBER = IntakeRule(_begin_new_number)
RECTIFICATION = IntakeRule(_begin, takes=frozenset({"changes", "reason"}), closing=_close, deferred=_defer)
