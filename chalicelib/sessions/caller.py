"""Who is calling, judged anew on each request from one consistent read (STR-3).

A view that takes a `Caller` serves live sessions of active accounts only. One that takes a
`RightsCaller` also serves accounts that are frozen or restricted: their rights stay reachable (RGT-11).
A `StepUpCaller` is one of those who gave a code back in this session minutes ago.
"""

from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar

from chalice.app import ChaliceAuthorizer

from chalicelib.accounts.model import Account, AccountState
from chalicelib.accounts.service import ACCOUNT
from chalicelib.core import clock
from chalicelib.core.errors import Forbidden, Problem, SessionEnded
from chalicelib.core.http import Authenticated
from chalicelib.core.needs import Claims, Found, Wanted
from chalicelib.sessions.authorizer import access_token
from chalicelib.sessions.model import Session
from chalicelib.sessions.store import SESSION

T = TypeVar("T")


class AccountFrozen(Forbidden):
    """The account is frozen, for instance while its erasure waits."""

    code = "account_frozen"
    title = "This account is frozen; only privacy rights can be exercised"


class Restricted(Forbidden):
    """Processing is restricted (Art. 18 GDPR): every use but storage stops."""

    code = "restricted"
    title = "The processing of this account's data is restricted"


class StepUpRequired(Forbidden):
    """What a stolen token must not do: export, erase, change the number."""

    code = "step_up_required"
    title = "This session must be stepped up first, with a code sent to the account's number"


_STANDS_IN_THE_WAY = {AccountState.FROZEN: AccountFrozen, AccountState.RESTRICTED: Restricted}


class RightsCaller(Authenticated):
    """The owner of a live session, whatever state the account is in."""

    authorizer: ClassVar[ChaliceAuthorizer] = access_token
    needs: ClassVar[tuple[Wanted[Any], ...]] = (SESSION, ACCOUNT)
    problems: ClassVar[tuple[type[Problem], ...]] = (SessionEnded,)

    def __init__(self, session: Session, account: Account, found: Found) -> None:
        self.session = session
        self.account = account
        self._found = found

    @classmethod
    def judge(cls, claims: Claims, found: Found) -> Self:  # noqa: ARG003 - the signature of every judge
        """Let a live session of an existing account through.

        Raises:
            SessionEnded: logged out, lapsed, or the account is gone.
        """
        session, account = found[SESSION], found[ACCOUNT]
        if session is None or account is None:
            raise SessionEnded
        return cls(session, account, found)

    @property
    def read_at(self) -> datetime:
        """An instant before the read that the caller was judged by; nothing newer is known of them."""
        return self._found.read_at

    @property
    def is_stepped_up(self) -> bool:
        """Whether the token was stepped up in the last ten minutes."""
        return self._found.claims.stepped_up_until > clock.to_epoch(clock.now())

    def require_step_up(self) -> None:
        """For calls that need it depending on what is asked.

        Raises:
            StepUpRequired: the token is not stepped up, or was for ten minutes.
        """
        if not self.is_stepped_up:
            raise StepUpRequired

    def __getitem__(self, need: Wanted[T]) -> T:
        """What the same read found for a need of the route."""
        return self._found[need]


class Caller(RightsCaller):
    """The owner of a live session of an active account."""

    problems: ClassVar[tuple[type[Problem], ...]] = (SessionEnded, AccountFrozen, Restricted)

    @classmethod
    def judge(cls, claims: Claims, found: Found) -> Self:
        """As above, and the account may be used.

        Raises:
            AccountFrozen: only rights are reachable.
            Restricted: only rights are reachable.
        """
        caller = super().judge(claims, found)
        if problem := _STANDS_IN_THE_WAY.get(caller.account.state):
            raise problem
        return caller


class StepUpCaller(RightsCaller):
    """The owner of a live session whose token is stepped up, whatever state the account is in."""

    problems: ClassVar[tuple[type[Problem], ...]] = (SessionEnded, StepUpRequired)

    @classmethod
    def judge(cls, claims: Claims, found: Found) -> Self:
        """As for rights, and the step-up is not over.

        Raises:
            StepUpRequired: the token is not stepped up, or was for ten minutes.
        """
        caller = super().judge(claims, found)
        caller.require_step_up()
        return caller
