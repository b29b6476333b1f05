"""Verifies an email address by a mailed code and puts it on the profile (ACC-4).

- An address belongs to one account. The transaction that puts it on the profile also claims it, and the one
  that removes it releases the claim, so profile and claim always agree.
- A client learns that an address is taken only after it has sent a valid code. Starting a challenge does not
  check claims, and `EmailTaken` is raised only for a correct code.
- The same transaction uses the code. For two minutes, the same code again is answered with the profile, since
  the first response may have been lost. A failed verification costs one attempt and nothing else.
"""

from contextlib import suppress

from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges.model import (
    ChallengePurpose,
    ChallengeRef,
    ChallengeView,
    CodeChannel,
    CodeRequest,
)
from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles import service
from chalicelib.accounts.profiles.model import NewEmail, Profile
from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.accounts.service import ACCOUNT
from chalicelib.core import needs
from chalicelib.core.errors import ChangedMeanwhile, Unavailable
from chalicelib.core.http import ClientAddress
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AccountId, ChallengeId
from chalicelib.core.transactions import Write
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys


def start(
    account: Account, asked: NewEmail, address: ClientAddress, key: IdempotencyKey | None
) -> ChallengeView:
    """Send a code to an address; any session of the account may verify it.

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
    account: Account, profile: Profile, keys: SubjectKeys, challenge_id: ChallengeId, code: str
) -> Profile:
    """Verify a code, and put its address on the profile; return the profile.

    Raises:
        EmailTaken: it belongs to another account.
        WrongCode, ChallengeExpired: see `challenges.check_code`.
        Unavailable: concurrent changes of the profile won twice; the same code may be sent again.
        NotFound: the account is erased.
    """
    ref = ChallengeRef(ChallengePurpose.EMAIL, challenge_id, holder=profile.account_id)
    challenge = challenges.check_code(ref, code)
    if challenge.email:  # else the code was used before
        with suppress(challenges.UsedMeanwhile):
            proof = challenges.use_write(challenge, opened=None)
            return _keep(challenge.email, proof, account, profile, keys)
    return _read(profile.account_id)[0]


def _keep(mailbox: str, proof: Write, account: Account, profile: Profile, keys: SubjectKeys) -> Profile:
    """Put a mailbox on the profile; try again once if the profile or its claim has just changed."""
    with suppress(ChangedMeanwhile):
        return service.keep_email(account, profile, mailbox, proof, keys)
    profile, keys = _read(profile.account_id)
    with suppress(ChangedMeanwhile):
        return service.keep_email(account, profile, mailbox, proof, keys)
    raise Unavailable


def _read(owner: AccountId) -> tuple[Profile, SubjectKeys]:
    (row,) = needs.read_accounts([owner], (ACCOUNT, PROFILE, DATA_KEY))
    _, profile = service.own(row[ACCOUNT], row[PROFILE])
    return profile, row[DATA_KEY]
