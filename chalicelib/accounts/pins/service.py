"""The rules of setting and removing the PIN of an account (ACC-3, ADR 104).

Its owner is notified by mail before the change: a process that is killed in between leaves a mail without a
change, and no change without a mail. A PIN that is set anew has no tries and no wait, so a step-up on a
signed-in device is the way back for an owner who forgot it.
"""

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles import messages
from chalicelib.accounts.profiles.model import Profile
from chalicelib.accounts.secrets import service as secrets
from chalicelib.accounts.secrets.model import ChosenSecret, SecretKind
from chalicelib.accounts.sessions import store
from chalicelib.accounts.sessions.model import SecurityEventKind, Session
from chalicelib.core.errors import SessionEnded, Unavailable, existing
from chalicelib.core.transactions import Write, commit
from chalicelib.privacy.subject_keys import SubjectKeys


def put(
    session: Session,
    account: Account,
    profile: Profile | None,
    before: ChosenSecret | None,
    pin: str,
    keys: SubjectKeys,
) -> None:
    """Set the PIN of an account in place of an earlier one.

    Raises:
        SessionEnded: the session was ended meanwhile.
        Unavailable: another request changed the PIN or the account meanwhile.
    """
    sets = secrets.setting(account.account_id, SecretKind.PIN, pin, before, keys)
    _change(session, account, profile, sets, SecurityEventKind.PIN_SET)


def remove(session: Session, account: Account, profile: Profile | None, before: ChosenSecret | None) -> None:
    """Remove the PIN of an account.

    Raises:
        NotFound: it has none.
        SessionEnded: the session was ended meanwhile.
        Unavailable: another request changed the PIN or the account meanwhile.
    """
    removes = secrets.deletion(existing(before).account_id, SecretKind.PIN)
    _change(session, account, profile, removes, SecurityEventKind.PIN_REMOVED)


def _change(
    session: Session, account: Account, profile: Profile | None, change: Write, kind: SecurityEventKind
) -> None:
    messages.announce_pin_change(account, profile.email if profile else None)
    event = store.event(account.account_id, kind, session.session_id)
    try:
        commit(change, event, store.live(session), accounts.active_as_read(account))
    except store.NoSuchSession:
        raise SessionEnded from None
    except (secrets.SecretMoved, secrets.NoSuchSecret, accounts.AccountMoved):
        raise Unavailable from None
