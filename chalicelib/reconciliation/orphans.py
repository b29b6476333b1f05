"""Users of Stream without an account: deactivated when they are first seen, deleted if that stays so.

Such a user may be left by a restore of the tables, or by a mistake. A mistake of ours is as likely, so a user
is deleted only after 30 days in which no account had the id, and in which the user stayed deactivated. A
reactivation at Stream restarts that time.

Invariants, wherever a run is killed:

- The user is deactivated before that is recorded. So a killed run deactivates the user again.
- The deletion is a repair like that of an erased user: planned as a row that is due, then taken further by
  each run, then checked after 1, 7, 30 and 90 days.
- Only ids of our form get here, and no id on which there is a claim. One that appears later ends the repair.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.core import clock, metrics, observe
from chalicelib.core.clock import DAY
from chalicelib.core.ids import UserId
from chalicelib.core.metrics import Metric
from chalicelib.reconciliation import evidence, store
from chalicelib.reconciliation.model import StreamOrphan, deletion_from
from chalicelib.rights.erasure.model import StreamCheck
from chalicelib.stream.deletion.model import StreamReport
from chalicelib.stream.model import ListedUser
from chalicelib.stream.refusals import StreamRefused
from chalicelib.stream.users import access

KEPT = 30 * DAY


@dataclass(frozen=True)
class Orphans:
    """The users without an account on a page: how many there are, and those who need something."""

    number: int = 0
    to_deactivate: tuple[UserId, ...] = ()  # seen for the first time, or active again
    to_delete: tuple[UserId, ...] = ()  # deactivated for long enough, and no deletion is planned

    @property
    def to_change(self) -> int:
        """How many users a repair changes."""
        return len(self.to_deactivate) + len(self.to_delete)


def judge(users: Mapping[UserId, ListedUser]) -> Orphans:
    """Judge the users of a page that have no account. Nothing is changed."""
    if not users:
        return Orphans()
    known, now = store.read_orphans(users), clock.now()
    fresh = tuple(one for one, user in users.items() if one not in known or not user.is_deactivated)
    lapsed = {one for one, orphan in known.items() if orphan.first_seen_at + KEPT <= now}.difference(fresh)
    return Orphans(len(users), fresh, tuple(sorted(lapsed - store.read_planned(lapsed))))


def settle(orphans: Orphans) -> None:
    """Deactivate those who were seen first, and plan the deletion of those who stayed.

    Raises:
        StreamUnavailable: Stream does not answer; the page is compared again.
        Unavailable: a table does not answer.
    """
    now = clock.now()
    for user_id in orphans.to_deactivate:
        try:
            access.suspend(user_id, now)
        except StreamRefused as refused:
            observe.log_failure("orphan_refused", refused)
            metrics.count(Metric.CHAT_PROFILE_REFUSED)
            continue
        store.put_orphan(StreamOrphan(user_id=user_id, first_seen_at=now))
        metrics.count(Metric.STREAM_ORPHAN_DEACTIVATED)
    for user_id in orphans.to_delete:
        check = StreamCheck(user_id=user_id, counted_from=now, reported=StreamReport.UNCONFIRMED)
        if store.plan_repair(check.moved(deletion_from(now)), now):
            evidence.record_orphan()
