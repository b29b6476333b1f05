"""The caller of a route, authorized on each request by one consistent read (STR-3).

A view with a `SessionHolder` also serves sessions that wait for the account's owner (ADR 68); all others
refuse them. A view with a `Caller` serves live sessions of active accounts only. A view with a `RightsCaller`
also serves frozen, suspended and restricted accounts, since their owners can always exercise their rights
(RGT-11). A
`StepUpCaller` is a `RightsCaller` whose token was stepped up in the last ten minutes, and an
`ActiveStepUpCaller` is a `Caller` with such a token. A route of which only some calls need one has a
`Requirement`.

A `Caller` also refuses an app below the minimum version (ADR 84). Rights, consents, sessions and notices of
breaches have callers of other types, or none, so this refusal cannot meet them. A link of another device is
no such route (ADR 105).
"""

from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar

from chalice.app import ChaliceAuthorizer

from chalicelib.accounts.model import Account, AccountState
from chalicelib.accounts.service import ACCOUNT
from chalicelib.accounts.sessions.authorizer import access_token
from chalicelib.accounts.sessions.model import Session
from chalicelib.accounts.sessions.store import SESSION
from chalicelib.core import clock
from chalicelib.core.errors import Forbidden, Problem, SessionEnded
from chalicelib.core.http import Authenticated
from chalicelib.core.needs import Claims, Found, Wanted

T = TypeVar("T")


class AccountFrozen(Forbidden):
    """The account is frozen, for example while its erasure is pending."""

    title = "This account is frozen; only privacy rights can be exercised"


class Restricted(Forbidden):
    """Processing is restricted (Art. 18 GDPR): the data may only be stored."""

    title = "The processing of this account's data is restricted"


class AccountSuspended(Forbidden):
    """The account is suspended because of reports of abuse (ADR 115)."""

    title = "This account is suspended; only privacy rights, reports and appeals are possible"
    may_show: ClassVar[dict[str, Any]] = {
        "suspension_ends_at": {"type": "string", "format": "date-time", "description": "When that ends"}
    }


class StepUpRequired(Forbidden):
    """A stepped-up token is required: a stolen one must not export, erase or change number or mailbox."""

    title = "This session must be stepped up first, with a code sent to the account's number"


class SessionWaits(Forbidden):
    """The session waits until the account's owner lets it in; the number may have a new holder (ADR 68)."""

    title = "This session waits until the owner of the account lets it in"


_REFUSED_STATES = {AccountState.FROZEN: AccountFrozen, AccountState.RESTRICTED: Restricted}


class SessionHolder(Authenticated):
    """The holder of a live session of any scope, whatever state the account is in."""

    authorizer: ClassVar[ChaliceAuthorizer] = access_token
    needs: ClassVar[tuple[Wanted[Any], ...]] = (SESSION, ACCOUNT)
    problems: ClassVar[tuple[type[Problem], ...]] = (SessionEnded,)

    def __init__(self, session: Session, account: Account, found: Found) -> None:
        self.session = session
        self.account = account
        self._found = found

    @classmethod
    def authorize(cls, claims: Claims, found: Found) -> Self:  # noqa: ARG003 - the signature of every `authorize`
        """Accept a live session of an existing account.

        Raises:
            SessionEnded: the session has ended or expired, the account is deleted or being erased, or it lost
                the number for which the session waits.
        """
        session, account = found[SESSION], found[ACCOUNT]
        if session is None or account is None or session.has_ended_with(account):
            raise SessionEnded
        return cls(session, account, found)

    @property
    def found(self) -> Found:
        """All items of the read that authorized the caller."""
        return self._found

    @property
    def read_at(self) -> datetime:
        """An instant before the read that authorized the caller; later changes are not in it."""
        return self._found.read_at

    @property
    def is_stepped_up(self) -> bool:
        """Return whether the token was stepped up in the last ten minutes."""
        return self._found.claims.stepped_up_until > clock.to_epoch(clock.now())

    def require_step_up(self) -> None:
        """Refuse a token that is not stepped up; for the requirement of a route.

        Raises:
            StepUpRequired: the token is not stepped up, or its ten minutes have passed.
        """
        if not self.is_stepped_up:
            raise StepUpRequired

    def __getitem__(self, need: Wanted[T]) -> T:
        """The value of a need of the route, from the same read."""
        return self._found[need]


class RightsCaller(SessionHolder):
    """The owner of a live session, whatever state the account is in."""

    problems: ClassVar[tuple[type[Problem], ...]] = (SessionEnded, SessionWaits)

    @classmethod
    def authorize(cls, claims: Claims, found: Found) -> Self:
        """Accept what a SessionHolder accepts, unless the session waits.

        Raises:
            SessionEnded: as for a SessionHolder.
            SessionWaits: the session waits until the account's owner lets it in.
        """
        caller = super().authorize(claims, found)
        if caller.session.is_waiting:
            raise SessionWaits
        return caller


class Caller(RightsCaller):
    """The owner of a live session of an active account."""

    problems: ClassVar[tuple[type[Problem], ...]] = (
        *RightsCaller.problems,
        AccountFrozen,
        AccountSuspended,
        Restricted,
    )
    needs_current_app = True

    @classmethod
    def authorize(cls, claims: Claims, found: Found) -> Self:
        """Accept a live session of an active account.

        Raises:
            SessionEnded, SessionWaits: as for a RightsCaller.
            AccountFrozen, AccountSuspended, Restricted: the account may only exercise its rights.
        """
        caller = super().authorize(claims, found)
        if problem := _REFUSED_STATES.get(caller.account.state):
            raise problem
        if (until := caller.account.suspended_until) and caller.account.is_suspended:
            raise AccountSuspended(suspension_ends_at=clock.to_text(until))
        return caller


class StepUpCaller(RightsCaller):
    """The owner of a live session whose token is stepped up, whatever state the account is in."""

    problems: ClassVar[tuple[type[Problem], ...]] = (*RightsCaller.problems, StepUpRequired)

    @classmethod
    def authorize(cls, claims: Claims, found: Found) -> Self:
        """Accept what the class without a step-up accepts, if the token is stepped up.

        Raises:
            SessionEnded, SessionWaits, AccountFrozen, AccountSuspended, Restricted: as for that class.
            StepUpRequired: the token is not stepped up, or its ten minutes have passed.
        """
        caller = super().authorize(claims, found)
        caller.require_step_up()
        return caller


class ActiveStepUpCaller(StepUpCaller, Caller):
    """The owner of a live session of an active account whose token is stepped up."""

    problems: ClassVar[tuple[type[Problem], ...]] = (*Caller.problems, StepUpRequired)
