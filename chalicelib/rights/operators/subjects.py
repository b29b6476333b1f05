"""Operators find the account of a contact, and look at the state of an account (RGT-11, ADR 52).

Invariants:

- A contact is in the body of a call only. It is looked up by its keyed hash under every version of the key.
  Neither the contact nor its hash is in the evidence, a log or a response.
- A look is counted before the account is read, and recorded before anything is shown, also a search that
  finds nothing. The Ledger has its random id, which a record of the account maps to the account until that
  is erased. If one of the two is impossible, nothing is shown. An entry of a request is a look too (`enter`).
- The answer has no field of the profile, and no number or address.
- An account that was idle before it was frozen for its erasure is not found by a contact, which may have a
  new owner by now. So a letter does not reach it either (`contact_owners`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import Field

from chalicelib.accounts.challenges.numbers import PhoneText
from chalicelib.accounts.model import Account, AccountState, LastUse
from chalicelib.accounts.service import (
    LAST_USE,
    OPEN_ACCOUNT,
    STORED_ACCOUNT,
    owner_of_former_phone,
    owner_of_user,
)
from chalicelib.consents import proof
from chalicelib.consents.model import Purposes
from chalicelib.consents.proof import ConsentProof
from chalicelib.consents.service import PURPOSES
from chalicelib.core import needs
from chalicelib.core.clock import DAY
from chalicelib.core.contract_words import InnerLimit
from chalicelib.core.errors import TooMany, does_not_apply, existing
from chalicelib.core.http import Body
from chalicelib.core.ids import AccountId, RightsRequestId, StaffId, UserId
from chalicelib.core.limiter import Limiter, WhenUnreachable, Window
from chalicelib.core.needs import Found, Wanted
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.settings import settings
from chalicelib.messages.model import LONGEST_ADDRESS
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.retention.holds import service as holds
from chalicelib.retention.model import Hold
from chalicelib.rights.guests import contact_owners
from chalicelib.rights.request import store
from chalicelib.rights.request.model import GuestContact, RightsRequest
from chalicelib.staff import history

# Looking up one number after another would show an operator which numbers have an account.
_LOOKUPS = Limiter(
    InnerLimit.SUBJECT_LOOKUPS,
    (Window(lambda: DAY, lambda: settings().limits.subject_lookups_day),),
    TooMany,
    WhenUnreachable.REFUSE,
)


class SubjectState(StrEnum):
    """The state of a subject's account, as operators see it."""

    OPEN = "open"
    FROZEN = "frozen"
    RESTRICTED = "restricted"
    ERASING = "erasing"
    NO_ACCOUNT = "no_account"

    @classmethod
    def of(cls, state: AccountState) -> "SubjectState":
        """The state of an account."""
        return cls.OPEN if state is AccountState.ACTIVE else cls(state.value)


class SubjectSearch(Body):
    """The contact of a subject: exactly one of the two."""

    phone: PhoneText | None = None
    email: str | None = Field(None, max_length=LONGEST_ADDRESS)


@dataclass(frozen=True)
class FoundSubject:
    """The result of a search. Without an account, the ids are None.

    `was_changed`: the account had the number until it was changed some days ago, perhaps by a thief.
    """

    state: SubjectState
    user_id: UserId | None = None
    account_id: AccountId | None = None
    was_changed: bool = False


@dataclass(frozen=True)
class ShownSubject:
    """The state of an account.

    Attributes:
        account: a glance at it.
        last_use: None if there is no record of it.
        requests: the open requests.
        unreadable: the ids of open requests that cannot be opened.
        holds: those that have not ended; None if one cannot be opened.
        purposes: its decisions and restraints; None if there are none, or if they cannot be opened.
        restraints_unreadable: whether there are restraints or decisions that cannot be opened.
    """

    account: Account
    last_use: LastUse | None
    requests: tuple[RightsRequest, ...]
    unreadable: tuple[RightsRequestId, ...]
    holds: tuple[Hold, ...] | None
    purposes: Purposes | None
    restraints_unreadable: bool


