"""Records that the authority of a country was notified (Art. 33 GDPR, Art. 52 ZZPL, Regulation 611/2013).

The code sends nothing to an authority: operators use its form, and record here that they did. A notification
that misses its deadline states the reasons for the delay. A recorded notification is final.
"""

from datetime import datetime

from chalicelib.core import clock
from chalicelib.core.errors import does_not_apply
from chalicelib.core.ids import BreachId, StaffId
from chalicelib.operations.breaches import moves
from chalicelib.operations.breaches.model import Breach
from chalicelib.operations.breaches.moves import BreachMove
from chalicelib.operations.breaches.problems import BreachClosed, TooManyParts
from chalicelib.operations.breaches.words import AuthorityNotification, AuthorityReport

MAX_REPORTS = 60


def record_notification(breach_id: BreachId, by: StaffId, notification: AuthorityNotification) -> Breach:
    """Record that an authority was notified.

    Raises:
        NotFound: no such breach.
        BreachClosed: it is closed.
        InvalidRequest: the country has no clock, the instant is impossible, or reasons for a delay are
            missing.
        TooManyParts: the breach has its highest number of notifications.
    """
    return moves.apply_move(breach_id, by, lambda found: _notification(found, by, notification, clock.now()))


def _notification(
    found: Breach, by: StaffId, notification: AuthorityNotification, now: datetime
) -> BreachMove | None:
    if any(_is_same(one, notification) for one in found.reports):
        return None
    if not found.is_open:
        raise BreachClosed
    if len(found.reports) >= MAX_REPORTS:
        raise TooManyParts
    running = next((one for one in found.clocks if one.country == notification.country), None)
    if running is None:
        raise does_not_apply("country", "A country that the breach concerns; add it by a finding first")
    if (
        not max(found.discovered_at, running.notified_at or found.discovered_at)
        <= notification.notified_at
        <= now
    ):
        raise does_not_apply(
            "notified_at", "After the instant of awareness and the first notification, now at the latest"
        )
    late = running.is_late(notification.notified_at)
    if late and notification.delay is None:
        raise does_not_apply("delay", "A late notification states the reasons for the delay")
    after = running.notified(notification.notified_at, complete=notification.complete)
    report = AuthorityReport(**dict(notification), by=by, recorded_at=now)
    said = {
        "country": notification.country,
        "at": clock.to_text(notification.notified_at),
        "complete": int(notification.complete),
        "late": int(late),
    }
    return BreachMove(
        found.model_copy(
            update={
                "clocks": tuple(after if one is running else one for one in found.clocks),
                "reports": (*found.reports, report),
            }
        ),
        "authority_notified",
        said,
    )


def _is_same(report: AuthorityReport, notification: AuthorityNotification) -> bool:
    return all(getattr(report, name) == value for name, value in notification)
