"""Intake rules: what they get and return, that of each right, and those of requests without a session.

Without a session (RGT-11, ADR 49):

- What can do no harm begins as in the app: an objection, a restriction, a withdrawal, a correction to review.
- A correction that changes data changes it after the account was warned on every channel, and some days
  later; one by letter too. One proof is enough: its owner can cancel it, and correct the data again.
- A copy or an erasure needs two proofs. With fewer, it waits for them. Its procedure warns the account on
  every channel, and does nothing irreversible for some days.
- What an operator enters erases no account before a second one has checked it, whatever the channel.
- An heir can have the account erased. Nothing else: data protection law ends with a person's life, and other
  people wrote to that person in confidence.
- A person who named neither a contact nor an account is answered on paper that we can find nothing.
- A person without an account is answered that nothing is stored about them. Their objection to direct
  marketing suppresses the number or mailbox, in the transaction of the request (ADR 47).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles.model import Profile, Statements
from chalicelib.accounts.profiles.service import READABLE_PROFILE, STATEMENTS
from chalicelib.accounts.service import ACCOUNT, LANGUAGE, OPEN_ACCOUNT
from chalicelib.consents.model import Purposes
from chalicelib.consents.service import PURPOSES
from chalicelib.core import clock, needs
from chalicelib.core.contract_words import ErrorCode
from chalicelib.core.errors import InvalidRequest, existing, fault
from chalicelib.core.ids import AccountId, RightsRequestId, StaffId
from chalicelib.core.languages import Language
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Found, Wanted
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.transactions import Write
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.model import DIRECT_MARKETING, Addresses
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys
from chalicelib.rights.intake.body import RequestedChange
from chalicelib.rights.request import declaration, procedures
from chalicelib.rights.request.model import (
    AskedCorrection,
    GuestContact,
    IdentityProof,
    RightsRequest,
    new_notes,
)
from chalicelib.rights.request.notes import RequestNotes
from chalicelib.rights.request.proofs import are_two
from chalicelib.rights.request.terms import Right, Status


@dataclass(frozen=True)
class Subject:
    """The records of a subject that an intake reads, at one instant.

    Attributes:
        account: it may be frozen or restricted (RGT-11). If it cannot be opened, it is a glance: a right that
            needs a sealed field of it then fails, and the others can be exercised.
        profile: None if there is none that can be read.
        purposes: the subject's decisions; None if there are none.
        keys: the account's data keys.
        language: in which the subject reads the answer.
        statements: the subject's statements; None if there are none that can be read.
    """

    account: Account
    profile: Profile | None
    purposes: Purposes | None
    keys: SubjectKeys
    language: Language
    statements: Statements | None = None

    @classmethod
    def found(cls, account: Account, found: Found) -> "Subject":
        """The subject from a read of `SUBJECT`. `account`: as it was read, opened or not."""
        return cls(
            _opened(found) or account,
            found[READABLE_PROFILE],
            found[PURPOSES],
            found[DATA_KEY],
            found[LANGUAGE],
            statements=found[STATEMENTS],
        )


def _opened(found: Found) -> Account | None:
    with skip_unreadable("account_unreadable"):
        return found[OPEN_ACCOUNT]
    return None


# What has to be read for an intake.
SUBJECT: tuple[Wanted[Any], ...] = (
    DATA_KEY, OPEN_ACCOUNT, READABLE_PROFILE, PURPOSES, LANGUAGE, STATEMENTS,
)  # fmt: skip


def read_subject(account_id: AccountId) -> Subject | None:
    """Read a subject's records; None if the account does not exist or is being erased.

    Raises:
        SealingError: the subject's decisions or statements cannot be opened.
    """
    (found,) = needs.read_accounts([account_id], (ACCOUNT, *SUBJECT))
    account = found[ACCOUNT]
    return Subject.found(account, found) if account else None


def read_again(subject: Subject) -> Subject:
    """Read a subject's records again, after a write found that they changed.

    Raises:
        NotFound: the account is being erased.
        SealingError: as for `read_subject`.
    """
    return existing(read_subject(subject.account.account_id))


@dataclass(frozen=True)
class Submission:
    """A request as received, by any channel.

    Attributes:
        subject: the subject's records, as read.
        body: what the subject wants.
        request_id: the id of the request.
        at: now.
    """

    subject: Subject
    body: RequestedChange
    request_id: RightsRequestId
    at: datetime

    @property
    def cools_until(self) -> datetime | None:
        """Until when nothing irreversible is done after a change of the number; None if none is recent."""
        account = self.subject.account
        return account.cools_until if account.cools_for(self.at) else None


@dataclass(frozen=True)
class Beginning:
    """How a request begins.

    Attributes:
        steps: the names of the steps of its procedure, in order.
        notes: the first notes of its steps.
        also: the writes that give the request its effect, in the transaction that records it. A conflict of
            theirs means that the subject's records changed since they were read; the intake reads them again.
        said: fixed words and numbers about the effect, for the evidence.
        counts: what to count once the transaction is committed, each with the value of its dimension.
        answer: the answer, if the request is answered at intake; its steps then follow the answer.
        status: the status of a request that is not answered at intake.
        correction: what a rectification asks for.
        repeats: whether an answered request of the same right has the whole effect of this one, which changes
            nothing; the app then gets that request. None: this one has an effect.
    """

    steps: tuple[str, ...]
    notes: RequestNotes
    also: Sequence[Write] = ()
    said: dict[str, object] = field(default_factory=dict)
    counts: Sequence[tuple[Metric, str]] = ()
    answer: Status | None = None
    status: Status = Status.RECEIVED
    correction: AskedCorrection | None = None
    repeats: Callable[[RightsRequest], bool] | None = None


def is_completed(request: RightsRequest) -> bool:
    """Whether a request was answered as asked."""
    return request.status is Status.COMPLETED


@dataclass(frozen=True)
class ClosingEffect:
    """What changes with the closing of a request by a person: its notes, and the writes that this takes."""

    notes: RequestNotes
    also: Sequence[Write] = ()


def no_effect(request: RightsRequest, _: Status) -> ClosingEffect:
    """The closing of a request whose intake had no effect, or whose steps undo it."""
    return ClosingEffect(request.notes)


@dataclass(frozen=True)
class IntakeRule:
    """The rule of one right.

    Attributes:
        closing: what a cancellation or decision changes, for its transaction. Reads, and writes nothing.
        begin: how a request begins. Pure but for reads; raises InvalidRequest for values that do not fit.
        deferred: how one outside the app begins, if its effect waits until the account was warned. None: as
            one from a session (`rule_outside_the_app`), unless it wants a step-up (`recovery`).
        takes: the fields of the body that the right allows.
        wants_step_up: whether a stolen token alone must not exercise it.
        is_limited: whether the app's requests are limited per account and day.
    """

    begin: Callable[[Submission], Beginning]
    takes: frozenset[str] = frozenset()
    wants_step_up: bool = False
    is_limited: bool = True
    closing: Callable[[RightsRequest, Status], ClosingEffect] = no_effect
    deferred: Callable[[Submission], Beginning] | None = None

    def check_fields(self, body: RequestedChange) -> None:
        """Refuse fields that the right does not allow: the client would rely on an ignored field.

        Raises:
            InvalidRequest: names the fields.
        """
        given = body.model_dump(include=set(RequestedChange.model_fields), exclude_none=True).keys()
        if odd := sorted(given - {"right"} - self.takes):
            message = f"Not for {body.right}"
            raise InvalidRequest(
                errors=[fault(f"/{name}", ErrorCode.DOES_NOT_APPLY, message) for name in odd]
            )


_BY_WORD = {purpose.value: purpose for purpose in Purpose}


def named_purposes(words: Iterable[str], check: Callable[[Purpose], None]) -> tuple[Purpose, ...]:
    """The purposes with these names, each once, in the order of the register.

    Args:
        words: the names.
        check: raises InvalidRequest for a purpose that does not fit.

    Raises:
        InvalidRequest: a name is unknown, none is given, or `check` raises.
    """
    named = set(words)
    if not named:
        raise invalid(ErrorCode.TOO_SHORT, "Name one purpose at least")
    if named - _BY_WORD.keys():
        raise invalid(ErrorCode.NOT_A_CHOICE, "No purpose has this name")
    found = tuple(purpose for word, purpose in _BY_WORD.items() if word in named)
    for purpose in found:
        check(purpose)
    return found


def invalid(code: ErrorCode, message: str) -> InvalidRequest:
    """The problem of a body whose purposes do not fit."""
    return InvalidRequest(errors=[fault("/purposes", code, message)])


# A subject requests these in the app only, with a step-up.
_IN_APP_ONLY = frozenset({"transfer_to", "waive_grace"})


def rule_of(right: Right) -> IntakeRule:
    """The rule of a right for requests from the app."""
    rule: IntakeRule = declaration.load(declaration.of(right).intake)
    return rule


def rule_outside_the_app(right: Right) -> IntakeRule:
    """The rule of a right for requests without a session.

    It refuses fields that only the app may send, and what one proof or one operator must not change at once
    waits until the account was warned.
    """
    rule = rule_of(right)
    return replace(rule, takes=rule.takes - _IN_APP_ONLY, begin=rule.deferred or rule.begin)


def rule_for_locked_out(
    rule: IntakeRule, proofs: Sequence[IdentityProof], proof_write: Sequence[Write] = ()
) -> IntakeRule:
    """The rule for an account's owner without a session.

    Args:
        rule: the rule of the right outside the app.
        proofs: the proofs that the account's owner gave; two of them only if both count.
        proof_write: the write that uses a proof up, in the transaction of the request.
    """

    def begin(submission: Submission) -> Beginning:
        begun = rule.begin(submission)
        begun = replace(begun, also=(*begun.also, *proof_write), said={**begun.said, "proofs": list(proofs)})
        if not rule.wants_step_up:
            return begun
        begun = replace(begun, steps=procedures.recovered(submission.body.right, begun.steps))
        if are_two(proofs):
            return begun
        notes = replace(begun.notes, identity_asked_at=submission.at)
        return replace(begun, notes=notes, status=Status.AWAITING_VERIFICATION)

    return replace(rule, begin=begin)


def rule_for_heirs(rule: IntakeRule) -> IntakeRule:
    """The rule for an heir of the account's owner, for a right other than the erasure."""
    return replace(rule, begin=lambda one: Beginning((), new_notes(one.body.right), answer=Status.REFUSED))


