"""Holds in tests: operators who place and confirm them, and what is held of an erased account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core import clock, table
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId, StaffId, UserId
from chalicelib.core.table import Expired, Item, Query, Scan, Table
from chalicelib.privacy import codec
from chalicelib.retention.held.model import HeldRecord
from chalicelib.retention.holds import service as holds
from chalicelib.retention.model import Hold, HoldGround, NewHold
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.erasure.certificates.model import ErasureCertificate
from tests.support.cases.erasure_requests import notes
from tests.support.roles.judge import calls_of
from tests.support.world.world import User

ANA, BORIS = StaffId.new(), StaffId.new()
LAW = "Art. 286 ZKP"


def a_hold_on(user: User, *kinds: str, lasts: timedelta = 90 * DAY, **more: Any) -> NewHold:
    """Return a hold on some kinds of a user's records, as an operator enters it."""
    given: dict[str, Any] = {
        "ground": HoldGround.LAW,
        "law": LAW,
        "authority": "Higher Court in Belgrade",
        "reason": "Order K 12/26",
        "until": clock.now() + lasts,
    }
    return NewHold(user_id=UserId(user.user_id), kinds=kinds, **(given | more))


@calls_of(None)
def places_hold(user: User, *kinds: str, lasts: timedelta = 90 * DAY, **more: Any) -> Hold:
    """Place a hold by one operator, and confirm it by another."""
    return holds.confirm(holds.place(ANA, a_hold_on(user, *kinds, lasts=lasts, **more)).hold_id, BORIS)


def held_items(request_id: RightsRequestId) -> list[Item]:
    """Return the items that are held of an erased account, expired ones included."""
    held_id = notes(request_id).held
    return list(table.query(Query(Table.HELD, f"K#{held_id}", expired=Expired.INCLUDED)))


def everything_held() -> list[Item]:
    """Return all items of the table Held."""
    pages = table.scan(Scan(Table.HELD, HeldRecord.declaration.kind))
    return [item for page in pages for item in page.items]


def held_kinds(request_id: RightsRequestId) -> list[str]:
    """Return the kinds of the held records that have not ended, in order."""
    now = clock.to_epoch(clock.now())
    return sorted(item["of"] for item in held_items(request_id) if item["expires_at"] > now)


def opened(item: Item) -> HeldRecord:
    """Open a held record by the key of its class."""
    return codec.opened(HeldRecord, item)


def certificate(request_id: RightsRequestId) -> ErasureCertificate:
    """Return the certificate that is stored now."""
    envelope = erasures.certificate_of(request_id)
    assert envelope
    return ErasureCertificate.read(envelope.certificate)


def ends_of(request_id: RightsRequestId) -> set[tuple[str, datetime]]:
    """Return the kinds and ends that the stored certificate lists as held."""
    return {(one.records, one.until) for one in certificate(request_id).held}


Placing = Callable[[], Hold]
