"""What a change of the account's number means for its sessions: all of them stay (ADR 43).

A session belongs to a device and not to a number. If the change ended the others, a thief with the unlocked
phone could shut out the owner's other devices with it.
"""

from chalicelib.accounts.devices import service as devices
from chalicelib.accounts.sessions import store
from chalicelib.accounts.sessions.model import SecurityEventKind, Session
from chalicelib.accounts.sessions.store import OPEN_SESSION
from chalicelib.core.transactions import Write

__all__ = ["OPEN_SESSION", "following_number"]


def following_number(session: Session, phone: str) -> list[Write]:
    """The writes by which a session follows its account to a new number, for the transaction of the change.

    The security event names the session that changed the number. Its device is known under the new number at
    once; every other device is from its first refresh of another day on.
    """
    changed = store.event(session.account_id, SecurityEventKind.NUMBER_CHANGED, session.session_id)
    return [changed, devices.recognition(session.account_id, phone, session.device)]
