"""What happened to the sessions of an account, for its owner (ADR 105): stored events, and expiries.

No process notes that a session expired. A described session has expired if it is not live, no event ended it,
and the period of an idle session has passed since its last described use.
"""

from collections.abc import Collection, Mapping

from chalicelib.accounts.sessions import model, store
from chalicelib.accounts.sessions.model import DeviceView, SecurityEvent, SessionDevice
from chalicelib.accounts.sessions.model import SecurityEventKind as Kind
from chalicelib.core import clock
from chalicelib.core.http import Cursor, PageSize
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.privacy.periods import Period
from chalicelib.privacy.subject_keys import SubjectKeys

_LIST = "e"
_ENDS_ONE = {Kind.SIGNED_OUT, Kind.SIGNED_OUT_BY_ANOTHER, Kind.COPIED_TOKEN_REFUSED}
# Their session, if any, is the one that stays.
_ENDS_OTHERS = {Kind.SIGNED_OUT_EVERYWHERE, Kind.OTHERS_SIGNED_OUT, Kind.NUMBER_RETURNED}


def page(of: AccountId, keys: SubjectKeys, cursor: Cursor | None, size: PageSize) -> model.SessionEventList:
    """Show a page of the events, the newest first. The cursor counts the events that are left.

    Raises:
        InvalidRequest: the cursor is not one of this list.
    """
    devices, live = store.devices_of(of, keys)
    events = store.events_of(of)
    events += [_expiry(one) for one in devices if one.session_id not in live and _has_expired(one, events)]
    events.sort(key=lambda event: event.at)
    left = events[: cursor.number(_LIST)] if cursor else events
    described = {one.session_id: DeviceView(platform=one.platform, model=one.model) for one in devices}
    items = tuple(_view(one, described) for one in reversed(left[-size:]))
    more = len(left) - len(items)
    return model.SessionEventList(items=items, next_cursor=Cursor.numbered(_LIST, more) if more else None)


def _view(event: SecurityEvent, described: Mapping[SessionId, DeviceView]) -> model.SessionEvent:
    device = described.get(event.session_id) if event.session_id else None
    return model.SessionEvent.showing(event, happened_at=event.at, device=device)


def _expiry(device: SessionDevice) -> SecurityEvent:
    return SecurityEvent(
        account_id=device.account_id,
        event=Kind.EXPIRED,
        session_id=device.session_id,
        at=device.used_at + Period.IDLE_SESSION.length,
    )


def _has_expired(device: SessionDevice, events: Collection[SecurityEvent]) -> bool:
    return _expiry(device).at <= clock.now() and not any(_ends(event, device) for event in events)


def _ends(event: SecurityEvent, device: SessionDevice) -> bool:
    is_same = event.session_id == device.session_id
    if event.event in _ENDS_OTHERS:
        return not is_same and event.at >= device.used_at
    return is_same and event.event in _ENDS_ONE
