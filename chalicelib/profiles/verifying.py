"""Verifying an email address: it is on the profile once the code that was sent there came back (ACC-4).

- An address has one account. It is claimed in the same transaction that puts it on the profile, and
  released in the one that takes it off, so the two never differ, whatever races or breaks.
- Nobody learns whether an address is taken before they have shown that they read its mail: asking for a
  code does not look, and a taken address is told after the code was found right.
- A code is used up in that transaction too. Until two minutes later the same code again (an answer may
  have been lost) is answered with the profile. What fails uses up nothing but a try.
"""

from contextlib import suppress

from chalicelib.accounts.model import Account
from chalicelib.accounts.service import ACCOUNT
from chalicelib.challenges import service as challenges
from chalicelib.challenges.model import (
    ChallengePurpose,
    ChallengeRef,
    ChallengeView,
    CodeChannel,
    CodeRequest,
)
from chalicelib.core import needs
from chalicelib.core.errors import ChangedMeanwhile, Unavailable
from chalicelib.core.http import ClientAddress
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AccountId, ChallengeId
from chalicelib.core.table import Write
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys
from chalicelib.profiles import service
from chalicelib.profiles.model import NewEmail, Profile
from chalicelib.profiles.service import PROFILE


def start(
    account: Account, asked: NewEmail, address: ClientAddress, key: IdempotencyKey | None
) -> ChallengeView:
    """Send a code to an address; any session of the account may give it back.

    The asker's network and account are counted, since the address may be a stranger's.

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


def finish(profile: Profile, keys: SubjectKeys, challenge_id: ChallengeId, code: str) -> Profile:
    """The profile with the address whose code was given back.

    Raises:
        EmailTaken: it belongs to another account.
        WrongCode, ChallengeExpired: see `challenges.try_code`.
        Unavailable: the profile is changed again and again; the same code may be sent again.
        NotFound: the account is erased already.
    """
    ref = ChallengeRef(ChallengePurpose.EMAIL, challenge_id, holder=profile.account_id)
    challenge = challenges.try_code(ref, code)
    if challenge.email:  # otherwise the code was used before
        with suppress(challenges.UsedMeanwhile):
            return _keep(challenge.email, challenges.use_write(challenge, opened=None), profile, keys)
    return _now(profile.account_id)[0]


def _keep(mailbox: str, proof: Write, profile: Profile, keys: SubjectKeys) -> Profile:
    """Put it on the profile; once more if somebody edited that, or its claim was moved, a moment ago."""
    with suppress(ChangedMeanwhile):
        return service.keep_email(profile, mailbox, proof, keys)
    profile, keys = _now(profile.account_id)
    with suppress(ChangedMeanwhile):
        return service.keep_email(profile, mailbox, proof, keys)
    raise Unavailable


def _now(owner: AccountId) -> tuple[Profile, SubjectKeys]:
    (row,) = needs.read_accounts([owner], (ACCOUNT, PROFILE, DATA_KEY))
    _, profile = service.own(row[ACCOUNT], row[PROFILE])
    return profile, row[DATA_KEY]
