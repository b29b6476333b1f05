"""Gives an account another mobile number, proven by a code to it (RGT-2, ADR 43).

Invariants, also under crashes and concurrent requests:

- An account has exactly one number, and a number has at most one account. One transaction uses the code,
  releases the claim on the old number, claims the new one and changes the account. So at each moment exactly
  one number opens the account.
- The session that requests the code is stepped up, which proves the old number; the code proves the new one.
  Only this session can use the code.
- A client learns that a number has an account only after it has sent a valid code. Starting a challenge does
  not check claims. A number of another account is never taken from it: that answers `NumberTaken`.
- The old number, and the address of the profile, are notified before the change. If SNS does not accept that
  message, or another session has changed the number since, there is no change. Each message costs an attempt,
  so a code causes at most five.
- For two minutes, the same code again is answered with the profile, since the first response may have been
  lost. A failed verification costs one attempt and nothing else.
- All sessions stay. A session belongs to a device and not to a number. If the change ended the others, a
  thief with the unlocked phone could shut out the owner's other devices with it.
"""

from contextlib import suppress

from chalicelib.accounts import service as accounts
from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges.model import (
    Challenge,
    ChallengePurpose,
    ChallengeRef,
    ChallengeView,
    CodeChannel,
    CodeRequest,
)
from chalicelib.accounts.discovery import store as discovery
from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles import messages, service
from chalicelib.accounts.profiles.model import NewNumber, NumberTaken, Profile
from chalicelib.accounts.sessions import logout, store
from chalicelib.accounts.sessions.model import SecurityEventKind, Session
from chalicelib.core import clock
from chalicelib.core.errors import SessionEnded, Unavailable, does_not_apply
from chalicelib.core.http import ClientAddress
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AccountId, ChallengeId
from chalicelib.core.transactions import Write, commit
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.service import Addresses, SuppressionMoved
from chalicelib.privacy.subject_keys import SubjectKeys

_TRIES = 2  # of the transaction, while a rotation moves claims or another request changes the account


def start(
    session: Session, account: Account, asked: NewNumber, address: ClientAddress, key: IdempotencyKey | None
) -> ChallengeView:
    """Send a code to the new number; only this session may verify it.

    The code counts like one for signing up, and against the account, since the number may be a stranger's.

    Raises:
        InvalidPhone: it is no mobile number, or of a country to which no codes are sent.
        InvalidRequest: the account has this number.
        TooManyCodes, SmsUnavailable, IdempotencyMismatch, InProgress: see `challenges.start`.
    """
    number = asked.number()
    if number == account.phone:
        raise does_not_apply("phone", "The account has this number")
    request = CodeRequest(
        purpose=ChallengePurpose.NUMBER,
        channel=CodeChannel.SMS,
        destination=number,
        locale=account.locale,
        scope=session.session_id,
        holder=session.session_id,
        account=account.account_id,
        body=asked,
        address=address,
    )
    return challenges.start(request, key).view()


def finish(
    session: Session,
    account: Account,
    profile: Profile,
    keys: SubjectKeys,
    challenge_id: ChallengeId,
    code: str,
) -> tuple[Account, Profile]:
    """Verify a code, and give the account the number to which it was sent; return account and profile.

    Raises:
        NumberTaken: it belongs to another account; nothing changed.
        WrongCode, ChallengeExpired: see `challenges.check_code`.
        Unavailable: the old number could not be notified, or concurrent changes won; the same code may be
            sent again.
        NotFound: the account is erased.
        SessionEnded: operators let its owner have another number meanwhile.
    """
    ref = ChallengeRef(ChallengePurpose.NUMBER, challenge_id, holder=session.session_id)
    challenge = challenges.check_code(ref, code)
    if number := challenge.phone:  # else the code was used before
        _announce(challenge, number, account, profile)
        with suppress(challenges.UsedMeanwhile):
            _commit(challenge, number, session, account, keys)
            challenges.count_verified(challenge)
    return service.read_own(account.account_id)[:2]


def _announce(challenge: Challenge, number: str, account: Account, profile: Profile) -> None:
    """Notify the old number, unless the new one is not free; the transaction checks that again."""
    if accounts.owner_of_phone(number) not in {None, account.account_id}:
        raise NumberTaken
    if number != account.phone:  # else another session changed it to the same number meanwhile
        with challenges.costing_an_attempt(challenge):
            messages.announce_number_change(account, profile.email)


def _commit(challenge: Challenge, number: str, session: Session, account: Account, keys: SubjectKeys) -> None:
    """Use the code and change the number; once more if account or claims have just changed."""
    notified = account.phone
    for _ in range(_TRIES):
        try:
            return commit(
                challenges.use_write(challenge, opened=None),
                *_changes(account, number, keys),
                # The session that changed the number, for the owner and for an investigation.
                store.event(account.account_id, SecurityEventKind.NUMBER_CHANGED, session.session_id),
            )
        except accounts.AlreadyClaimed:
            raise NumberTaken from None
        except (accounts.AccountMoved, accounts.ClaimMoved, SuppressionMoved):
            account, _, keys = service.read_own(account.account_id)
        if session.has_ended_with(account):
            raise SessionEnded
        if account.phone not in {notified, number}:
            break
    raise Unavailable


def _changes(account: Account, number: str, keys: SubjectKeys) -> list[Write]:
    """The writes that change an account's number, with what is stored by a keyed hash of it.

    An objection to marketing stays with the account. Its suppression of the old number gets an end, as if the
    account were erased; what suppresses the new number moves to the current lookup key (ADR 47).
    """
    if number == account.phone:  # another session changed it to the same number meanwhile
        return []
    return [
        *accounts.number_change(account, number, keys),
        *accounts.former_claims(account),
        *_moves(account, number),
    ]


def _moves(account: Account, number: str, takes_from: AccountId | None = None) -> list[Write]:
    taken = Addresses(phone=number)
    return [
        *accounts.phone_moves(account.account_id, account.phone, number, takes_from),
        *suppressions.release(Addresses(phone=account.phone), clock.now()),
        # The account that loses the number had made the objection, if there is one.
        *(suppressions.release(taken, clock.now()) if takes_from else suppressions.renewal(taken)),
    ]


def returning(
    owner: tuple[Account, SubjectKeys], number: str, holder: tuple[Account, SubjectKeys] | None
) -> list[Write]:
    """The writes that give an account, in any state, a number, and end all its sessions (ADR 68).

    Their conflicts mean that an account or a claim was changed since it was read.

    Args:
        owner: the account, with its data keys. From then on it counts as used, so the number opens it on any
            device.
        number: the number, perhaps the one that it has.
        holder: another account that has the number until then, with its data keys; None: no other has it.
    """
    account, keys = owner
    taken_from = holder[0].account_id if holder else None
    writes = [
        *accounts.number_return(account, number, keys, logout.revocation_at(clock.now())),
        *(_moves(account, number, taken_from) if number != account.phone else ()),
        *(accounts.number_passing(*holder) if holder else ()),
        *([store.event(taken_from, SecurityEventKind.NUMBER_PASSED)] if taken_from else ()),
        accounts.last_uses.use_now(account.account_id),
        store.event(account.account_id, SecurityEventKind.NUMBER_RETURNED),
    ]
    return discovery.once_per_row(writes)
