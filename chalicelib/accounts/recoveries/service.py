"""The rules of a recovery: an owner without phone and number gets another number (ACC-3, ADR 104).

Two proofs that no thief of the phone has together: a code to the mailbox, and the PIN or the password, each
seven days or older. A known device is none of them. Invariants, also under crashes and concurrent requests:

- Nothing that a client sends before the right code of the mailbox reads or changes an account. So response,
  cost and limits are the same for each mailbox, and no stranger uses up a try of a PIN or password.
- The code to the new number changes nothing unless both proofs still stand then. One transaction uses it,
  moves the claims and ends all sessions, so each earlier device is unknown from then on.
- A number of another account stays there, and a restricted account keeps the number that it has.
- Old number and mailbox are notified before. Without that text message there is no change.
- After it nothing irreversible is done for 72 hours, as after each change of a number (ADR 43).
"""

from contextlib import suppress

from chalicelib.accounts import service as accounts
from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges.model import (
    Challenge,
    ChallengeExpired,
    ChallengePurpose,
    ChallengeRef,
    ChallengeView,
    CodeChannel,
    CodeRequest,
)
from chalicelib.accounts.model import Account, AccountState
from chalicelib.accounts.profiles import messages, number_change
from chalicelib.accounts.profiles.model import NumberTaken, Profile
from chalicelib.accounts.profiles.service import READABLE_PROFILE
from chalicelib.accounts.recoveries.model import NewRecovery, RecoveryProof
from chalicelib.accounts.secrets import service as secrets
from chalicelib.accounts.secrets.model import SecretKind, TooManyTries, WrongSecret
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.accounts.sessions import logout
from chalicelib.core import clock, needs
from chalicelib.core.errors import NotFound, Unavailable, existing
from chalicelib.core.http import ClientAddress
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AccountId, ChallengeId
from chalicelib.core.transactions import commit
from chalicelib.messages.suppressions.service import SuppressionMoved
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys

_MOVED = (accounts.AccountMoved, accounts.ClaimMoved, SuppressionMoved)


def start(asked: NewRecovery, address: ClientAddress, key: IdempotencyKey | None) -> ChallengeView:
    """Send a code to a mailbox, whether or not an account has it.

    Raises:
        InvalidEmail, TooManyCodes, EmailUnavailable, IdempotencyMismatch, InProgress: see `challenges.start`.
    """
    recovery = ChallengePurpose.RECOVERY
    request = challenges.to_mailbox(recovery, asked.mailbox(), asked.locale, asked, address)
    return challenges.start(request, key).view()


def prove(
    challenge_id: ChallengeId, proof: RecoveryProof, address: ClientAddress, key: IdempotencyKey | None
) -> ChallengeView:
    """Verify the code of the mailbox and the secret, and send a code to the new number.

    A wrong secret costs no attempt of the code. The code stays valid, for another number or after a text
    that was not sent; its five attempts bound that.

    Raises:
        NotFound: no account has the mailbox and a secret of this kind, or one is not seven days old.
        WrongSecret, TooManyTries: see `secrets.check`.
        WrongCode, ChallengeExpired, TooManyAttempts: see `challenges.check_code`.
        InvalidPhone, TooManyCodes, SmsUnavailable, IdempotencyMismatch, InProgress: see `challenges.start`.
        Unavailable: the secret was changed meanwhile.
    """
    number, (kind, tried) = proof.number(), proof.secret()
    challenge = challenges.check_code(_ref(challenge_id), proof.code, address=address)
    mailbox = existing(challenge.email, ChallengeExpired)
    owner = existing(accounts.owner_of_email(mailbox))
    account, *_ = existing(_proven(owner, kind))
    try:
        commit(secrets.check(owner, kind, tried))
    except (WrongSecret, TooManyTries):
        challenges.uncount_attempt(challenge)
        raise
    except (secrets.SecretMoved, secrets.NoSuchSecret):
        raise Unavailable from None
    request = CodeRequest(
        purpose=ChallengePurpose.RECOVERY,
        channel=CodeChannel.SMS,
        destination=number,
        locale=account.locale,
        scope=challenge_id,
        account=owner,
        proven_by=kind,
        body=proof.without_secrets(),
        address=address,
    )
    return challenges.start(request, key).view()


def finish(challenge_id: ChallengeId, code: str, address: ClientAddress) -> None:
    """Verify the code of the new number, and give it to the account; repeating it changes nothing.

    Raises:
        NumberTaken: another account has the number; nothing changed.
        WrongCode, ChallengeExpired, TooManyAttempts: see `challenges.check_code`; or a proof does not stand
            any more, or the number was changed since.
        Unavailable: the old number could not be notified, or concurrent changes won; the same code may be
            sent again.
    """
    challenge = challenges.check_code(_ref(challenge_id), code, address=address)
    if challenge.used_at:
        return
    number, begun = existing(challenge.phone, ChallengeExpired), clock.now()
    owner = existing(challenge.recovers, ChallengeExpired)
    kind = existing(challenge.proven_by, ChallengeExpired)
    account, keys, profile = existing(_proven(owner, kind), ChallengeExpired)
    if _has_changed_since(account, challenge):
        used = challenges.get(challenge.ref)
        if used and used.used_at:  # by the faster one of two equal requests
            return
        raise ChallengeExpired
    if accounts.owner_of_phone(number) not in {None, owner}:
        raise NumberTaken
    with challenges.costing_an_attempt(challenge):
        messages.announce_number_change(account, profile.email)
    try:
        with suppress(challenges.UsedMeanwhile):
            commit(
                challenges.use_write(challenge, None),
                *number_change.returning((account, keys), number, None),
                *(accounts.former_claims(account) if account.phone != number else ()),
            )
            challenges.count_verified(challenge)
            logout.revoke_since(owner, begun)
    except accounts.AlreadyClaimed:
        raise NumberTaken from None
    except (*_MOVED, NotFound):
        raise Unavailable from None


def _proven(owner: AccountId, kind: SecretKind) -> tuple[Account, SubjectKeys, Profile] | None:
    """The account with its data keys and its profile, if its mailbox and its secret are proofs.

    None too if the account was idle before it was frozen, since its mailbox may have a new owner; and if its
    use is restricted, since that may protect it from a thief with the proofs. Operators give it a number.
    """
    (row,) = needs.read_accounts([owner], (OPEN_ACCOUNT, DATA_KEY, READABLE_PROFILE, secrets.GLANCES[kind]))
    account, profile, secret = row[OPEN_ACCOUNT], row[READABLE_PROFILE], row[secrets.GLANCES[kind]]
    if account is None or account.may_be_of_another or account.state is AccountState.RESTRICTED:
        return None
    is_settled = secret is not None and secret.is_settled(clock.now())
    return (account, row[DATA_KEY], profile) if is_settled and profile and profile.proving_email else None


def _has_changed_since(account: Account, challenge: Challenge) -> bool:
    changes = filter(None, (account.number_changed_at, account.sessions_since))
    return any(at >= challenge.created_at for at in changes)


def _ref(challenge_id: ChallengeId) -> ChallengeRef:
    return ChallengeRef(ChallengePurpose.RECOVERY, challenge_id)
