"""The rules of username and password (ACC-3, ADR 106).

Invariants, also under crashes and concurrent requests:

- An account has both or neither. One transaction writes the name, its claim, the hash and the event.
- Two accounts never have names that read alike: the claim is on the normal form.
- The mailbox is notified before the change. A worker that is killed in between has announced it without
  changing anything; no change is without an announcement.
- Setting a password ends its tries and waits. It ends no session: a session belongs to a device. The same
  name and password again change nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.accounts import service as accounts
from chalicelib.accounts import usernames
from chalicelib.accounts.model import Account, ClaimKind
from chalicelib.accounts.passwords import messages
from chalicelib.accounts.passwords.model import NewPassword, UsernameTaken, check_password
from chalicelib.accounts.profiles import service as profiles
from chalicelib.accounts.profiles.model import Profile
from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.accounts.secrets import service as secrets
from chalicelib.accounts.secrets.model import ChosenSecret, SecretKind
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.accounts.sessions import store as sessions
from chalicelib.accounts.sessions.model import SecurityEventKind, Session
from chalicelib.core import needs, slow_hashes
from chalicelib.core.contract_words import ErrorCode
from chalicelib.core.errors import InvalidRequest, NotFound, SessionEnded, Unavailable, fault
from chalicelib.core.transactions import commit, retry_on
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys

HASH = secrets.SECRETS[SecretKind.PASSWORD]  # needs DATA_KEY too
_MOVED = (profiles.VersionMoved, accounts.ClaimMoved, secrets.SecretMoved, secrets.NoSuchSecret)


@retry_on(*_MOVED, tries=2)
def set_password(session: Session, new: NewPassword) -> None:
    """Set username and password; the name stays as it is if none is given.

    Raises:
        InvalidRequest: there is no name yet, or one of both is refused by its rules.
        UsernameTaken: another account has a name that reads alike.
        SessionEnded: the session was ended meanwhile.
        Unavailable: other requests changed the same, or the account is not active any more.
    """
    account, profile, before, keys = _read(session)
    name = usernames.checked(new.username) if new.username is not None else profile.username
    if name is None:
        raise InvalidRequest(errors=[fault("/username", ErrorCode.MISSING, "The account has none yet")])
    check_password(new.password, name)
    if name == profile.username and before and not before.tries and is_password(before, new.password):
        return  # the response to the same request was lost
    owner = accounts.owner_by_claim(ClaimKind.USERNAME, usernames.normal_form(name))
    if owner not in {None, account.account_id}:
        raise UsernameTaken
    setting = secrets.setting(account.account_id, SecretKind.PASSWORD, new.password, before, keys)
    messages.announce_password(profile.email, account.locale)
    with _reporting_conflicts():
        commit(
            setting,
            profiles.username_change(profile, name, keys),
            *accounts.username_moves(account.account_id, profile.username, name),
            accounts.active_as_read(account),
            sessions.live(session),
            sessions.event(account.account_id, SecurityEventKind.PASSWORD_SET, session.session_id),
        )


@retry_on(*_MOVED, tries=2)
def remove_password(session: Session) -> None:
    """Remove username and password.

    Raises:
        NotFound: the account has neither.
        SessionEnded, Unavailable: as for `set_password`.
    """
    account, profile, before, keys = _read(session)
    if profile.username is None and before is None:
        raise NotFound
    messages.announce_removal(profile.email, account.locale)
    with _reporting_conflicts():
        commit(
            profiles.username_change(profile, None, keys),
            *([secrets.deletion(account.account_id, SecretKind.PASSWORD)] if before else ()),
            *accounts.username_moves(account.account_id, profile.username, None),
            accounts.active_as_read(account),
            sessions.live(session),
            sessions.event(account.account_id, SecurityEventKind.PASSWORD_REMOVED, session.session_id),
        )


def is_password(secret: ChosenSecret, tried: str) -> bool:
    """Return whether a password is that of an account, without counting a try."""
    return slow_hashes.matches(secret.pepper, secret.hash, secret.label, tried)


def _read(session: Session) -> tuple[Account, Profile, ChosenSecret | None, SubjectKeys]:
    (row,) = needs.read_accounts([session.account_id], (OPEN_ACCOUNT, PROFILE, DATA_KEY, HASH))
    account, profile = profiles.own(row[OPEN_ACCOUNT], row[PROFILE])
    if session.has_ended_with(account):
        raise SessionEnded
    return account, profile, row[HASH], row[DATA_KEY]


@contextmanager
def _reporting_conflicts() -> Iterator[None]:
    try:
        yield
    except accounts.AlreadyClaimed:
        raise UsernameTaken from None
    except sessions.NoSuchSession:
        raise SessionEnded from None
    except accounts.AccountMoved:
        raise Unavailable from None
