"""The steps of an erasure before its point of no return, and those that undo them.

The account is frozen by a write in the transaction that records it, under the version of the request that a
cancellation or refusal would change. So a closed erasure never freezes an account, and its closing thaws the
account that was frozen. A user who signs in meanwhile gets a session for privacy rights only.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account, AccountState, Frozen
from chalicelib.accounts.service import STORED_ACCOUNT
from chalicelib.accounts.sessions import logout
from chalicelib.core import clock, needs
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.settings import settings
from chalicelib.rights.engine.step import Done, ErasureJob, Job, Outcome, Step, Stop, Wait
from chalicelib.rights.erasure import right
from chalicelib.rights.request import store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import ErasureNotes, RestraintNotes
from chalicelib.rights.request.terms import Right
from chalicelib.rights.request.waits import WaitReason
from chalicelib.stream.users import access
from chalicelib.stream.users.access import ResumedAccess

# Kept before the deadline for the steps after the grace period.
_MARGIN = 3 * DAY
# Longer than any sender takes from its read of the account to its last call (55 seconds).
_SYNC_LASTS = timedelta(seconds=60)
_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(seconds=5), 6 * HOUR


def _settle(job: ErasureJob) -> Outcome:
    """Wait until no other request of the subject is open, or until the grace period must begin."""
    request, now = job.request, clock.now()
    grace = settings().erasure.grace_hours * HOUR
    latest = request.clock.due_at(now) - grace - _MARGIN
    if store.open_requests_of(request.account_id).keys() <= {Right.ERASURE} or now >= latest:
        return Done()
    return Wait(min(until_reread(request.received_at), latest - now), WaitReason.OTHER_REQUESTS)


def until_reread(since: datetime) -> timedelta:
    """The wait until the subject's other requests are read again: the time since `since`, within bounds."""
    return min(max(clock.now() - since, _SHORTEST_WAIT), _LONGEST_WAIT)


def _freeze(job: ErasureJob) -> Outcome:
    """Freeze the account, then end its sessions; a later session can only exercise rights."""
    request = job.request
    if job.notes.frozen_at is None:
        account = account_of(request)
        if account is None:
            return Stop("account_missing")
        now = clock.now()
        at_least = settings().erasure.waived_grace_hours * HOUR
        ends_at = max(job.notes.grace_ends_at or now, now + at_least)  # later, if nothing could be sent
        frozen = Frozen(
            request_id=request.request_id,
            ends_at=ends_at,
            asked_at=request.received_at,
            idle=job.notes.idle,
            before=_state_before(account, request),
        )
        notes = replace(job.notes, frozen_at=now, grace_ends_at=ends_at)
        job.record("frozen", notes, *accounts.freezing(account, frozen))
    logout.end_all(request.account_id)
    return Done()


def _state_before(account: Account, request: RightsRequest) -> AccountState:
    """The state that a cancellation restores. After a restore the account may be frozen already (ADR 32)."""
    frozen = account.frozen
    return frozen.before if frozen and frozen.request_id == request.request_id else account.state


def account_of(request: RightsRequest) -> Account | None:
    """The clear fields of the subject's account in any state; None if no account is stored."""
    (row,) = needs.read_accounts([request.account_id], (STORED_ACCOUNT,))
    return row[STORED_ACCOUNT]


def _suspend(job: ErasureJob) -> Outcome:
    """Suspend the user at Stream, so that tokens issued before do not connect either."""
    access.suspend(job.request.user_id, job.notes.frozen_at or clock.now())
    return Done()


def _thaw(job: ErasureJob) -> Outcome:
    """Restore the state of the account before the freeze, if this request froze it."""
    account = account_of(job.request)
    if account is None or account.frozen is None or account.frozen.request_id != job.request.request_id:
        return Done()
    if account.state is not AccountState.FROZEN:
        return Stop("past_the_point_of_no_return")
    return Done(also=tuple(accounts.thawing(account, account.frozen)))


def _resume(job: ErasureJob) -> Outcome:
    """Let the user connect to Stream again; that of a restricted or suspended account does not."""
    account = account_of(job.request)
    may_be_suspended = job.notes.frozen_at or job.notes.restored_from
    if not may_be_suspended or account is None or not account.is_active:
        return Done()
    return resume_user(job)


def resume_user(job: Job[ErasureNotes] | Job[RestraintNotes]) -> Outcome:
    """Resume a user at Stream in two runs of a step.

    A run of stream/users/sync that read the account before may suspend the user after the first one. If the
    user was deleted at Stream, the step stops for an operator; a retry ends it. Stream changes no blocks of a
    suspended user, so the account is marked, and its blocks are sent again (ADR 69).
    """
    deleted = access.resume(job.request.user_id) is ResumedAccess.DELETED
    if job.notes.resumed_at:
        accounts.renew_mark(job.request.account_id)
        return Done(counts={"deleted_at_stream": int(deleted)})
    tried = replace(job.notes, resumed_at=clock.now())
    waits = Wait(_SYNC_LASTS, WaitReason.STREAM_CALLS, tried)
    return Stop("deleted_at_stream", tried) if deleted else waits


SETTLE = Step(right.SETTLE, _settle)
FREEZE = Step(right.FREEZE, _freeze)
SUSPEND_AT_STREAM = Step(right.SUSPEND_AT_STREAM, _suspend)
THAW = Step(right.THAW, _thaw)
RESUME_AT_STREAM = Step(right.RESUME_AT_STREAM, _resume)