def find(by: StaffId, search: SubjectSearch) -> FoundSubject:
    """Find the account that has a number or mailbox.

    Raises:
        InvalidRequest: not exactly one contact was given.
        InvalidPhone, InvalidEmail: the contact is malformed.
        TooMany: this operator looked at too many subjects today.
        Unavailable: the look cannot be counted or recorded now.
    """
    if (search.phone is None) == (search.email is None):
        raise does_not_apply("phone", "Exactly one of phone and email")
    contact = contact_owners.contact_of(search.phone, search.email)
    count_look(by)
    found = _account_of(contact)
    record_look(by, "searched_subject", contact.proof, found.account_id)
    return found


def count_look(by: StaffId) -> None:
    """Count a look before an account is read.

    Raises:
        TooMany: this operator looked at too many subjects today.
        Unavailable: it cannot be counted now.
    """
    _LOOKUPS.hit(by)


def record_look(by: StaffId, event: str, named_by: str, account_id: AccountId | None) -> None:
    """Record how an operator looked for an account, and whether there is one, before anything is shown.

    Raises:
        Unavailable: it cannot be recorded now, so nothing must be shown.
    """
    said = {"contact": named_by, "found": int(account_id is not None)}
    history.record_look(by, event, said, account_id)


def show(by: StaffId, user_id: UserId) -> ShownSubject:
    """Show the state of an account, also of one that is being erased.

    Raises:
        NotFound: no account has this user id.
        TooMany, Unavailable: as for `find`.
    """
    found = _look_at(by, user_id, STORED_ACCOUNT, LAST_USE, PURPOSES, DATA_KEY)
    account = existing(found[STORED_ACCOUNT])
    ids = store.open_requests_of(account.account_id).values()
    requests, unreadable = store.read_several(list(ids))
    purposes, is_unreadable = _purposes(account, found)
    shown = ShownSubject(
        account=account,
        last_use=found[LAST_USE],
        requests=tuple(requests),
        unreadable=tuple(unreadable),
        holds=_holds(account.account_id),
        purposes=purposes,
        restraints_unreadable=is_unreadable,
    )
    history.record_look(by, "viewed_subject", {}, account.account_id)
    return shown


def show_consents(by: StaffId, user_id: UserId) -> ConsentProof | None:
    """Show the decisions of a subject, and whether the Ledger proves them; None if they cannot be opened.

    Raises:
        NotFound: no account has this user id, or its erasure is past the point of no return.
        TooMany, Unavailable: as for `find`.
    """
    found = _look_at(by, user_id, OPEN_ACCOUNT, PURPOSES, DATA_KEY)
    proven = None
    with skip_unreadable("purposes_unreadable"):
        proven = proof.verify(existing(found[OPEN_ACCOUNT]), found[PURPOSES])
    history.record_look(by, "viewed_consents", {}, found.claims.account_id)
    return proven


def _look_at(by: StaffId, user_id: UserId, *wanted: Wanted[Any]) -> Found:
    """Count a look at an account, and read it."""
    count_look(by)
    owner = existing(owner_of_user(user_id))
    (found,) = needs.read_accounts([owner], wanted)
    return found


def _account_of(contact: GuestContact) -> FoundSubject:
    """The account of a contact, else the one that had the number until some days ago."""
    current = _glance(contact_owners.owner_of(contact))
    if current or not contact.phone:
        return _found(current) if current else FoundSubject(SubjectState.NO_ACCOUNT)
    former = _glance(owner_of_former_phone(contact.phone))
    return _found(former, was_changed=True) if former else FoundSubject(SubjectState.NO_ACCOUNT)


def _glance(owner: AccountId | None) -> Account | None:
    """The account, unless it was idle before it was frozen: its contact may have a new owner."""
    if owner is None:
        return None
    (found,) = needs.read_accounts([owner], (STORED_ACCOUNT,))
    account = found[STORED_ACCOUNT]
    return None if account is None or account.may_be_of_another else account


def _found(account: Account, *, was_changed: bool = False) -> FoundSubject:
    return FoundSubject(SubjectState.of(account.state), account.user_id, account.account_id, was_changed)


def _purposes(account: Account, found: Found) -> tuple[Purposes | None, bool]:
    """The decisions of a subject, and whether there are some that cannot be opened."""
    if account.state is AccountState.ERASING:  # its key may be gone already
        return None, False
    with skip_unreadable("purposes_unreadable"):
        return found[PURPOSES], False
    return None, True


def _holds(account_id: AccountId) -> tuple[Hold, ...] | None:
    with skip_unreadable("hold_unreadable"):
        return holds.unended(account_id)
    return None
