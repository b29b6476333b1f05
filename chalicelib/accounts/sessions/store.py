"""All DynamoDB access of sessions: one item per session and per security event, by account."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from chalicelib.accounts.sessions.model import Scope, SecurityEvent, SecurityEventKind, Session, SessionDevice
from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.shards import Segment
from chalicelib.core.table import (
    ALWAYS,
    Attr,
    Change,
    Conflict,
    Create,
    Delete,
    Expired,
    Key,
    Prefix,
    Present,
    Query,
    Reindex,
    Scan,
    Table,
    account_of,
    partition_of,
    visible,
)
from chalicelib.core.transactions import Write, commit
from chalicelib.privacy import codec
from chalicelib.privacy.subject_keys import SubjectKeys

_PREFIX = "session#"
_DEVICE = "session_device#"
_EVENT = "security#"


class StoredSession(NamedTuple):
    """The ids of a stored session."""

    account_id: AccountId
    session_id: SessionId


class MovedOn(Conflict):
    """Another request refreshed or ended the session since it was read."""


class NoSuchSession(Conflict):
    """The account has no such session, or it has ended."""


def key(account_id: AccountId, session_id: SessionId) -> Key:
    """The key of a session."""
    return Key(Table.ACCOUNTS, partition_of(account_id), f"{_PREFIX}{session_id}")


# A glance at the session: whether it is live and since when, which is enough for most requests.
SESSION = codec.glance_of(Session, lambda claims: key(claims.account_id, claims.session_id))
# The session with its device; needs DATA_KEY too.
OPEN_SESSION = codec.need_of(Session, lambda claims: key(claims.account_id, claims.session_id))

# The same, or None if it was altered: such a session has to end too.
READABLE_SESSION = codec.readable_need_of(Session, lambda claims: key(claims.account_id, claims.session_id))


def creation(session: Session, keys: SubjectKeys) -> Create:
    """The write that opens a session; for a transaction."""
    place = key(session.account_id, session.session_id)
    return Create(place, codec.to_item(session, place, keys))


def letting_in(session: Session) -> Change:
    """The write after which a waiting session has the scope of its account; its conflict is NoSuchSession."""
    waits = visible() & Attr("scope").eq(Scope.WAITING)
    place = key(session.account_id, session.session_id)
    return Change(place, put={"scope": Scope.FULL}, only_if=waits, conflict=NoSuchSession)


def deletion(account_id: AccountId, session_id: SessionId) -> Delete:
    """The write that ends a session."""
    return Delete(key(account_id, session_id), conflict=NoSuchSession)


def event(account_id: AccountId, kind: SecurityEventKind, session_id: SessionId | None = None) -> Change:
    """The write that puts a security event on record (RET-3), for the transaction of the event.

    It never conflicts. The number of events is bounded by the limits on codes and sessions of an account.
    """
    now = clock.now()
    noted = SecurityEvent(account_id=account_id, event=kind, session_id=session_id, at=now)
    sort_key = f"{_EVENT}{clock.to_text(now)}#{kind}#{session_id or ''}"
    place = Key(Table.ACCOUNTS, partition_of(account_id), sort_key)
    return Change(place, put=codec.to_item(noted, place), only_if=ALWAYS)


def description(session: Session, keys: SubjectKeys) -> Change:
    """The write that describes the device of an opened session as of now; it never conflicts."""
    place = Key(Table.ACCOUNTS, partition_of(session.account_id), f"{_DEVICE}{session.session_id}")
    described = SessionDevice(
        account_id=session.account_id,
        session_id=session.session_id,
        used_at=clock.now(),
        platform=session.device.platform,
        model=session.device.model,
    )
    return Change(place, put=codec.to_item(described, place, keys), only_if=ALWAYS)


def live(session: Session) -> Present:
    """The condition that a session has not ended; its conflict is NoSuchSession."""
    place = key(session.account_id, session.session_id)
    return Present(place, only_if=visible(), conflict=NoSuchSession)


def events_of(account_id: AccountId) -> list[SecurityEvent]:
    """Read all security events of an account; the limits on its codes and sessions bound their number."""
    found = table.query(Query(Table.ACCOUNTS, partition_of(account_id), Prefix(_EVENT)))
    return [codec.opened(SecurityEvent, item) for item in found]


def devices_of(account_id: AccountId, keys: SubjectKeys) -> tuple[list[SessionDevice], set[SessionId]]:
    """Read the described devices of an account, and the ids of its live sessions, in one query.

    A description that cannot be opened is omitted and counted in a metric.
    """
    devices, live_ids = list[SessionDevice](), set[SessionId]()
    for item in table.query(Query(Table.ACCOUNTS, partition_of(account_id), Prefix("session"))):
        if item["kind"] == Session.declaration.kind:
            live_ids.add(SessionId(item["session_id"]))
        else:
            with skip_unreadable("session_device_unreadable"):
                devices.append(codec.opened(SessionDevice, item, keys))
    return devices, live_ids


def of_account(account_id: AccountId, keys: SubjectKeys) -> list[Session]:
    """Read all live sessions of an account, with their devices.

    A session that cannot be opened is omitted and counted in a metric. It cannot be refreshed, so it ends
    with its access token; ending all sessions ends it at once.
    """
    found: list[Session] = []
    for item in table.query(Query(Table.ACCOUNTS, partition_of(account_id), Prefix(_PREFIX))):
        with skip_unreadable("session_unreadable"):
            found.append(codec.opened(Session, item, keys))
    return found


def ids_of(account_id: AccountId) -> list[SessionId]:
    """Read the ids of all live sessions of an account, including those that cannot be opened."""
    items = table.query(Query(Table.ACCOUNTS, partition_of(account_id), Prefix(_PREFIX)))
    return [SessionId(item["sk"].removeprefix(_PREFIX)) for item in items]


def stored_in(segment: Segment) -> Iterator[list[StoredSession]]:
    """The sessions of all accounts in a segment of the table, by page, also expired ones.

    It is for the commands of operators, since it scans.
    """
    wanted = Scan(Table.ACCOUNTS, Session.declaration.kind, segment=segment, expired=Expired.INCLUDED)
    for page in table.scan(wanted):
        yield [
            StoredSession(account_of(item["pk"]), SessionId(item["sk"].removeprefix(_PREFIX)))
            for item in page.items
        ]


def delete(sessions: Iterable[StoredSession]) -> None:
    """Delete sessions whatever their state.

    Raises:
        Unavailable: not all of them are deleted; the call may be repeated.
    """
    table.delete_all(key(one.account_id, one.session_id) for one in sessions)


def move(before: Session, after: Session, also: Sequence[Write] = ()) -> None:
    """Write the changed clear fields, if the session is as it was read, together with other writes.

    The sealed part stays.

    Raises:
        MovedOn: another request changed the session first.
    """
    unchanged = Attr("generation").eq(before.generation) & Attr("lost").eq(codec.clear(before)["lost"])
    moved = {name: codec.clear(after)[name] for name in ("generation", "last_used_at", "lost")}
    place = key(before.account_id, before.session_id)
    put = moved | codec.times(after)
    # The most frequent write, and it only defers the end. Moving it in `ends` too would triple its cost.
    later = Reindex.WHEN_DUE
    commit(Change(place, put=put, only_if=visible() & unchanged, conflict=MovedOn, reindex=later), *also)
