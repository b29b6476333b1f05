"""The rules of chosen secrets: setting one, comparing a try with it.

Invariants, also under crashes and concurrent requests:

- A try is counted in one conditional write before its comparison. Of tries at the same time, each needs its
  own count, so parallel connections have no more of them.
- The count is reset only in the transaction of what the right secret opens. A worker that is killed before
  it has used up a try.
- A secret is compared after a right code or on a known device only, so no stranger makes an owner wait.
"""

from chalicelib.accounts.secrets import store
from chalicelib.accounts.secrets.model import ChosenSecret, SecretKind, TooManyTries, WrongSecret
from chalicelib.accounts.secrets.store import (  # noqa: F401 - offered to other concepts and rooms
    GLANCES,
    SECRETS,
    NoSuchSecret,
    SecretMoved,
    deletion,
)
from chalicelib.core import clock, needs, slow_hashes
from chalicelib.core.contract_words import LimitName
from chalicelib.core.http import DailyLimit
from chalicelib.core.ids import AccountId
from chalicelib.core.settings import settings
from chalicelib.core.transactions import Write, retry_on
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys

# Each new PIN, username or password mails its owner, and a name may show that it is taken.
CHANGES = DailyLimit(LimitName.SECRET_CHANGES, lambda: settings().limits.secret_changes_day)


def setting(
    account_id: AccountId, kind: SecretKind, chosen: str, before: ChosenSecret | None, keys: SubjectKeys
) -> Write:
    """The write that sets a secret in place of an earlier one, whose tries and waits end.

    Its conflict is SecretMoved: the earlier one is not as it was read.
    """
    pepper, hashed = slow_hashes.hashed((kind, account_id), chosen)
    secret = ChosenSecret(
        account_id=account_id,
        secret=kind,
        hash=hashed,
        pepper=pepper,
        set_at=clock.now(),
        version=before.version + 1 if before else 1,
    )
    return store.written(secret, keys)


@retry_on(SecretMoved, tries=5)
def check(account_id: AccountId, kind: SecretKind, tried: str) -> Write:
    """Compare a try with a secret of the account; returns the write that resets its tries.

    The write hashes the secret anew if the parameters or the key changed. Its conflict is SecretMoved.

    Raises:
        WrongSecret: it is another one.
        TooManyTries: the next try has to wait.
        NoSuchSecret: the account has none.
        Unavailable: other tries were counted first, each time.
    """
    (row,) = needs.read_accounts([account_id], (SECRETS[kind], DATA_KEY))
    secret, keys, now = row[SECRETS[kind]], row[DATA_KEY], clock.now()
    if secret is None:
        raise NoSuchSecret
    if wait := secret.waits_for(now):
        seconds = max(int(wait.total_seconds()), 1)
        raise TooManyTries(limit=LimitName.SECRET_TRIES, retry_after=seconds)
    counted = secret.tried(now)
    store.count(secret, counted)
    if not slow_hashes.matches(secret.pepper, secret.hash, secret.label, tried):
        raise WrongSecret(free_tries_left=counted.free_tries_left)
    return store.written(_anew(secret, tried).guessed(), keys)


def _anew(secret: ChosenSecret, tried: str) -> ChosenSecret:
    if not slow_hashes.is_outdated(secret.pepper, secret.hash):
        return secret
    pepper, hashed = slow_hashes.hashed(secret.label, tried)
    return secret.model_copy(update={"pepper": pepper, "hash": hashed})
