"""Login by username and password (ACC-3, ADR 106).

A password alone opens nothing. On a device that the account knows it opens a session; on any other, it has a
code sent to the number of the account, which opens what such a code opens. Invariants, also under crashes and
concurrent requests:

- On an unknown device, the response is the same for a right password, a wrong one and an unknown name, and so
  are the reads and the one slow hash. No guess of a code is right that was not sent.
- A stranger makes no owner wait: only tries on a known device are counted in the password. Strangers are
  limited per name, known or not, and per address block before a password is hashed.
- A known device is one that had a session, which no other device ended since: a phone that was stolen and
  signed out is none. Device and password might be one theft, so the session keeps the origin of the device's.
- The tries are reset in the transaction that opens the session.
"""

from chalicelib.accounts import service as accounts
from chalicelib.accounts import usernames
from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges.model import ChallengePurpose, ChallengeView, CodeChannel, CodeRequest
from chalicelib.accounts.challenges.numbers import is_route_off
from chalicelib.accounts.model import Account, ClaimKind, KnownDevice
from chalicelib.accounts.passwords import service as passwords
from chalicelib.accounts.passwords.service import HASH
from chalicelib.accounts.profiles.model import Profile
from chalicelib.accounts.profiles.service import READABLE_PROFILE
from chalicelib.accounts.secrets import service as secrets
from chalicelib.accounts.secrets.model import ChosenSecret, SecretKind, WrongSecret
from chalicelib.accounts.service import OPEN_ACCOUNT, devices, last_uses
from chalicelib.accounts.sessions import service as sessions
from chalicelib.core import metrics, needs, slow_hashes
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.contract_words import LimitName
from chalicelib.core.http import ClientAddress
from chalicelib.core.ids import AccountId
from chalicelib.core.limiter import Limiter, WhenUnreachable, Window
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.core.transactions import commit, retry_on
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys
from chalicelib.signup.model import LoggedIn, Login, TooManyLogins, WrongCredentials
from chalicelib.signup.service import is_code_enough

PER_ADDRESS = Limiter(
    LimitName.LOGINS_PER_ADDRESS,
    (
        Window(
            lambda: settings().limits.logins_per_address_minutes * MINUTE,
            lambda: settings().limits.logins_per_address,
        ),
    ),
    TooManyLogins,
    WhenUnreachable.REFUSE,
)
# On devices that the account does not know; a name without an account has the same limit.
PER_NAME = Limiter(
    LimitName.LOGINS_PER_NAME,
    (Window(lambda: DAY, lambda: settings().limits.logins_per_name_day),),
    TooManyLogins,
    WhenUnreachable.REFUSE,
)


def log_in(tried: Login, address: ClientAddress) -> LoggedIn | ChallengeView:
    """Open a session on a known device; on another, send a code if the password is right.

    Raises:
        WrongCredentials: on a known device, the password is wrong.
        TooManyTries: on a known device, the next try has to wait.
        TooManyLogins: from this address, or with this name on unknown devices.
        Unavailable: a table does not answer, or other requests were first each time.
    """
    PER_ADDRESS.hit(address.block)
    name = usernames.normal_form(tried.username)
    # Without an owner, the same read is made under a random id.
    owner = accounts.glance_at_owner(ClaimKind.USERNAME, name) or AccountId.new()
    return _try(owner, name, tried, address)


@retry_on(secrets.SecretMoved, secrets.NoSuchSecret, accounts.AccountMoved, accounts.RevokedLater, tries=2)
def _try(owner: AccountId, name: str, tried: Login, address: ClientAddress) -> LoggedIn | ChallengeView:
    device_known = devices.known(tried.device)
    (row,) = needs.read_accounts([owner], (OPEN_ACCOUNT, DATA_KEY, HASH, READABLE_PROFILE, device_known))
    account, known = row[OPEN_ACCOUNT], row[device_known]
    secret = row[HASH] if account else None  # the key of an account that is being erased may be gone
    is_known = account is not None and account.is_mailed_codes_of(known) and is_code_enough(account, known)
    if account and secret and known and is_known:
        return _open(account, row[DATA_KEY], known, tried)
    PER_NAME.hit(name)
    is_right = _is_password(secret, tried.password)
    asked = _code_request(tried, address, account if is_right else None, row[READABLE_PROFILE])
    return challenges.start(asked, None).view().model_copy(update={"channel": CodeChannel.SMS})


def _is_password(secret: ChosenSecret | None, tried: str) -> bool:
    """Compare without counting; an unknown name costs one slow hash too."""
    if secret is None:
        slow_hashes.hashed((SecretKind.PASSWORD,), tried)
        return False
    return passwords.is_password(secret, tried)


def _code_request(
    tried: Login, address: ClientAddress, account: Account | None, profile: Profile | None
) -> CodeRequest:
    """The request of a code to an account; without one, nothing is sent. No text goes where none arrives."""
    phone = account.phone if account else None
    mailbox = profile.proving_email if profile and account and not phone else None
    is_texted = phone is not None and not is_route_off(phone)
    return CodeRequest(
        purpose=ChallengePurpose.SIGNUP,
        channel=CodeChannel.EMAIL if mailbox else CodeChannel.SMS,
        destination=(phone if is_texted else mailbox) or "",
        locale=account.locale if account else None,
        scope=str(tried.device.device_id),
        device=tried.device,
        address=address,
        hides_refusals=True,
    )


def _open(account: Account, keys: SubjectKeys, known: KnownDevice, tried: Login) -> LoggedIn:
    """Open a session of the account on a device that it knows. It proves no number, so a dispute goes on."""
    owner = account.account_id
    try:
        reset = secrets.check(owner, SecretKind.PASSWORD, tried.password)
    except WrongSecret as wrong:
        raise WrongCredentials(free_tries_left=wrong.members["free_tries_left"]) from None
    session, opens = sessions.new_session(account, tried.device, keys, origin_id=known.session_id)
    commit(
        reset,
        *opens,
        devices.recognition(owner, tried.device, session.origin),
        last_uses.use_now(owner),
        accounts.unrevoked(account),
    )
    metrics.count(Metric.SESSION_OPENED)
    return LoggedIn(user_id=account.user_id, session=sessions.session_view(session, account))
