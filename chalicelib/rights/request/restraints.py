"""The writes that give a request's restriction or objection its effect, change it, or end it.

Each is for the transaction of the request. It writes the subject's decisions over the version that was read.
If it restricts or releases the whole account, it changes the account's state too; otherwise it requires that
the account is not being erased. So the state of the account and the decisions agree.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account
from chalicelib.accounts.service import ACCOUNT
from chalicelib.accounts.sessions import logout
from chalicelib.consents import restraints as decisions
from chalicelib.consents.model import Purposes, none_decided
from chalicelib.consents.service import PURPOSES, stored
from chalicelib.core import clock, needs
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.settings import settings
from chalicelib.core.transactions import Write
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.restraint import Restraint, RestraintKind
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import RestraintNotes
from chalicelib.rights.request.terms import Right


@dataclass(frozen=True)
class Decided:
    """An account with its subject's decisions, read at one instant."""

    account: Account
    purposes: Purposes | None
    keys: SubjectKeys

    @property
    def known(self) -> Purposes:
        """The decisions; those of a subject without any are empty."""
        return self.purposes or none_decided(self.account.account_id)


def read(account_id: AccountId) -> Decided | None:
    """Read an account with its decisions; None if it does not exist or is being erased."""
    (row,) = needs.read_accounts([account_id], (ACCOUNT, PURPOSES, DATA_KEY))
    account = row[ACCOUNT]
    return Decided(account, row[PURPOSES], row[DATA_KEY]) if account else None


def restraint_of(request: RightsRequest) -> Restraint | None:
    """The restraint that a request is for, as it was placed; None if it placed none."""
    notes = request.notes
    if not isinstance(notes, RestraintNotes) or notes.since is None:
        return None
    kind = RestraintKind.OBJECTION if request.right is Right.OBJECTION else RestraintKind.RESTRICTION
    return Restraint(
        kind=kind, since=notes.since, purposes=notes.purposes, ground=notes.ground, upheld=notes.upheld
    )


def weighing_ends(request: RightsRequest) -> datetime:
    """By when two operators weigh an objection, by our rule."""
    return request.received_at + settings().choices.weighing_days * DAY


def placing(found: Decided, request_id: RightsRequestId, restraint: Restraint) -> list[Write]:
    """The writes that place a restraint, or replace the one of the same request."""
    return _changing(found, decisions.with_restraint(found.known, request_id, restraint))


def ending(account_id: AccountId, request_id: RightsRequestId) -> Sequence[Write]:
    """The writes that end the restraint of a request; others that cover the same stay in force.

    None are needed if the account does not exist or is being erased.
    """
    found = read(account_id)
    if found is None:
        return ()
    return _changing(found, decisions.without_restraint(found.known, request_id))


def contesting(found: Decided, request_id: RightsRequestId, purposes: Iterable[Purpose]) -> Write:
    """The write that restricts purposes while a request contests data for them; `ending` ends that.

    It never covers the whole account, so it leaves the account's state. The transaction has to require that
    the account is not being erased.
    """
    contest = Restraint(kind=RestraintKind.CONTEST, since=clock.now(), purposes=tuple(sorted(purposes)))
    after = decisions.with_restraint(found.known, request_id, contest)
    return stored(found.purposes, after, found.keys)


def _changing(found: Decided, after: Purposes) -> list[Write]:
    account, before = found.account, found.known
    if after.wholly_restricted and not before.wholly_restricted:
        state = accounts.restricting(account, logout.revocation_at(clock.now()))
    elif before.wholly_restricted and not after.wholly_restricted:
        state = accounts.releasing(account)
    else:
        state = [accounts.not_erasing(account.account_id)]
    return state if after is before else [stored(found.purposes, after, found.keys), *state]
