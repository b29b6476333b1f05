"""Gives an account the number that its owner proves, after two operators decided that (ACC-1, ADR 68).

A thief changed the number, or another person has it, so no code to it reaches the owner. An operator enters
the request, a second one checks it, every channel of the account is warned, and the account's holder has time
to contest it. Then the holder of the receipt and of the release key proves a number, by the codes of a
further proof. The operator who entered the request has the receipt, the other one the key: none has both.

Invariants, also under crashes and concurrent requests:

- One transaction uses the code, gives the number, and notes that in the request. So a request gives one.
- All earlier sessions and chat tokens end with it, since a thief may have them. The account counts as used,
  so that the number opens it on any device.
- A number of another account passes as at sign-in: by two proofs, seven days apart. Its holder is notified
  before the first one counts, and ends it by a sign-in on a known device. A state of which the holder was not
  notified does not begin: the code stays unused.
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
from chalicelib.accounts.service import ACCOUNT, LANGUAGE, OPEN_ACCOUNT, devices
from chalicelib.accounts.sessions import logout, messages
from chalicelib.core import clock, needs
from chalicelib.core.errors import Unavailable, does_not_apply, existing
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found
from chalicelib.messages.letters import Addressee
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.engine.moves import Move, apply_move, with_next_step_due
from chalicelib.rights.rectification.right import GIVE_NUMBER
from chalicelib.rights.request import receipts
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import Release
from chalicelib.rights.request.states import NotNow, ProofNotAccepted
from chalicelib.rights.request.terms import Status


@dataclass(frozen=True, repr=False)
class _Holder:
    """Another account that has the number, and its records.

    `passes_at`: from when on another proof takes the number. `is_asked`: whether there was a first one.
    """

    account: Account
    row: Found
    is_asked: bool
    passes_at: datetime

    def addressee(self, number: str | None) -> Addressee:
        """Where its owner is reached."""
        profile = self.row[READABLE_PROFILE]
        return Addressee(email=profile.email if profile else None, phone=number, locale=self.row[LANGUAGE])


def give(request: RightsRequest, challenge: Challenge, release_key: str) -> RightsRequest:
    """Give the account of a request the number to which a right code was sent; return the request.

    Its `number_again_at` says when another account loses the number by one more proof; until then nothing
    changes but the dispute. Of that its holder is notified by mail each time, by text once.

    Raises:
        NotNow: see `check`.
        ProofNotAccepted: the code was sent to a mailbox.
        InvalidRequest: it is not the release key of the decision.
        Unavailable: the holder of the number could not be notified, or concurrent changes won.
    """
    begun, release = clock.now(), check(request)
    number = existing(challenge.phone, ProofNotAccepted)
    if not receipts.is_release_key(request.request_id, release.at, release_key):
        raise does_not_apply("release_key", "Not the key of this request, or a session contested it since")
    holder, notified = _holder_of(number, request), None
    if holder and holder.passes_at > begun:
        with challenges.costing_an_attempt(challenge):
            owner = holder.addressee(None if holder.is_asked else number)
            messages.announce_number_asked(owner, holder.passes_at)
        notified = holder.account.account_id
    given = apply_move(request.request_id, None, lambda now: _move(now, challenge, release, notified))
    if not given.changed:
        return given.request
    challenges.count_verified(challenge)
    if given.request.notes.number_given_at:
        logout.revoke_since(request.account_id, begun)
        if holder:
            messages.announce_number_passed(holder.addressee(None))
    return given.request


def check(request: RightsRequest) -> Release:
    """Check that a code may give the number now; return the decision that lets it.

    Raises:
        NotNow: operators did not decide it, the wait is not over, or a code gave a number already, perhaps
            before the request was restored from a backup.
    """
    step, release = request.next_step, request.notes.release
    waits = step is not None and step.name == GIVE_NUMBER and request.status is Status.IN_PROGRESS
    if not waits or release is None or request.proposal or request.notes.number_given_at:
        raise NotNow
    (row,) = needs.read_accounts([request.account_id], (ACCOUNT,))
    account = row[ACCOUNT]
    if account and account.sessions_since and account.sessions_since >= release.at:
        raise NotNow
    return release


def _move(
    request: RightsRequest, challenge: Challenge, release: Release, notified: AccountId | None
) -> Move | None:
    """The move by which a code gives the number, or disputes it with the account that was notified."""
    current, now = challenges.get(challenge.ref), clock.now()
    if current is None or current.used_at:  # the same code was sent twice at once
        return None
    if check(request) != release:
        raise NotNow
    number, uses_code = str(challenge.phone), challenges.use_write(challenge, opened=None)
    holder = _holder_of(number, request)
    if holder and holder.passes_at > now:
        if holder.account.account_id != notified:
            raise Unavailable
        after = request.model_copy(update={"notes": replace(request.notes, number_again_at=holder.passes_at)})
        disputes = accounts.disputing(holder.account, devices.labels(request.request_id))
        return Move(after, "number_asked", {}, also=[uses_code, disputes])
    notes = replace(request.notes, number_given_at=now, number_again_at=None)
    after = with_next_step_due(request.model_copy(update={"notes": notes}), now)
    taken_from = (holder.account, holder.row[DATA_KEY]) if holder else None
    (row,) = needs.read_accounts([request.account_id], (OPEN_ACCOUNT, DATA_KEY))
    owner = existing(row[OPEN_ACCOUNT]), row[DATA_KEY]
    writes = number_change.returning(owner, number, taken_from)
    return Move(after, "number_given", {}, also=[uses_code, *writes])


def _holder_of(number: str, request: RightsRequest) -> _Holder | None:
    owner = accounts.owner_of_phone(number)
    if owner in {None, request.account_id}:
        return None
    (row,) = needs.read_accounts([owner], (OPEN_ACCOUNT, DATA_KEY, LANGUAGE, READABLE_PROFILE))
    account = existing(row[OPEN_ACCOUNT], Unavailable)  # without one, its erasure releases the number
    asked = account.dispute.passes_at(devices.labels(request.request_id)) if account.dispute else None
    return _Holder(account, row, asked is not None, asked or clock.now() + NUMBER_WAIT)
