"""Gives an account the number that its owner proves, after two operators decided that (ACC-1, ADR 68).

A thief changed the number, or another person has it, so no code to it reaches the owner. An operator enters
the request, a second one checks it, every channel of the account is warned, and the account's holder has time
to contest it. Then the holder of the receipt proves a number, by the codes of a further proof.

Invariants, also under crashes and concurrent requests:

- One transaction uses the code, gives the number, and notes that in the request. So a request gives one.
- All earlier sessions and chat tokens end with it, since a thief may have them. The account counts as used,
  so that the number opens it on any device.
- A number of another account passes as at sign-in: by two proofs, seven days apart. Its holder is notified
  before the first one counts, and ends it by a sign-in on a known device.
- No account names the other one, nor the request of the other's owner.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.accounts import service as accounts
from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges.model import Challenge
from chalicelib.accounts.model import NUMBER_WAIT, Account
from chalicelib.accounts.profiles import number_change
from chalicelib.accounts.profiles.service import READABLE_PROFILE
from chalicelib.accounts.service import LANGUAGE, OPEN_ACCOUNT, devices
from chalicelib.accounts.sessions import messages
from chalicelib.core import clock, needs
from chalicelib.core.errors import Unavailable
from chalicelib.core.needs import Found
from chalicelib.messages.letters import Addressee
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.engine.moves import Move, apply_move, with_next_step_due
from chalicelib.rights.rectification.right import GIVE_NUMBER
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.states import NotNow, ProofNotAccepted
from chalicelib.rights.request.terms import Status


@dataclass(frozen=True, repr=False)
class _Holder:
    """Another account that has the number, and its records."""

    account: Account
    row: Found


def give(request: RightsRequest, challenge: Challenge) -> RightsRequest:
    """Give the account of a request the number to which a right code was sent; return the request.

    Its `number_again_at` says when another account loses the number by one more proof; until then nothing
    changes but the dispute.

    Raises:
        NotNow: operators did not decide it, the wait is not over, or a code gave a number already.
        ProofNotAccepted: the code was sent to a mailbox.
        Unavailable: the holder of the number could not be notified, or concurrent changes won.
    """
    number = challenge.phone
    if number is None:
        raise ProofNotAccepted
    _check(request)
    holder = _holder_of(number, request)
    if holder and not _passes(holder, request):
        with challenges.costing_an_attempt(challenge):
            messages.announce_number_asked(_addressee(holder, number))
    given = apply_move(request.request_id, None, lambda now: _move(now, challenge, number))
    if not given.changed:
        return given.request
    challenges.count_verified(challenge)
    if holder and given.request.notes.number_given_at:
        messages.announce_number_passed(_addressee(holder, number))
    return given.request


def _check(request: RightsRequest) -> None:
    step = request.next_step
    waits = step is not None and step.name == GIVE_NUMBER and request.status is Status.IN_PROGRESS
    if not waits or request.proposal or request.notes.number_given_at:
        raise NotNow


def _move(request: RightsRequest, challenge: Challenge, number: str) -> Move | None:
    """The move by which a code gives the number, or disputes it with the account that has it."""
    if request.notes.number_given_at:  # by the same code, sent twice at once
        return None
    _check(request)
    now, holder = clock.now(), _holder_of(number, request)
    uses_code = challenges.use_write(challenge, opened=None)
    if holder and not _passes(holder, request):
        again_at = _passes_at(holder, request) or now + NUMBER_WAIT
        after = request.model_copy(update={"notes": replace(request.notes, number_again_at=again_at)})
        disputes = accounts.disputing(holder.account, devices.labels(request.request_id))
        return Move(after, "number_asked", {}, also=[uses_code, disputes])
    notes = replace(request.notes, number_given_at=now, number_again_at=None)
    after = with_next_step_due(request.model_copy(update={"notes": notes}), now)
    account, keys = (holder.account, holder.row[DATA_KEY]) if holder else (None, None)
    writes = number_change.returning(request.account_id, number, account, keys)
    return Move(after, "number_given", {}, also=[uses_code, *writes])


def _holder_of(number: str, request: RightsRequest) -> _Holder | None:
    owner = accounts.owner_of_phone(number)
    if owner in {None, request.account_id}:
        return None
    (row,) = needs.read_accounts([owner], (OPEN_ACCOUNT, DATA_KEY, LANGUAGE, READABLE_PROFILE))
    account = row[OPEN_ACCOUNT]
    if account is None:  # it is being erased, which releases the number
        raise Unavailable
    return _Holder(account, row)


def _passes(holder: _Holder, request: RightsRequest) -> bool:
    """Whether the request proved the number so long ago that one more proof takes it from its holder."""
    passes_at = _passes_at(holder, request)
    return passes_at is not None and passes_at <= clock.now()


def _passes_at(holder: _Holder, request: RightsRequest) -> datetime | None:
    dispute = holder.account.dispute
    return dispute.passes_at(devices.labels(request.request_id)) if dispute else None


def _addressee(holder: _Holder, number: str) -> Addressee:
    profile = holder.row[READABLE_PROFILE]
    return Addressee(email=profile.email if profile else None, phone=number, locale=holder.row[LANGUAGE])
