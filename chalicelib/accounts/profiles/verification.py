"""Verifies an email address by a mailed code and puts it on the profile (ACC-4).

- An address belongs to one account. The transaction that puts it on the profile also claims it, and the one
  that removes it releases the claim, so profile and claim always agree.
- A client learns that an address is taken only after it has sent a valid code. Starting a challenge does not
  check claims, and `EmailTaken` is raised only for a correct code.
- Only a stepped-up session starts or verifies: an address is a proof of the account's owner, which a stolen
  session must not get (ADR 10, ADR 49). The number, and a replaced address, are notified before the change.
  If SNS does not accept that message, there is no change. Each costs an attempt: a code causes at most five.
- The same transaction uses the code. For two minutes, the same code again is answered with the profile, since
  the first response may have been lost. A failed verification costs one attempt and nothing else.
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
from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles import messages, service
from chalicelib.accounts.profiles.model import EmailTaken, NewEmail, Profile
from chalicelib.accounts.sessions.model import Session
from chalicelib.core.errors import ChangedMeanwhile, SessionEnded, Unavailable
from chalicelib.core.http import ClientAddress
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId
from chalicelib.privacy.subject_keys import SubjectKeys

_TRIES = 2  # of the transaction, while another request changes the profile, or a rotation its claim


def start(
    account: Account, asked: NewEmail, address: ClientAddress, key: IdempotencyKey | None
) -> ChallengeView:
    """Send a code to an address; any stepped-up session of the account may verify it.

    The code counts against the caller's network and account, since the address may belong to a stranger.

    Raises:
        InvalidEmail: no mail can be sent there.
        TooManyCodes, EmailUnavailable, IdempotencyMismatch, InProgress: see `challenges.start`.
    """
    request = CodeRequest(
        purpose=ChallengePurpose.EMAIL,
        channel=CodeChannel.EMAIL,
        destination=asked.mailbox(),
        locale=account.locale,
        scope=account.account_id,
        holder=account.account_id,
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
) -> Profile:
    """Verify a code, and put its address on the profile; return the profile.

    Raises:
        EmailTaken: it belongs to another account.
        WrongCode, ChallengeExpired: see `challenges.check_code`.
        Unavailable: the number could not be notified, or concurrent changes won; the same code may be sent
            again.
        NotFound: the account is erased.
        SessionEnded: operators let its owner have another number meanwhile.
    """
    ref = ChallengeRef(ChallengePurpose.EMAIL, challenge_id, holder=profile.account_id)
    challenge = challenges.check_code(ref, code)
    if challenge.email:  # else the code was used before
        with suppress(challenges.UsedMeanwhile):
            _announce(challenge, challenge.email, account, profile)
            return _keep(challenge, challenge.email, session, account, profile, keys)
    return service.read_own(profile.account_id)[1]


def _announce(challenge: Challenge, mailbox: str, account: Account, profile: Profile) -> None:
    """Notify the number, and the address that the account loses; not for an address of another account."""
    if mailbox == profile.email:
        return
    if accounts.owner_of_email(mailbox) not in {None, account.account_id}:
        raise EmailTaken
    with challenges.costing_an_attempt(challenge):
        messages.announce_mailbox_change(account, profile.email)


def _keep(
    challenge: Challenge,
    mailbox: str,
    session: Session,
    account: Account,
    profile: Profile,
    keys: SubjectKeys,
) -> Profile:
    """Put a mailbox on the profile; once more if profile or claim have just changed, not the notified one."""
    notified, proof = profile.email, challenges.use_write(challenge, opened=None)
    for _ in range(_TRIES):
        with suppress(ChangedMeanwhile):
            return service.keep_email(account, profile, mailbox, session.origin, proof, keys)
        account, profile, keys = service.read_own(profile.account_id)
        if session.has_ended_with(account):
            raise SessionEnded
        if profile.email not in {notified, mailbox}:
            break
    raise Unavailable
