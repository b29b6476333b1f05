"""What an intake rule gets and returns, and where the rule of a right is found."""

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
from chalicelib.core import needs
from chalicelib.core.errors import InvalidRequest, NotFound
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.languages import Language
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Found, Wanted
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.transactions import Write
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys
from chalicelib.rights.intake.body import RequestedChange
from chalicelib.rights.request import declaration
from chalicelib.rights.request.model import AskedCorrection, RightsRequest
from chalicelib.rights.request.notes import RequestNotes
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
    again = read_subject(subject.account.account_id)
    if again is None:
        raise NotFound
    return again


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
            raise InvalidRequest(
                errors=[
                    {"pointer": f"/{name}", "code": "does_not_apply", "message": f"Not for {body.right}"}
                    for name in odd
                ]
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
        raise invalid("too_short", "Name one purpose at least")
    if named - _BY_WORD.keys():
        raise invalid("unknown_purpose", "No purpose has this name")
    found = tuple(purpose for word, purpose in _BY_WORD.items() if word in named)
    for purpose in found:
        check(purpose)
    return found


def invalid(code: str, message: str) -> InvalidRequest:
    """The problem of a body whose purposes do not fit."""
    return InvalidRequest(errors=[{"pointer": "/purposes", "code": code, "message": message}])


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
