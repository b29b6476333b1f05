"""All DynamoDB of sessions: one item per session under its account."""

from chalicelib.core import table
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.needs import Need
from chalicelib.core.table import Conflict, Create, Delete, Item, Key, Table
from chalicelib.privacy import codec
from chalicelib.sessions.model import Session


class NoSuchSession(Conflict):
    """The account has no such session, or it is over."""


def key(account_id: AccountId, session_id: SessionId) -> Key:
    """Where a session is."""
    return Key(Table.ACCOUNTS, f"A#{account_id}", f"session#{session_id}")


def _read(item: Item | None) -> Session | None:
    return codec.from_item(Session, item) if item else None


SESSION: Need[Session | None] = Need(lambda claims: key(claims.account_id, claims.session_id), _read)


def creation(session: Session) -> Create:
    """The write that opens a session; for a transaction."""
    return Create(key(session.account_id, session.session_id), codec.to_item(session))


def get(account_id: AccountId, session_id: SessionId) -> Session | None:
    """A live session."""
    return _read(table.get(key(account_id, session_id)))


def delete(account_id: AccountId, session_id: SessionId) -> None:
    """End a session.

    Raises:
        NoSuchSession: it is over already, or never was this account's.
    """
    table.write(Delete(key(account_id, session_id), conflict=NoSuchSession))
