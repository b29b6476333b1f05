"""The parts of an erasure on the tables, in the order of the plan, without the procedure.

Also requests for an erasure and their certificates, as the procedure leaves them.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account, ClaimedValues, Frozen
from chalicelib.accounts.profiles import service as profiles
from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.accounts.service import OPEN_ACCOUNT, STORED_ACCOUNT
from chalicelib.core import clock, needs
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import AccountId, RightsRequestId, UserId
from chalicelib.core.transactions import commit
from chalicelib.people.contacts import counterparts
from chalicelib.people.conversations.endings import leave_conversations
from chalicelib.privacy import erasure, register
from chalicelib.privacy.plans import Action, TableStep, erasure_plan
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.erasure.model import Envelope, IssuedCertificate
from chalicelib.rights.erasure.store import keeping_certificate
from chalicelib.rights.request import evidence, receipts, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Right, Status
from tests.support.cases import certificates
from tests.support.world.world import User

QUARANTINE = 30 * DAY
GRACE = 7 * DAY


def stored_account(account_id: str) -> Account:
    """Return the clear fields of an account, also while it is being erased."""
    (row,) = needs.read_accounts([AccountId(account_id)], (STORED_ACCOUNT,))
    account = row[STORED_ACCOUNT]
    assert account
    return account


def freeze_of(account_id: str, *, idle: bool = False) -> Frozen:
    """Return a freeze for a new erasure of an account as it is now."""
    return Frozen(
        request_id=RightsRequestId.new(),
        ends_at=clock.now() + GRACE,
        asked_at=clock.now() + timedelta(seconds=1),  # after the last sign-in
        idle=idle,
        before=stored_account(account_id).state,
    )


def freeze(account_id: str, *, idle: bool = False) -> Frozen:
    """Freeze an account for a new erasure; its sessions stay."""
    frozen = freeze_of(account_id, idle=idle)
    commit(*accounts.freezing(stored_account(account_id), frozen))
    return frozen


def freeze_and_end(account_id: str) -> None:
    """Bring the erasure of an account past its point of no return; nothing is deleted yet."""
    commit(accounts.ending(AccountId(account_id), freeze(account_id).request_id))


def claimed_values(account_id: str) -> ClaimedValues:
    """Return what an account claims, read as an erasure captures it."""
    (row,) = needs.read_accounts([AccountId(account_id)], (OPEN_ACCOUNT, PROFILE, DATA_KEY))
    account, profile = row[OPEN_ACCOUNT], row[PROFILE]
    assert account
    return profiles.claimed(account, profile)


def deletions() -> list[TableStep]:
    """Return the steps of the plan that delete tables."""
    plan = erasure_plan(register.records())
    return [step for step in plan.steps if step.action is Action.DELETE]


def delete_records(account_id: str, within: timedelta = HOUR) -> Counter[str]:
    """Delete a subject's records in all tables; return what was recorded."""
    recorded: Counter[str] = Counter()
    for step in deletions():
        erasure.delete_records(AccountId(account_id), step, clock.now() + within, recorded.update)
    return recorded


def erase_tables(account_id: str) -> Counter[str]:
    """Erase a subject from the tables."""
    accounts.release_claims(claimed_values(account_id), clock.now() + QUARANTINE)
    recorded = delete_records(account_id)
    erasure.delete_key(AccountId(account_id))
    return recorded


def erase(user: User) -> None:
    """Erase a user from the tables, with the rows about the user that others have."""
    account_id, values = AccountId(user.account_id), claimed_values(user.account_id)
    freeze_and_end(account_id)
    assert counterparts.leave_others(account_id, UserId(user.user_id), clock.now() + HOUR).complete
    assert leave_conversations(account_id, clock.now() + HOUR).complete
    accounts.release_claims(values, clock.now() + QUARANTINE)
    delete_records(account_id)
    erasure.delete_key(account_id)


@dataclass(frozen=True)
class StoredErasure:
    """A stored request for an erasure, and the headers of the holder of its receipt."""

    request_id: RightsRequestId
    receipt: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Rights-Receipt": self.receipt}


def an_erasure(user: User, **changes: Any) -> StoredErasure:
    """Store a user's request for an erasure, which no worker runs."""
    request = RightsRequest(
        request_id=RightsRequestId.new(),
        account_id=AccountId(user.account_id),
        user_id=UserId(user.user_id),
        right=Right.ERASURE,
        received_at=clock.now(),
        status=Status.IN_PROGRESS,
        **changes,
    )
    store.create(request, evidence.entry("received", {"right": request.right}))
    return StoredErasure(request.request_id, receipts.of(request.request_id))


def an_envelope() -> Envelope:
    """Return a certificate with a signature of no key."""
    return Envelope(certificates.KID, b"signature", certificates.a_certificate().document())


def certify(erasure: StoredErasure, envelope: Envelope) -> None:
    """Close a request with its certificate, in one transaction."""
    before, now = store.read(erasure.request_id), clock.now()
    assert before
    closed = {"status": Status.COMPLETED, "closed_at": now, "decided_at": now}
    issued = IssuedCertificate(
        request_id=erasure.request_id, issued_at=now, document=envelope.document().decode()
    )
    store.move(before, before.model_copy(update=closed), None, [keeping_certificate(issued)])