def rule_for_two_operators(rule: IntakeRule, entered_by: StaffId) -> IntakeRule:
    """The rule for what no operator does alone: the one who enters it is the first of two who check."""

    def begin(submission: Submission) -> Beginning:
        begun = rule.begin(submission)
        notes = replace(begun.notes, identity_checked_by=entered_by, entered_by=entered_by)
        steps = procedures.recovered(submission.body.right, begun.steps)
        return replace(begun, steps=steps, notes=notes, status=Status.AWAITING_VERIFICATION)

    return replace(rule, begin=begin)


def begin_for_stranger(right: Right, contact: GuestContact, proof_write: Sequence[Write] = ()) -> Beginning:
    """How the request of a person without an account begins; it can be repeated.

    Args:
        right: an objection to direct marketing has an effect; the other rights find nothing to change.
        contact: the number or mailbox that no account has.
        proof_write: the write that uses a proof up, in the transaction of the request.
    """
    said: dict[str, object] = {"without_account": 1}
    writes = list(proof_write)
    if right is Right.MARKETING_OBJECTION:
        unwanted = Addresses(contact.phone, contact.email)
        writes += suppressions.placing_without_account(unwanted, clock.now())
        said["objected"] = list(DIRECT_MARKETING)
    return Beginning(declaration.WITHOUT_ACCOUNT, new_notes(right), also=writes, said=said)


def begin_for_unnamed(right: Right) -> Beginning:
    """How the request of a person begins who named nothing by which we find data; it is answered at once."""
    said: dict[str, object] = {"without_account": 1, "on_paper": 1}
    return Beginning((), new_notes(right), said=said, answer=Status.COMPLETED)
